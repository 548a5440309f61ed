//! Decoding, handling, retries and dead letters (MSG-001).

use crate::support::{Scripted, Store, TOPIC, bytes, delivery, envelope};
use bus::{Cause, Consumer, ConsumerOptions, Delivery, Failure, FailureKind, HandleError, Handler, Stop, Stopped};
use domain::message::{Envelope, Place};
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

fn consumer(handler: &Arc<Scripted>, store: &Store, stop: &Stop) -> Consumer {
    let handler: Arc<dyn Handler> = Arc::clone(handler) as _;
    Consumer::new(handler, Arc::new(store.dead_letters.clone()), ConsumerOptions::default(), stop.shutdown())
}

fn failure(index: usize, kind: FailureKind) -> Failure {
    Failure { index, kind, error: format!("number {index} is bad") }
}

#[tokio::test(start_paused = true)]
async fn a_good_batch_is_handled_in_one_call() {
    let (handler, store, stop) = (Scripted::new(|_| Ok(())), Store::new(), Stop::default());
    let raw = bytes(&serde_json::to_vec(&envelope(4)).expect("written"));
    let batch = vec![delivery(1), delivery(2), delivery(3), raw];
    assert_eq!(consumer(&handler, &store, &stop).process(batch).await, Ok(()));
    assert_eq!(handler.calls.lock().expect("not poisoned").len(), 1);
    assert_eq!(handler.handled(), [1, 2, 3, 4]);
    assert_eq!(store.all().await, []);
}

#[tokio::test(start_paused = true)]
async fn a_message_that_cannot_be_decoded_becomes_a_dead_letter_at_once_unchanged() {
    let (handler, store, stop) = (Scripted::new(|_| Ok(())), Store::new(), Stop::default());
    let as_bytes = |change: &dyn Fn(&mut Envelope)| {
        let mut message = envelope(9);
        change(&mut message);
        bytes(&serde_json::to_vec(&message).expect("written"))
    };
    let batch = vec![
        delivery(1),
        bytes(b"\xff not json"),
        bytes(b"{}"),
        bytes(b""),
        as_bytes(&|message| message.version = "v2".into()),
        as_bytes(&|message| message.event_type = "Unheard".into()),
        delivery(2),
    ];
    assert_eq!(consumer(&handler, &store, &stop).process(batch).await, Ok(()));
    assert_eq!(handler.handled(), [1, 2]);
    assert_eq!(handler.call_seconds(), [0], "without a wait");
    assert_eq!(store.reasons().await, ["MALFORMED", "MALFORMED", "MALFORMED", "INVALID", "INVALID"]);
    let letter = &store.all().await[0];
    assert_eq!(letter.value, b"\xff not json");
    assert_eq!((letter.topic.as_str(), letter.group.as_deref()), ("dlq.coupon", Some("coupon-group")));
    assert_eq!((letter.key.as_str(), letter.original_topic.as_str()), ("sale2", "coupon.events"));
    let headers = letter.wire_headers();
    let names: Vec<&str> = headers.iter().map(|(name, _)| name.as_str()).collect();
    let wanted = ["eventType", "aggregateType", "traceId", "dlqReason", "dlqError", "originalTopic"];
    assert_eq!(names[..6], wanted);
    assert_eq!(headers[6..], [("originalPartition".into(), "0".into()), ("originalOffset".into(), "77".into())]);
}

/// A handler that never had a message cannot note that it is past it, and would be given it again at every assignment.
#[tokio::test(start_paused = true)]
async fn a_handler_is_told_how_far_it_is_past_dead_letters_and_only_then() {
    let handler = Scripted::new(|ids| match ids {
        ids if ids.contains(&6) => Err(HandleError::Batch(Cause::new("poison"))),
        _ => Ok(()),
    });
    let (store, stop) = (Store::new(), Stop::default());
    let consumer = consumer(&handler, &store, &stop);
    let past = || handler.past.lock().expect("not poisoned").clone();
    consumer.process(vec![delivery(1), delivery(2)]).await.expect("handled");
    assert_eq!(past(), [[]; 0], "the handler's own change says it");
    let place = |next_offset| Place { topic: TOPIC.into(), partition: 0, next_offset };
    let strange = Delivery { offset: 3, ..bytes(b"nothing") };
    consumer.process(vec![strange, delivery(4)]).await.expect("given up");
    assert_eq!(past(), [[place(5)]], "when the message behind it is handled, too");
    consumer.process(vec![delivery(5), delivery(6)]).await.expect("given up");
    consumer.process(vec![delivery(7)]).await.expect("handled");
    assert_eq!(past(), [[place(5)], [place(7)]]);
}

