//! Reading, trying again, laying aside (MSG-001).

use crate::support::{Aside, Told, bytes, delivery, envelope};
use bus::{Consumer, ConsumerOptions, Failure, FailureKind, HandleError, Handler, Stop, Stopped};
use domain::message::Envelope;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

fn consumer(handler: &Arc<Told>, aside: &Aside, stop: &Stop) -> Consumer {
    let handler: Arc<dyn Handler> = Arc::clone(handler) as _;
    Consumer::new(handler, Arc::new(aside.letters.clone()), ConsumerOptions::default(), stop.shutdown())
}

fn failure(index: usize, kind: FailureKind) -> Failure {
    Failure { index, kind, error: format!("number {index} is bad") }
}

#[tokio::test(start_paused = true)]
async fn a_good_batch_is_dealt_with_together() {
    let (handler, aside, stop) = (Told::new(|_| Ok(())), Aside::new(), Stop::default());
    let raw = bytes(&serde_json::to_vec(&envelope(4)).expect("written"));
    let batch = vec![delivery(1), delivery(2), delivery(3), raw];
    assert_eq!(consumer(&handler, &aside, &stop).process(batch).await, Ok(()));
    assert_eq!(handler.asked.lock().expect("whole").len(), 1);
    assert_eq!(handler.done(), [1, 2, 3, 4]);
    assert_eq!(aside.all().await, []);
}

#[tokio::test(start_paused = true)]
async fn what_can_not_be_read_is_laid_aside_at_once_as_it_came() {
    let (handler, aside, stop) = (Told::new(|_| Ok(())), Aside::new(), Stop::default());
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
    assert_eq!(consumer(&handler, &aside, &stop).process(batch).await, Ok(()));
    assert_eq!(handler.done(), [1, 2]);
    assert_eq!(handler.asked_at_seconds(), [0], "nothing was waited for");
    assert_eq!(aside.reasons().await, ["MALFORMED", "MALFORMED", "MALFORMED", "INVALID", "INVALID"]);
    let letter = &aside.all().await[0];
    assert_eq!(letter.value, b"\xff not json");
    assert_eq!((letter.topic.as_str(), letter.group.as_deref()), ("dlq.coupon", Some("coupon-group")));
    assert_eq!((letter.key.as_str(), letter.original_topic.as_str()), ("sale2", "coupon.events"));
    let headers = letter.wire_headers();
    let names: Vec<&str> = headers.iter().map(|(name, _)| name.as_str()).collect();
    let wanted = ["eventType", "aggregateType", "traceId", "dlqReason", "dlqError", "originalTopic"];
    assert_eq!(names[..6], wanted);
    assert_eq!(headers[6..], [("originalPartition".into(), "0".into()), ("originalOffset".into(), "77".into())]);
}

#[tokio::test(start_paused = true)]
async fn a_poisoned_message_harms_no_other_and_dies_after_1_2_4_seconds() {
    let handler = Told::new(|ids| match ids {
        ids if ids.contains(&3) => Err(HandleError::Batch("poison".into())),
        _ => Ok(()),
    });
    let (aside, stop) = (Aside::new(), Stop::default());
    let batch = (1..=5).map(delivery).collect();
    assert_eq!(consumer(&handler, &aside, &stop).process(batch).await, Ok(()));
    assert_eq!(handler.done(), [1, 2, 4, 5]);
    assert_eq!(handler.asked_at_seconds(), [0, 0, 0, 0, 0, 0, 1, 3, 7], "together, alone, then only the bad one");
    assert_eq!(aside.reasons().await, ["MAX_RETRY_EXCEEDED"]);
    assert_eq!(aside.all().await[0].error, "poison");
}

