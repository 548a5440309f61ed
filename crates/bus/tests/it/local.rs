//! The bus of one process.

use crate::support::{Aside, TOPIC, Told, envelopes, until};
use bus::local::LocalBus;
use bus::{ConsumerOptions, DeadLetters, HandleError, PublishError, Publisher};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

fn start(handlers: Vec<Arc<Told>>, aside: &Aside) -> LocalBus {
    let handlers = handlers.into_iter().map(|handler| handler as _).collect();
    LocalBus::start(handlers, aside.letters.clone(), ConsumerOptions::default())
}

#[tokio::test(start_paused = true)]
async fn every_group_has_it_when_publishing_returns() {
    let (one, two) = (Told::of_group("one", |_| Ok(())), Told::of_group("two", |_| Ok(())));
    let aside = Aside::new();
    let bus = start(vec![Arc::clone(&one), Arc::clone(&two)], &aside);
    assert_eq!(bus.publish(TOPIC, &envelopes(1..=1_234)).await, Ok(()));
    let all: Vec<u128> = (1..=1_234).collect();
    assert_eq!((one.done(), two.done()), (all.clone(), all));
    assert!(one.asked.lock().expect("whole").iter().all(|(_, ids)| ids.len() <= bus::BATCH_MAX));
    assert_eq!(bus.publish("other.topic", &envelopes([1])).await, Ok(()), "nobody listens");
    assert_eq!(one.done().len(), 1_234);
    bus.stop().await;
}

#[tokio::test(start_paused = true)]
async fn one_groups_dead_letter_is_not_the_others() {
    let (good, bad) = (
        Told::of_group("good", |_| Ok(())),
        Told::of_group("bad", |ids| if ids.contains(&2) { Err(HandleError::Batch("no".into())) } else { Ok(()) }),
    );
    let aside = Aside::new();
    let bus = start(vec![Arc::clone(&good), Arc::clone(&bad)], &aside);
    assert_eq!(bus.publish(TOPIC, &envelopes(1..=3)).await, Ok(()));
    assert_eq!((good.done(), bad.done()), (vec![1, 2, 3], vec![1, 3]));
    let letters = aside.all().await;
    assert_eq!(letters.len(), 1);
    assert_eq!((letters[0].group.as_deref(), letters[0].original_offset), (Some("bad"), 1));
    bus.stop().await;
}

#[tokio::test(start_paused = true)]
async fn a_letter_is_tried_again_on_request_by_its_group_and_leaves_when_dealt_with() {
    let broken = Arc::new(AtomicBool::new(true));
    let seen = Arc::clone(&broken);
    let mending = Told::of_group("mending", move |_| match seen.load(Ordering::SeqCst) {
        true => Err(HandleError::Batch("no".into())),
        false => Ok(()),
    });
    let other = Told::of_group("other", |_| Ok(()));
    let aside = Aside::new();
    let bus = start(vec![Arc::clone(&mending), Arc::clone(&other)], &aside);
    assert_eq!(bus.publish(TOPIC, &envelopes([5])).await, Ok(()));
    let first = aside.all().await[0].id;
    assert_eq!(aside.letters.replay(first).await, Ok(true));
    until("it failed again and a new letter took its place", async || {
        let all = aside.all().await;
        all.len() == 1 && all[0].id != first
    })
    .await;
    broken.store(false, Ordering::SeqCst);
    assert_eq!(aside.letters.replay(aside.all().await[0].id).await, Ok(true));
    until("it left", async || aside.all().await.is_empty()).await;
    assert_eq!((mending.done(), other.done()), (vec![5], vec![5]), "the other group had it already");
    bus.stop().await;
}

#[tokio::test(start_paused = true)]
async fn a_request_made_while_nothing_ran_is_answered_at_the_next_start() {
    let aside = Aside::new();
    let bus = start(vec![Told::new(|_| Err(HandleError::Batch("no".into())))], &aside);
    assert_eq!(bus.publish(TOPIC, &envelopes([5])).await, Ok(()));
    bus.stop().await;
    assert_eq!(aside.letters.replay(aside.all().await[0].id).await, Ok(true));
    let stranger = start(vec![Told::of_group("stranger", |_| Ok(()))], &aside);
    tokio::time::sleep(Duration::from_secs(10)).await;
    assert_eq!(aside.all().await.len(), 1, "nobody else's to deal with");
    stranger.stop().await;
    let mended = Told::new(|_| Ok(()));
    let bus = start(vec![Arc::clone(&mended)], &aside);
    until("it left", async || aside.all().await.is_empty()).await;
    assert_eq!(mended.done(), [5]);
    bus.stop().await;
}

#[tokio::test(start_paused = true)]
async fn a_publisher_that_waits_hears_of_the_end() {
    let aside = Aside::new();
    let bus = start(vec![Told::new(|_| Err(HandleError::Away("no route".into())))], &aside);
    let publishers: Vec<_> = (0..20)
        .map(|id| {
            let bus = bus.clone();
            tokio::spawn(async move { bus.publish(TOPIC, &envelopes([id])).await })
        })
        .collect();
    tokio::time::sleep(Duration::from_secs(60)).await;
    bus.stop().await;
    for publisher in publishers {
        assert!(matches!(publisher.await.expect("ran"), Err(PublishError::Away(_))));
    }
    assert!(matches!(bus.publish(TOPIC, &envelopes([1])).await, Err(PublishError::Away(_))));
    assert_eq!(aside.all().await, []);
}
