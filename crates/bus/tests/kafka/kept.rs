//! Where a group begins that keeps its places in its own database (amendments, hole 8).

use super::support::*;
use async_trait::async_trait;
use bus::kafka::KafkaBus;
use bus::{HandleError, Handler, Message, Places};
use domain::message::Place;
use std::collections::BTreeMap;
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

    async fn handle(&self, batch: &[Message]) -> Result<(), HandleError> {
        self.recorder.handle(batch).await?;
        let mut rows = self.rows.lock().expect("not poisoned");
        for Place { topic, partition, next_offset } in Places::Kept.after(batch) {
            let row = rows.entry((topic, partition)).or_default();
            *row = next_offset.max(*row);
        }
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