#[tokio::test(start_paused = true)]
async fn what_gets_better_is_dealt_with_and_what_can_not_is_laid_aside_at_once() {
    let tries = AtomicU32::new(0);
    let handler = Told::new(move |ids| match (ids.len(), tries.fetch_add(1, Ordering::SeqCst)) {
        (4, _) => Err(HandleError::Failed(vec![
            failure(1, FailureKind::Transient),
            failure(2, FailureKind::Invalid),
            failure(99, FailureKind::Invalid),
        ])),
        (_, 1) => Err(HandleError::Failed(vec![failure(0, FailureKind::Transient)])),
        _ => Ok(()),
    });
    let (aside, stop) = (Aside::new(), Stop::default());
    let batch = (1..=4).map(delivery).collect();
    assert_eq!(consumer(&handler, &aside, &stop).process(batch).await, Ok(()));
    assert_eq!(handler.done(), [1, 4, 2]);
    assert_eq!(handler.asked_at_seconds(), [0, 1, 3]);
    assert_eq!(aside.reasons().await, ["INVALID"]);
    assert_eq!(aside.all().await[0].error, "number 2 is bad");
}

#[tokio::test(start_paused = true)]
async fn a_handler_that_panics_is_a_handler_that_failed() {
    let handler = Told::new(|ids| {
        assert!(!ids.contains(&2), "on purpose");
        Ok(())
    });
    let (aside, stop) = (Aside::new(), Stop::default());
    let batch = (1..=3).map(delivery).collect();
    assert_eq!(consumer(&handler, &aside, &stop).process(batch).await, Ok(()));
    assert_eq!(handler.done(), [1, 3]);
    assert_eq!(aside.reasons().await, ["MAX_RETRY_EXCEEDED"]);
}

#[tokio::test(start_paused = true)]
async fn while_the_database_is_away_the_consumer_waits_and_nothing_counts() {
    let tries = AtomicU32::new(0);
    let handler = Told::new(move |_| match tries.fetch_add(1, Ordering::SeqCst) {
        0..200 => Err(HandleError::Away("no route".into())),
        _ => Ok(()),
    });
    let (aside, stop) = (Aside::new(), Stop::default());
    let batch = (1..=3).map(delivery).collect();
    assert_eq!(consumer(&handler, &aside, &stop).process(batch).await, Ok(()));
    assert_eq!(handler.done(), [1, 2, 3]);
    assert_eq!(aside.all().await, []);
}

#[tokio::test(start_paused = true)]
async fn a_consumer_that_waits_can_be_stopped_and_keeps_its_place() {
    let handler = Told::new(|_| Err(HandleError::Away("no route".into())));
    let (aside, stop) = (Aside::new(), Stop::default());
    let consumer = consumer(&handler, &aside, &stop);
    let (outcome, ()) = tokio::join!(consumer.process(vec![delivery(1)]), async {
        tokio::time::sleep(Duration::from_secs(3_600)).await;
        stop.stop();
    });
    assert_eq!(outcome, Err(Stopped));
    assert_eq!(aside.all().await, []);
}

#[tokio::test(start_paused = true)]
async fn a_letter_that_can_not_be_laid_aside_is_waited_for() {
    let (handler, aside, stop) = (Told::new(|_| Ok(())), Aside::new(), Stop::default());
    let raw = rusqlite::Connection::open(&aside.path).expect("opens");
    raw.execute_batch("ALTER TABLE dead_letters RENAME TO elsewhere").expect("moved away");
    let consumer = consumer(&handler, &aside, &stop);
    let (outcome, ()) = tokio::join!(consumer.process(vec![bytes(b"?"), delivery(1)]), async {
        tokio::time::sleep(Duration::from_secs(60)).await;
        assert_eq!(handler.done(), [], "its place is kept");
        raw.execute_batch("ALTER TABLE elsewhere RENAME TO dead_letters").expect("moved back");
    });
    assert_eq!(outcome, Ok(()));
    assert_eq!(handler.done(), [1]);
    assert_eq!(aside.reasons().await, ["MALFORMED"]);
}
