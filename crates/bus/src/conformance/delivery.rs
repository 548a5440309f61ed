//! Delivery: to every group, in order, at least once, and not again once acknowledged.

use super::BusUnderTest;
use super::scene::{KEYS, SETTLE, Scene, envelopes, unavailable, until};
use std::collections::HashMap;

pub(super) async fn every_group_handles_every_message<B: BusUnderTest>(scene: Scene<B>) {
    let (one, two) = (scene.recorder("one", |_| Ok(())), scene.recorder("two", |_| Ok(())));
    scene.start(&[&one, &two]).await;
    scene.publish_all(envelopes(1..=1_200)).await;
    let all: Vec<u64> = (1..=1_200).collect();
    until("both groups have handled all", async || one.handled_set() == all && two.handled_set() == all).await;
    scene.bus().stop().await;
    assert_eq!(scene.all_dead_letters().await, []);
}

pub(super) async fn messages_of_a_key_are_handled_in_order<B: BusUnderTest>(scene: Scene<B>) {
    let recorder = scene.recorder("group", |_| Ok(()));
    scene.start(&[&recorder]).await;
    for part in 0..10 {
        scene.publish_all(envelopes(part * 200 + 1..=part * 200 + 200)).await;
    }
    until("all are handled", async || recorder.handled_set().len() == 2_000).await;
    scene.bus().stop().await;
    let mut last = HashMap::new();
    for number in recorder.handled() {
        let before = last.insert(number % KEYS, number);
        assert!(before.is_none_or(|before| before < number), "{number} came after {before:?}");
    }
}

pub(super) async fn a_handled_message_does_not_come_again_after_a_restart<B: BusUnderTest>(scene: Scene<B>) {
    let first = scene.recorder("group", |_| Ok(()));
    scene.start(&[&first]).await;
    scene.publish_all(envelopes(1..=300)).await;
    until("all are handled", async || first.handled_set().len() == 300).await;
    scene.bus().stop().await;
    let second = scene.recorder("group", |_| Ok(()));
    scene.start(&[&second]).await;
    scene.publish_all(envelopes(301..=400)).await;
    until("the new ones are handled", async || second.handled_set().len() >= 100).await;
    scene.bus().stop().await;
    assert_eq!(second.handled_set(), (301..=400).collect::<Vec<u64>>());
}

pub(super) async fn an_unhandled_message_comes_again_after_a_restart<B: BusUnderTest>(scene: Scene<B>) {
    let first = scene.recorder("group", |_| unavailable());
    scene.start(&[&first]).await;
    let publishing = scene.publish(envelopes(1..=50));
    until("the handler is called", async || !first.tried().is_empty()).await;
    scene.bus().stop().await;
    let accepted = publishing.await.expect("the publisher ran").is_ok();
    assert_eq!(first.handled(), [0_u64; 0]);
    let second = scene.recorder("group", |_| Ok(()));
    scene.start(&[&second]).await;
    if !accepted {
        // A bus that did not accept them leaves them to their outbox.
        scene.publish_all(envelopes(1..=50)).await;
    }
    until("all are handled", async || second.handled_set().len() == 50).await;
    scene.bus().stop().await;
    assert_eq!(scene.all_dead_letters().await, []);
}

pub(super) async fn a_stop_waits_for_the_batch_in_progress<B: BusUnderTest>(scene: Scene<B>) {
    let first = scene.recorder("group", |_| Ok(()));
    first.hold(true);
    scene.start(&[&first]).await;
    let publishing = scene.publish(envelopes([1]));
    until("the handler is called", async || !first.tried().is_empty()).await;
    let release = async {
        tokio::time::sleep(SETTLE).await;
        assert_eq!(first.handled(), [0_u64; 0]);
        first.hold(false);
    };
    let stop = async {
        scene.bus().stop().await;
        assert_eq!(first.handled(), [1], "the stop returned before the batch was handled");
    };
    tokio::join!(stop, release);
    publishing.await.expect("the publisher ran").expect("a handled message was accepted");
    let second = scene.recorder("group", |_| Ok(()));
    scene.start(&[&second]).await;
    scene.publish_all(envelopes([2])).await;
    until("the new one is handled", async || second.handled().contains(&2)).await;
    scene.bus().stop().await;
    assert_eq!(second.handled(), [2], "the batch in progress was acknowledged");
}
