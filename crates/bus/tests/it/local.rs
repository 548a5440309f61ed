//! The bus of one process, beyond the conformance suite.

use crate::support::{Scripted, Store, TOPIC, envelopes, until};
use bus::local::LocalBus;
use bus::{Cause, ConsumerOptions, DeadLetters, HandleError, PublishError, Publisher};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

fn start(handlers: Vec<Arc<Scripted>>, store: &Store) -> LocalBus {
    let handlers = handlers.into_iter().map(|handler| handler as _).collect();
    LocalBus::start(handlers, store.dead_letters.clone(), ConsumerOptions::default())
}

#[tokio::test(start_paused = true)]
async fn publishing_returns_when_every_group_has_handled_the_messages() {
    let (one, two) = (Scripted::of_group("one", |_| Ok(())), Scripted::of_group("two", |_| Ok(())));
    let store = Store::new();
    let bus = start(vec![Arc::clone(&one), Arc::clone(&two)], &store);
    assert_eq!(bus.publish(TOPIC, &envelopes(1..=1_234)).await, Ok(()));
    let all: Vec<u128> = (1..=1_234).collect();
    assert_eq!((one.handled(), two.handled()), (all.clone(), all));
    assert!(one.calls.lock().expect("not poisoned").iter().all(|(_, ids)| ids.len() <= bus::BATCH_MAX));
    assert_eq!(bus.publish("other.topic", &envelopes([1])).await, Ok(()), "no group is subscribed");
    assert_eq!(one.handled().len(), 1_234);
    bus.stop().await;
}

#[tokio::test(start_paused = true)]
async fn a_dead_letter_of_one_group_does_not_concern_the_other() {
    let (good, bad) = (
        Scripted::of_group("good", |_| Ok(())),
        Scripted::of_group(
            "bad",
            |ids| if ids.contains(&2) { Err(HandleError::Batch(Cause::new("no"))) } else { Ok(()) },
        ),
    );
    let store = Store::new();
    let bus = start(vec![Arc::clone(&good), Arc::clone(&bad)], &store);
    assert_eq!(bus.publish(TOPIC, &envelopes(1..=3)).await, Ok(()));
    assert_eq!((good.handled(), bad.handled()), (vec![1, 2, 3], vec![1, 3]));
    let letters = store.all().await;
    assert_eq!(letters.len(), 1);
    assert_eq!((letters[0].group.as_deref(), letters[0].original_offset), (Some("bad"), 1));
    bus.stop().await;
}

#[tokio::test(start_paused = true)]
async fn a_replayed_dead_letter_goes_to_its_group_only_and_is_removed_when_handled() {
    let broken = Arc::new(AtomicBool::new(true));
    let seen = Arc::clone(&broken);
    let mending = Scripted::of_group("mending", move |_| match seen.load(Ordering::SeqCst) {
        true => Err(HandleError::Batch(Cause::new("no"))),
        false => Ok(()),
    });
    let other = Scripted::of_group("other", |_| Ok(()));
    let store = Store::new();
    let bus = start(vec![Arc::clone(&mending), Arc::clone(&other)], &store);
    assert_eq!(bus.publish(TOPIC, &envelopes([5])).await, Ok(()));
    let first = store.all().await[0].id;
    assert_eq!(store.dead_letters.replay(first).await, Ok(true));
    until("it failed again and a new dead letter took its place", async || {
        let all = store.all().await;
        all.len() == 1 && all[0].id != first
    })
    .await;
    broken.store(false, Ordering::SeqCst);
    assert_eq!(store.dead_letters.replay(store.all().await[0].id).await, Ok(true));
    until("it was removed", async || store.all().await.is_empty()).await;
    assert_eq!((mending.handled(), other.handled()), (vec![5], vec![5]), "the other group had handled it already");
    bus.stop().await;
}

#[tokio::test(start_paused = true)]
async fn a_replay_requested_while_no_bus_ran_is_done_at_the_next_start_of_its_group() {
    let store = Store::new();
    let bus = start(vec![Scripted::new(|_| Err(HandleError::Batch(Cause::new("no"))))], &store);
    assert_eq!(bus.publish(TOPIC, &envelopes([5])).await, Ok(()));
    bus.stop().await;
    assert_eq!(store.dead_letters.replay(store.all().await[0].id).await, Ok(true));
    let stranger = start(vec![Scripted::of_group("stranger", |_| Ok(()))], &store);
    tokio::time::sleep(Duration::from_secs(10)).await;
    assert_eq!(store.all().await.len(), 1, "another group does not handle it");
    stranger.stop().await;
    let mended = Scripted::new(|_| Ok(()));
    let bus = start(vec![Arc::clone(&mended)], &store);
    until("it was removed", async || store.all().await.is_empty()).await;
    assert_eq!(mended.handled(), [5]);
    bus.stop().await;
}

#[tokio::test(start_paused = true)]
async fn a_waiting_publisher_fails_when_the_bus_stops() {
    let store = Store::new();
    let bus = start(vec![Scripted::new(|_| Err(HandleError::Unavailable(Cause::new("no route"))))], &store);
    let publishers: Vec<_> = (0..20)
        .map(|id| {
            let bus = bus.clone();
            tokio::spawn(async move { bus.publish(TOPIC, &envelopes([id])).await })
        })
        .collect();
    tokio::time::sleep(Duration::from_secs(60)).await;
    bus.stop().await;
    for publisher in publishers {
        assert!(matches!(publisher.await.expect("ran"), Err(PublishError::Unavailable(_))));
    }
    assert!(matches!(bus.publish(TOPIC, &envelopes([1])).await, Err(PublishError::Unavailable(_))));
    assert_eq!(store.all().await, []);
}
