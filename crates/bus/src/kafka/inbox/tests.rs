use super::{BATCH_MAX, Batch, Inbox, Load, MESSAGES_MAX, Place};
use crate::message::{Body, Delivery};
use crate::stop::Stop;
use std::sync::Arc;
use std::time::Duration;

fn place(partition: i32) -> Place {
    (Arc::from("coupon.events"), partition)
}

fn push(inbox: &Inbox, partition: i32, offset: i64) {
    let (topic, partition) = place(partition);
    inbox.push(Delivery {
        topic,
        partition,
        offset,
        key: String::new(),
        headers: Vec::new(),
        body: Body::Bytes(vec![0]),
    });
}

async fn take(inbox: &Inbox) -> Batch {
    inbox.take(&Stop::default().shutdown()).await.expect("not ended")
}

/// An inbox with partitions 0 and 1 and a batch of offsets 5 and 6 of each in flight.
async fn in_flight() -> (Inbox, Stop, Batch) {
    let (inbox, stop) = (Inbox::default(), Stop::default());
    inbox.assign([place(0), place(1)]);
    for offset in [5, 6] {
        push(&inbox, 0, offset);
        push(&inbox, 1, offset);
    }
    let batch = inbox.take(&stop.shutdown()).await.expect("not ended");
    (inbox, stop, batch)
}

#[tokio::test]
async fn what_was_dealt_with_is_told_once_and_nothing_before() {
    let (inbox, _stop, batch) = in_flight().await;
    assert_eq!(batch.deliveries.len(), 4);
    assert_eq!(inbox.take_untold(), [], "taken is not dealt with");
    inbox.settle(batch.marks);
    let mut told = inbox.take_untold();
    told.sort();
    assert_eq!(told, [(place(0), 7), (place(1), 7)]);
    assert_eq!(inbox.take_untold(), []);
    inbox.tell_again([place(1), place(9)]);
    assert_eq!(inbox.take_untold(), [(place(1), 7)]);
}

#[tokio::test]
async fn what_was_in_flight_when_its_partition_went_is_never_told() {
    let (inbox, _stop, batch) = in_flight().await;
    assert_eq!(inbox.revoke(&[place(0)], Duration::ZERO), [], "not dealt with yet");
    inbox.settle(batch.marks);
    assert_eq!(inbox.take_untold(), [(place(1), 7)]);
}

#[tokio::test]
async fn nor_when_the_partition_has_come_back() {
    let (inbox, _stop, batch) = in_flight().await;
    assert_eq!(inbox.revoke(&[place(0)], Duration::ZERO), []);
    inbox.assign([place(0)]);
    inbox.settle(batch.marks);
    assert_eq!(inbox.take_untold(), [(place(1), 7)]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_partition_is_handed_over_with_what_was_just_dealt_with() {
    let (inbox, _stop, batch) = in_flight().await;
    push(&inbox, 0, 7);
    push(&inbox, 1, 7);
    let inbox = Arc::new(inbox);
    let handing_over = Arc::clone(&inbox);
    let revoked = tokio::task::spawn_blocking(move || handing_over.revoke(&[place(0)], Duration::from_secs(60)));
    inbox.settle(batch.marks);
    assert_eq!(revoked.await.expect("ran"), [(place(0), 7)]);
    assert_eq!(inbox.take_untold(), [(place(1), 7)]);
    let rest = take(&inbox).await;
    let left: Vec<(i32, i64)> = rest.deliveries.iter().map(|one| (one.partition, one.offset)).collect();
    assert_eq!(left, [(1, 7)], "what waited of it is forgotten");
    push(&inbox, 0, 8);
    assert_eq!(inbox.load(), Load::Easy);
    inbox.settle(rest.marks);
    push(&inbox, 1, 8);
    assert_eq!(take(&inbox).await.deliveries.len(), 1, "what comes late of it too");
}

#[tokio::test]
async fn it_is_full_before_memory_is() {
    let inbox = Inbox::default();
    inbox.assign([place(0)]);
    for offset in 0..MESSAGES_MAX as i64 {
        assert_eq!(inbox.load(), Load::Easy);
        push(&inbox, 0, offset);
    }
    assert_eq!(inbox.load(), Load::Full);
    assert_eq!(take(&inbox).await.deliveries.len(), BATCH_MAX);
    assert_eq!(inbox.load(), Load::Easy);
}

#[tokio::test]
async fn nothing_is_taken_after_the_end() {
    let (inbox, stop) = (Inbox::default(), Stop::default());
    inbox.assign([place(0)]);
    push(&inbox, 0, 1);
    stop.stop();
    assert!(inbox.take(&stop.shutdown()).await.is_none());
}
