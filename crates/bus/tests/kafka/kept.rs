//! Where a group begins that keeps its places in its own database (amendments, hole 8).

use super::support::*;
use async_trait::async_trait;
use bus::kafka::{KafkaBus, KafkaReader};
use bus::{Cause, HandleError, Handler, Message, Places};
use domain::message::Place;
use std::collections::BTreeMap;
use std::sync::atomic::Ordering;
use std::sync::{Arc, Mutex};

/// The rows of a database: the next offset of each partition.
type Rows = BTreeMap<(String, i32), i64>;

/// A group that keeps its places in rows, with the effect of what it hears.
struct Keeper {
    recorder: Arc<Recorder>,
    rows: Mutex<Rows>,
}

impl Keeper {
    /// With a database that was put back to these rows.
    fn with(names: &Names, rows: Rows) -> Arc<Self> {
        Arc::new(Self { recorder: Recorder::new(names), rows: Mutex::new(rows) })
    }

    fn rows(&self) -> Rows {
        self.rows.lock().expect("not poisoned").clone()
    }

    fn note(&self, reached: Vec<Place>) {
        let mut rows = self.rows.lock().expect("not poisoned");
        for Place { topic, partition, next_offset } in reached {
            let row = rows.entry((topic, partition)).or_default();
            *row = next_offset.max(*row);
        }
    }

    fn start(self: &Arc<Self>, bootstrap: &str, names: &Names) -> KafkaBus {
        let handler: Arc<dyn Handler> = Arc::clone(self) as _;
        let dead_letters = Arc::new(dead_letters(bootstrap, names));
        KafkaBus::start(bootstrap, vec![handler], dead_letters, options()).expect("brokers are named")
    }
}

#[async_trait]
impl Handler for Keeper {
    fn group(&self) -> &str {
        self.recorder.group()
    }

    fn topics(&self) -> &[&str] {
        self.recorder.topics()
    }

    fn knows(&self, event_type: &str) -> bool {
        self.recorder.knows(event_type)
    }

    async fn places(&self, counted: &[Place]) -> Result<Vec<Place>, HandleError> {
        let mut rows = self.rows.lock().expect("not poisoned");
        for Place { topic, partition, next_offset } in counted.iter().cloned() {
            rows.entry((topic, partition)).or_insert(next_offset);
        }
        let place = |((topic, partition), next_offset): (&(String, i32), &i64)| Place {
            topic: topic.clone(),
            partition: *partition,
            next_offset: *next_offset,
        };
        Ok(rows.iter().map(place).collect())
    }

    async fn went_past(&self, reached: &[Place]) -> Result<(), HandleError> {
        self.note(reached.to_vec());
        Ok(())
    }

    async fn handle(&self, batch: &[Message]) -> Result<(), HandleError> {
        self.recorder.handle(batch).await?;
        self.note(Places::Kept.after(batch));
        Ok(())
    }
}

