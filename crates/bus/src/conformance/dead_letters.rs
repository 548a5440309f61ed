//! Dead letters: listed, shown, replayed and dropped.

use super::BusUnderTest;
use super::recorder::Recorder;
use super::scene::{SETTLE, Scene, envelopes, until};
use crate::dead_letter::DeadLetter;
use crate::{Failure, FailureKind, HandleError};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

/// A running bus whose group has refused the messages 1, 2 and 3 as invalid, and accepts them from now on.
async fn with_dead_letters<B: BusUnderTest>(scene: &Scene<B>) -> (Arc<Recorder>, Vec<DeadLetter>) {
    let is_repaired = Arc::new(AtomicBool::new(false));
    let repaired = Arc::clone(&is_repaired);
    let recorder = scene.recorder("group", move |numbers| {
        if repaired.load(Ordering::SeqCst) {
            return Ok(());
        }
        let fail = |index| Failure { index, kind: FailureKind::Invalid, error: "not repaired".to_owned() };
        Err(HandleError::Failed((0..numbers.len()).map(fail).collect()))
    });
    scene.start(&[&recorder]).await;
    scene.publish_all(envelopes(1..=3)).await;
    let letters = scene.wait_for_dead_letters(3).await;
    is_repaired.store(true, Ordering::SeqCst);
    (recorder, letters)
}

pub(super) async fn dead_letters_are_listed_in_pages_and_shown<B: BusUnderTest>(scene: Scene<B>) {
    let (_, letters) = with_dead_letters(&scene).await;
    scene.bus().stop().await;
    let store = scene.dead_letters();
    assert!(letters.is_sorted_by(|one, next| one.id < next.id), "{letters:?}");
    assert_eq!(store.list(0, 2).await.as_deref(), Ok(&letters[..2]));
    assert_eq!(store.list(letters[1].id, 2).await.as_deref(), Ok(&letters[2..]));
    assert_eq!(store.list(letters[2].id, 2).await.as_deref(), Ok(&[][..]));
    for letter in &letters {
        assert_eq!(store.show(letter.id).await, Ok(Some(letter.clone())));
    }
    let unknown = letters[2].id + 1_000;
    assert_eq!(store.show(unknown).await, Ok(None));
    assert_eq!((store.replay(unknown).await, store.remove(unknown).await), (Ok(false), Ok(false)));
}

pub(super) async fn a_replayed_dead_letter_is_handled_once_and_removed<B: BusUnderTest>(scene: Scene<B>) {
    let (recorder, letters) = with_dead_letters(&scene).await;
    let store = scene.dead_letters();
    let replayed: serde_json::Value = serde_json::from_slice(&letters[1].value).expect("the whole message");
    let number = replayed["payload"]["number"].as_u64().expect("a number");
    assert_eq!(store.replay(letters[1].id).await, Ok(true));
    until("it is handled", async || recorder.handled() == [number]).await;
    until("it is removed", async || store.show(letters[1].id).await == Ok(None)).await;
    assert_eq!(store.replay(letters[1].id).await, Ok(false), "it cannot be replayed twice");
    assert_eq!(scene.all_dead_letters().await, [letters[0].clone(), letters[2].clone()]);
    tokio::time::sleep(SETTLE).await;
    scene.bus().stop().await;
    assert_eq!(recorder.handled(), [number], "the group gets it exactly once");
}

pub(super) async fn a_dropped_dead_letter_is_gone<B: BusUnderTest>(scene: Scene<B>) {
    let (recorder, letters) = with_dead_letters(&scene).await;
    let store = scene.dead_letters();
    assert_eq!(store.remove(letters[0].id).await, Ok(true));
    assert_eq!(store.remove(letters[0].id).await, Ok(false), "it cannot be dropped twice");
    assert_eq!(store.show(letters[0].id).await, Ok(None));
    assert_eq!(store.replay(letters[0].id).await, Ok(false));
    assert_eq!(scene.all_dead_letters().await, letters[1..]);
    tokio::time::sleep(SETTLE).await;
    scene.bus().stop().await;
    assert_eq!(recorder.handled(), [0_u64; 0]);
}
