//! Failures: retries, dead letters with their reason, and a handler that is unavailable.

use super::BusUnderTest;
use super::scene::{RETRIES, Scene, envelope, envelopes, failing, unavailable, until};
use crate::dead_letter::{DeadLetter, Reason};
use crate::port::FailureKind;
use domain::message::Envelope;
use domain::message::topic::dead_letters_of;
use std::sync::atomic::{AtomicUsize, Ordering};

/// The dead letter of this message in the group `group`.
fn assert_is_of<B: BusUnderTest>(letter: &DeadLetter, scene: &Scene<B>, envelope: &Envelope, reason: Reason) {
    let topic = scene.bus().topic();
    assert_eq!(letter.reason, reason);
    assert_eq!(letter.group.as_deref(), Some(format!("{topic}-group").as_str()));
    assert_eq!((letter.original_topic.as_str(), letter.topic.as_str()), (topic, dead_letters_of(topic).as_str()));
    assert_eq!(letter.key, envelope.aggregate_id);
    assert!(letter.headers.contains(&("eventType".to_owned(), envelope.event_type.clone())), "{:?}", letter.headers);
    assert_eq!(serde_json::from_slice::<Envelope>(&letter.value).expect("the whole message"), *envelope);
}

pub(super) async fn a_transient_failure_is_tried_three_times_more_and_then_a_dead_letter<B: BusUnderTest>(
    scene: Scene<B>,
) {
    let recorder = scene.recorder("group", |numbers| failing(3, FailureKind::Transient, numbers));
    scene.start(&[&recorder]).await;
    scene.publish_all(envelopes(1..=20)).await;
    let letters = scene.wait_for_dead_letters(1).await;
    assert_is_of(&letters[0], &scene, &envelope(3), Reason::MaxRetryExceeded);
    assert_eq!(letters[0].error, "3 fails");
    assert_eq!(recorder.tries_of(3), 1 + RETRIES);
    until("the others are handled", async || recorder.handled_set().len() == 19).await;
    scene.bus().stop().await;
}

pub(super) async fn a_transient_failure_that_passes_leaves_no_dead_letter<B: BusUnderTest>(scene: Scene<B>) {
    let failures_left = AtomicUsize::new(RETRIES);
    let recorder = scene.recorder("group", move |numbers| {
        let take_one = |left: usize| left.checked_sub(1);
        if numbers.contains(&3) && failures_left.fetch_update(Ordering::SeqCst, Ordering::SeqCst, take_one).is_ok() {
            return failing(3, FailureKind::Transient, numbers);
        }
        Ok(())
    });
    scene.start(&[&recorder]).await;
    scene.publish_all(envelopes(1..=20)).await;
    until("all are handled", async || recorder.handled_set().len() == 20).await;
    scene.bus().stop().await;
    assert_eq!(recorder.tries_of(3), 1 + RETRIES);
    assert_eq!(scene.all_dead_letters().await, []);
}

pub(super) async fn an_invalid_message_is_a_dead_letter_after_one_try<B: BusUnderTest>(scene: Scene<B>) {
    let recorder = scene.recorder("group", |numbers| failing(3, FailureKind::Invalid, numbers));
    scene.start(&[&recorder]).await;
    scene.publish_all(envelopes(1..=20)).await;
    let letters = scene.wait_for_dead_letters(1).await;
    until("the others are handled", async || recorder.handled_set().len() == 19).await;
    scene.bus().stop().await;
    assert_is_of(&letters[0], &scene, &envelope(3), Reason::Invalid);
    assert_eq!(recorder.tries_of(3), 1);
}

pub(super) async fn an_unavailable_handler_counts_no_tries_and_keeps_the_offset<B: BusUnderTest>(scene: Scene<B>) {
    const UNAVAILABLE_CALLS: usize = 3 * (1 + RETRIES);
    let calls = AtomicUsize::new(0);
    let recorder = scene.recorder("group", move |_| {
        if calls.fetch_add(1, Ordering::SeqCst) < UNAVAILABLE_CALLS { unavailable() } else { Ok(()) }
    });
    scene.start(&[&recorder]).await;
    // All of one key, so that their order is known.
    let numbers: Vec<u64> = (1..=20).map(|number| number * super::scene::KEYS).collect();
    scene.publish_all(envelopes(numbers.clone())).await;
    until("all are handled", async || recorder.handled().len() >= numbers.len()).await;
    scene.bus().stop().await;
    assert_eq!(recorder.handled(), numbers);
    assert_eq!(scene.all_dead_letters().await, []);
}

pub(super) async fn a_message_of_an_unknown_kind_is_an_invalid_dead_letter<B: BusUnderTest>(scene: Scene<B>) {
    let recorder = scene.recorder("group", |_| Ok(()));
    scene.start(&[&recorder]).await;
    let mut unknown = envelopes(1..=3);
    unknown[1].event_type = "UnknownKind".to_owned();
    scene.publish_all(unknown.clone()).await;
    let letters = scene.wait_for_dead_letters(1).await;
    until("the others are handled", async || recorder.handled_set() == [1, 3]).await;
    scene.bus().stop().await;
    assert_is_of(&letters[0], &scene, &unknown[1], Reason::Invalid);
    assert_eq!(recorder.tries_of(2), 0);
}

pub(super) async fn bytes_that_are_no_message_are_a_malformed_dead_letter<B: BusUnderTest>(scene: Scene<B>) {
    let recorder = scene.recorder("group", |_| Ok(()));
    scene.start(&[&recorder]).await;
    scene.publish_all(envelopes([1])).await;
    if scene.bus().publish_bytes("key1", b"\xff no message").await {
        let letters = scene.wait_for_dead_letters(1).await;
        assert_eq!((letters[0].reason, letters[0].key.as_str()), (Reason::Malformed, "key1"));
        assert_eq!(letters[0].value, b"\xff no message");
    }
    scene.publish_all(envelopes([8])).await;
    until("the others are handled", async || recorder.handled() == [1, 8]).await;
    scene.bus().stop().await;
}