/// Messages of one key, and so of one partition.
fn numbers(which: std::ops::RangeInclusive<u128>) -> Vec<u128> {
    which.map(|number| number * 7).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_group_without_places_notes_the_brokers_count_and_goes_back_to_it_when_put_back() {
    let Some(bootstrap) = real_bootstrap() else { return };
    let names = Names::new();
    let publisher = publisher(&bootstrap);
    // A version that kept no places has read five messages.
    let before = Recorder::new(&names);
    let bus = start(&bootstrap, &names, &before);
    publish(&publisher, names.topic, numbers(1..=5)).await;
    until("all were handled", async || before.count() == 5).await;
    bus.stop().await;
    let partition = before.seen.lock().expect("not poisoned")[0].partition;
    let busy = (names.topic.to_owned(), partition);

    let keeper = Keeper::with(&names, Rows::new());
    let bus = keeper.start(&bootstrap, &names);
    until("it has noted where it begins", async || keeper.rows().contains_key(&busy)).await;
    let dump = keeper.rows();
    assert_eq!(dump[&busy], 5);
    assert!(dump.len() > 1 && dump.iter().all(|(key, next)| *key == busy || *next == 0), "{dump:?}");
    publish(&publisher, names.topic, numbers(6..=10)).await;
    until("the new ones are handled", async || keeper.recorder.count() == 5).await;
    bus.stop().await;
    assert_eq!(keeper.recorder.ids(), numbers(6..=10), "it began at the broker's count");
    assert_eq!(keeper.rows()[&busy], 10);

    // The dump has no effect of the last five, and the broker counts ten.
    let restored = Keeper::with(&names, dump);
    let bus = restored.start(&bootstrap, &names);
    publish(&publisher, names.topic, numbers(11..=11)).await;
    until("what was lost, and the new one", async || restored.recorder.count() >= 6).await;
    bus.stop().await;
    assert_eq!(restored.recorder.ids(), numbers(6..=11));
    assert_eq!(restored.rows()[&busy], 11);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_message_that_no_handler_had_is_one_dead_letter_however_often_its_partition_is_assigned() {
    let Some(bootstrap) = real_bootstrap() else { return };
    let names = Names::new();
    let publisher = publisher(&bootstrap);
    let keeper = Keeper::with(&names, Rows::new());
    let bus = keeper.start(&bootstrap, &names);
    publish(&publisher, names.topic, numbers(1..=1)).await;
    until("the good one is handled", async || keeper.recorder.count() == 1).await;
    // Of the same key, and so of the same partition.
    let key = envelope(7, 7).aggregate_id;
    write_raw(&bootstrap, names.topic, &key, b"nothing").await;
    until("a dead letter", async || all_dead_letters(&bootstrap, &names).await.len() == 1).await;
    let partition = keeper.recorder.seen.lock().expect("not poisoned")[0].partition;
    let busy = (names.topic.to_owned(), partition);
    until("the database is past it", async || keeper.rows()[&busy] == 2).await;
    bus.stop().await;

    let bus = keeper.start(&bootstrap, &names);
    publish(&publisher, names.topic, numbers(2..=2)).await;
    until("the next good one is handled", async || keeper.recorder.count() == 2).await;
    bus.stop().await;
    assert_eq!(keeper.recorder.ids(), numbers(1..=2));
    assert_eq!(all_dead_letters(&bootstrap, &names).await.len(), 1);
}

/// Otherwise a process that ends while one of them fails would begin, the next time, behind those that did not.
#[tokio::test(flavor = "multi_thread")]
async fn the_brokers_count_goes_back_with_a_database_that_was_put_back() {
    let Some(bootstrap) = real_bootstrap() else { return };
    let names = Names::new();
    let reader = KafkaReader::connect(&bootstrap).expect("brokers are named");
    let keeper = Keeper::with(&names, Rows::new());
    let bus = keeper.start(&bootstrap, &names);
    publish(&publisher(&bootstrap), names.topic, numbers(1..=10)).await;
    until("all were handled", async || keeper.recorder.count() == 10).await;
    bus.stop().await;
    let behind = async || reader.lag(names.group, &[names.topic], &[]).await.expect("read");
    until("the broker has counted them", async || behind().await == 0).await;
    let partition = keeper.recorder.seen.lock().expect("not poisoned")[0].partition;
    let dump = || Rows::from([((names.topic.to_owned(), partition), 6)]);

    // The seventh cannot be handled now, and the process ends while it is tried.
    let away = Recorder::scripted(&names, |ids| match ids {
        [49] => Err(HandleError::Unavailable(Cause::new("away"))),
        ids if ids.contains(&49) => Err(HandleError::Batch(Cause::new("one of them"))),
        _ => Ok(()),
    });
    let stuck = Arc::new(Keeper { recorder: away, rows: Mutex::new(dump()) });
    let bus = stuck.start(&bootstrap, &names);
    until("it is tried alone", async || stuck.recorder.calls.load(Ordering::SeqCst) >= 2).await;
    bus.stop().await;
    assert_eq!(behind().await, 4);

    // A place that went on with the others is no reason to pass it over.
    let ahead = Rows::from([((names.topic.to_owned(), partition), 10)]);
    let next = Keeper::with(&names, ahead);
    let bus = next.start(&bootstrap, &names);
    until("all that was lost is handled", async || next.recorder.count() == 4).await;
    bus.stop().await;
    assert_eq!(next.recorder.ids(), numbers(7..=10));
}
