//! Reading messages that a group has not handled.

use super::support::*;
use bus::kafka::{KafkaReader, ReadCount};
use domain::message::{Envelope, Place};

async fn read(reader: &KafkaReader, names: &Names) -> Vec<u128> {
    let mut ids = Vec::new();
    reader.unread(names.group, names.topic, &[], |envelope| ids.push(envelope.event_id.as_u128())).await.expect("read");
    assert_ordered(&ids, 7);
    ids.sort_unstable();
    ids
}

#[tokio::test(flavor = "multi_thread")]
async fn unread_messages_are_those_that_the_group_has_not_handled() {
    let Some(bootstrap) = real_bootstrap() else { return };
    let names = Names::new();
    let reader = KafkaReader::connect(&bootstrap).expect("brokers are named");
    assert_eq!(read(&reader, &names).await, [], "no topic, no messages");
    assert_eq!(reader.lag(names.group, &[names.topic], &[]).await, Ok(0));
    let publisher = publisher(&bootstrap);
    publish(&publisher, names.topic, 1..=2_500).await;
    assert_eq!(read(&reader, &names).await.len(), 2_500, "the group has committed nothing: all");
    assert_eq!(reader.lag(names.group, &[names.topic], &[]).await, Ok(2_500));
    let recorder = Recorder::new(&names);
    let bus = start(&bootstrap, &names, &recorder);
    until("all messages are handled", async || recorder.count() == 2_500).await;
    until("all offsets are committed", async || reader.lag(names.group, &[names.topic], &[]).await == Ok(0)).await;
    assert_eq!(read(&reader, &names).await, []);
    bus.stop().await;
    publish(&publisher, names.topic, 2_501..=4_000).await;
    write_raw(&bootstrap, names.topic, "sale1", b"?").await;
    assert_eq!(read(&reader, &names).await, (2_501..=4_000).collect::<Vec<u128>>());
    assert_eq!(reader.lag(names.group, &[names.topic], &[]).await, Ok(1_501), "reading is not handling");
    let mut count = 0;
    let all = reader.all(names.topic, |_| count += 1).await.expect("read");
    assert_eq!((all, count), (ReadCount { messages: 4_000, unreadable: 1 }, 4_000));
}

/// The broker's count alone would say that nothing is missing, and hot state would be made again without it.
#[tokio::test(flavor = "multi_thread")]
async fn messages_that_a_database_put_back_has_lost_are_unread_again() {
    let Some(bootstrap) = real_bootstrap() else { return };
    let names = Names::new();
    let reader = KafkaReader::connect(&bootstrap).expect("brokers are named");
    let recorder = Recorder::new(&names);
    let bus = start(&bootstrap, &names, &recorder);
    // One key, and so one partition.
    publish(&publisher(&bootstrap), names.topic, (1..=10).map(|number| number * 7)).await;
    until("all messages are handled", async || recorder.count() == 10).await;
    until("all offsets are committed", async || reader.lag(names.group, &[names.topic], &[]).await == Ok(0)).await;
    bus.stop().await;
    let partition = recorder.seen.lock().expect("not poisoned")[0].partition;
    let place = |next_offset| [Place { topic: names.topic.into(), partition, next_offset }];
    for (next_offset, lost) in [(0, 10), (6, 4), (10, 0), (99, 0), (-1, 10)] {
        let kept = place(next_offset);
        assert_eq!(reader.lag(names.group, &[names.topic], &kept).await, Ok(lost), "{next_offset}");
        let mut ids = Vec::new();
        let each = |envelope: Envelope| ids.push(envelope.event_id.as_u128());
        reader.unread(names.group, names.topic, &kept, each).await.expect("read");
        assert_eq!(ids, (11 - u128::from(lost)..=10).map(|number| number * 7).collect::<Vec<_>>());
    }
}
