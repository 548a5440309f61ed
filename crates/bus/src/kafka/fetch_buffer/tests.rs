use super::{BATCH_MAX, Batch, FetchBuffer, Load, MESSAGES_MAX, Partition};
use crate::message::{Body, Delivery};
use crate::stop::Stop;
use std::sync::Arc;
use std::time::Duration;

fn partition(number: i32) -> Partition {
    (Arc::from("coupon.events"), number)
}

fn push(buffer: &FetchBuffer, number: i32, offset: i64) {
    let (topic, partition) = partition(number);
    buffer.push(Delivery {
        topic,
        partition,
        offset,
        key: String::new(),
        headers: Vec::new(),
        body: Body::Bytes(vec![0]),
    });
}

async fn take(buffer: &FetchBuffer) -> Batch {
    buffer.take(&Stop::default().shutdown()).await.expect("not ended")
}

/// A buffer with partitions 0 and 1 and a batch of offsets 5 and 6 of each in flight.
async fn in_flight() -> (FetchBuffer, Stop, Batch) {
    let (buffer, stop) = (FetchBuffer::default(), Stop::default());
    buffer.assign([partition(0), partition(1)]);
    for offset in [5, 6] {
        push(&buffer, 0, offset);
        push(&buffer, 1, offset);
    }
    let batch = buffer.take(&stop.shutdown()).await.expect("not ended");
    (buffer, stop, batch)
}

#[tokio::test]
async fn handled_offsets_are_committed_once_and_no_others() {
    let (buffer, _stop, batch) = in_flight().await;
    assert_eq!(batch.deliveries.len(), 4);
    assert_eq!(buffer.take_uncommitted(), [], "taken is not handled");
    buffer.settle(batch.progress);
    let mut committed = buffer.take_uncommitted();
    committed.sort();
    assert_eq!(committed, [(partition(0), 7), (partition(1), 7)]);
    assert_eq!(buffer.take_uncommitted(), []);
    buffer.mark_uncommitted([partition(1), partition(9)]);
    assert_eq!(buffer.take_uncommitted(), [(partition(1), 7)]);
}

#[tokio::test]
async fn a_batch_in_flight_at_the_revocation_is_never_committed() {
    let (buffer, _stop, batch) = in_flight().await;
    assert_eq!(buffer.revoke(&[partition(0)], Duration::ZERO), [], "not handled yet");
    buffer.settle(batch.progress);
    assert_eq!(buffer.take_uncommitted(), [(partition(1), 7)]);
}

#[tokio::test]
async fn a_batch_of_an_earlier_assignment_is_never_committed() {
    let (buffer, _stop, batch) = in_flight().await;
    assert_eq!(buffer.revoke(&[partition(0)], Duration::ZERO), []);
    buffer.assign([partition(0)]);
    buffer.settle(batch.progress);
    assert_eq!(buffer.take_uncommitted(), [(partition(1), 7)]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_revocation_waits_for_the_batch_in_flight_and_returns_its_offsets() {
    let (buffer, _stop, batch) = in_flight().await;
    push(&buffer, 0, 7);
    push(&buffer, 1, 7);
    let buffer = Arc::new(buffer);
    let revoking = Arc::clone(&buffer);
    let revoked = tokio::task::spawn_blocking(move || revoking.revoke(&[partition(0)], Duration::from_secs(60)));
    buffer.settle(batch.progress);
    assert_eq!(revoked.await.expect("ran"), [(partition(0), 7)]);
    assert_eq!(buffer.take_uncommitted(), [(partition(1), 7)]);
    let rest = take(&buffer).await;
    let left: Vec<(i32, i64)> = rest.deliveries.iter().map(|one| (one.partition, one.offset)).collect();
    assert_eq!(left, [(1, 7)], "waiting messages of the revoked partition are dropped");
    push(&buffer, 0, 8);
    assert_eq!(buffer.load(), Load::Easy);
    buffer.settle(rest.progress);
    push(&buffer, 1, 8);
    assert_eq!(take(&buffer).await.deliveries.len(), 1, "late messages of the revoked partition are dropped too");
}

#[tokio::test]
async fn the_buffer_is_full_at_its_limit_of_messages() {
    let buffer = FetchBuffer::default();
    buffer.assign([partition(0)]);
    for offset in 0..MESSAGES_MAX as i64 {
        assert_eq!(buffer.load(), Load::Easy);
        push(&buffer, 0, offset);
    }
    assert_eq!(buffer.load(), Load::Full);
    assert_eq!(take(&buffer).await.deliveries.len(), BATCH_MAX);
    assert_eq!(buffer.load(), Load::Easy);
}

#[tokio::test]
async fn no_batch_is_taken_after_the_shutdown() {
    let (buffer, stop) = (FetchBuffer::default(), Stop::default());
    buffer.assign([partition(0)]);
    push(&buffer, 0, 1);
    stop.stop();
    assert!(buffer.take(&stop.shutdown()).await.is_none());
}