#[tokio::test(start_paused = true)]
async fn a_poisoned_message_harms_no_other_and_is_given_up_after_1_2_and_4_seconds() {
    let handler = Scripted::new(|ids| match ids {
        ids if ids.contains(&3) => Err(HandleError::Batch(Cause::new("poison"))),
        _ => Ok(()),
    });
    let (store, stop) = (Store::new(), Stop::default());
    let batch = (1..=5).map(delivery).collect();
    assert_eq!(consumer(&handler, &store, &stop).process(batch).await, Ok(()));
    assert_eq!(handler.handled(), [1, 2, 4, 5]);
    assert_eq!(handler.call_seconds(), [0, 0, 0, 0, 0, 0, 1, 3, 7], "together, alone, then only the bad one");
    assert_eq!(store.reasons().await, ["MAX_RETRY_EXCEEDED"]);
    assert_eq!(store.all().await[0].error, "poison");
}

#[tokio::test(start_paused = true)]
async fn transient_failures_are_tried_again_and_invalid_messages_become_dead_letters_at_once() {
    let tries = AtomicU32::new(0);
    let handler = Scripted::new(move |ids| match (ids.len(), tries.fetch_add(1, Ordering::SeqCst)) {
        (4, _) => Err(HandleError::Failed(vec![
            failure(1, FailureKind::Transient),
            failure(2, FailureKind::Invalid),
            failure(99, FailureKind::Invalid),
        ])),
        (_, 1) => Err(HandleError::Failed(vec![failure(0, FailureKind::Transient)])),
        _ => Ok(()),
    });
    let (store, stop) = (Store::new(), Stop::default());
    let batch = (1..=4).map(delivery).collect();
    assert_eq!(consumer(&handler, &store, &stop).process(batch).await, Ok(()));
    assert_eq!(handler.handled(), [1, 4, 2]);
    assert_eq!(handler.call_seconds(), [0, 1, 3]);
    assert_eq!(store.reasons().await, ["INVALID"]);
    assert_eq!(store.all().await[0].error, "number 2 is bad");
}

#[tokio::test(start_paused = true)]
async fn a_panic_of_the_handler_counts_as_a_failure() {
    let handler = Scripted::new(|ids| {
        assert!(!ids.contains(&2), "on purpose");
        Ok(())
    });
    let (store, stop) = (Store::new(), Stop::default());
    let batch = (1..=3).map(delivery).collect();
    assert_eq!(consumer(&handler, &store, &stop).process(batch).await, Ok(()));
    assert_eq!(handler.handled(), [1, 3]);
    assert_eq!(store.reasons().await, ["MAX_RETRY_EXCEEDED"]);
}

#[tokio::test(start_paused = true)]
async fn while_the_database_is_unavailable_the_consumer_waits_and_nothing_counts() {
    let tries = AtomicU32::new(0);
    let handler = Scripted::new(move |_| match tries.fetch_add(1, Ordering::SeqCst) {
        0..200 => Err(HandleError::Unavailable(Cause::new("no route"))),
        _ => Ok(()),
    });
    let (store, stop) = (Store::new(), Stop::default());
    let batch = (1..=3).map(delivery).collect();
    assert_eq!(consumer(&handler, &store, &stop).process(batch).await, Ok(()));
    assert_eq!(handler.handled(), [1, 2, 3]);
    assert_eq!(store.all().await, []);
}

#[tokio::test(start_paused = true)]
async fn a_waiting_consumer_can_be_stopped_and_keeps_its_offset() {
    let handler = Scripted::new(|_| Err(HandleError::Unavailable(Cause::new("no route"))));
    let (store, stop) = (Store::new(), Stop::default());
    let consumer = consumer(&handler, &store, &stop);
    let (outcome, ()) = tokio::join!(consumer.process(vec![delivery(1)]), async {
        tokio::time::sleep(Duration::from_secs(3_600)).await;
        stop.stop();
    });
    assert_eq!(outcome, Err(Stopped));
    assert_eq!(store.all().await, []);
}

#[tokio::test(start_paused = true)]
async fn the_consumer_waits_until_dead_letters_can_be_stored() {
    let (handler, store, stop) = (Scripted::new(|_| Ok(())), Store::new(), Stop::default());
    let raw = rusqlite::Connection::open(&store.path).expect("opens");
    raw.execute_batch("ALTER TABLE dead_letters RENAME TO elsewhere").expect("moved away");
    let consumer = consumer(&handler, &store, &stop);
    let (outcome, ()) = tokio::join!(consumer.process(vec![bytes(b"?"), delivery(1)]), async {
        tokio::time::sleep(Duration::from_secs(60)).await;
        assert_eq!(handler.handled(), [], "the offset is kept");
        raw.execute_batch("ALTER TABLE elsewhere RENAME TO dead_letters").expect("moved back");
    });
    assert_eq!(outcome, Ok(()));
    assert_eq!(handler.handled(), [1]);
    assert_eq!(store.reasons().await, ["MALFORMED"]);
}
