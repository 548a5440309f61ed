//! Dead letters on the brokers: list, show, replay, drop (FCFS-008).

use super::support::*;
use bus::kafka::KafkaDeadLetters;
use bus::{Body, DeadLetter, DeadLetters, Delivery, Reason};
use std::sync::Arc;

fn letter(names: &Names, offset: i64, value: &[u8]) -> DeadLetter {
    let mut delivery = Delivery::of(&Arc::from(names.topic), offset, &Arc::new(envelope(offset as u128, 7)));
    delivery.body = Body::Bytes(value.to_vec());
    DeadLetter::of(&delivery, Some(names.group), Reason::Invalid, "it is bad")
}

fn real(names: &Names, id: u128) -> DeadLetter {
    letter(names, id as i64, &serde_json::to_vec(&envelope(id, 7)).expect("written"))
}

fn ids(letters: &[DeadLetter]) -> Vec<i64> {
    letters.iter().map(|letter| letter.id).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn dead_letters_are_stored_unchanged_and_found_by_id() {
    let Some(bootstrap) = real_bootstrap() else { return };
    let names = Names::new();
    assert_eq!(all_dead_letters(&bootstrap, &names).await, [], "no topic, no dead letters");
    let store = dead_letters(&bootstrap, &names);
    assert_eq!(store.show(1).await, Ok(None));
    store.store(&[letter(&names, 3, b"\x00\xff"), letter(&names, 4, b"")]).await.expect("stored");
    let all = all_dead_letters(&bootstrap, &names).await;
    assert_eq!(ids(&all), [1, 11]);
    let wanted = DeadLetter { id: 1, stored_at: all[0].stored_at, ..letter(&names, 3, b"\x00\xff") };
    assert_eq!(all[0], wanted);
    assert_eq!(store.show(11).await, Ok(Some(all[1].clone())));
    for unknown in [0, -1, 2, 21, i64::MIN, i64::MAX] {
        assert_eq!(store.show(unknown).await, Ok(None), "{unknown}");
        assert_eq!(store.remove(unknown).await, Ok(false), "{unknown}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_removed_dead_letter_is_gone_for_every_process_and_on_every_page() {
    let Some(bootstrap) = real_bootstrap() else { return };
    let names = Names::new();
    let store = dead_letters(&bootstrap, &names);
    let many: Vec<DeadLetter> = (0..25).map(|offset| letter(&names, offset, b"?")).collect();
    store.store(&many).await.expect("stored");
    for id in [1, 101, 241] {
        assert_eq!(store.remove(id).await, Ok(true));
        assert_eq!(store.remove(id).await, Ok(false), "not twice");
    }
    let another = dead_letters(&bootstrap, &names);
    let mut seen = Vec::new();
    loop {
        let page = another.list(seen.last().copied().unwrap_or(0), 10).await.expect("listed");
        if page.is_empty() {
            break;
        }
        assert!(page.len() <= 10);
        seen.extend(ids(&page));
    }
    let wanted: Vec<i64> = (0..25).map(|offset| offset * 10 + 1).filter(|id| ![1, 101, 241].contains(id)).collect();
    assert_eq!(seen, wanted);
    assert_eq!(another.show(101).await, Ok(None));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_replayed_dead_letter_is_handled_with_its_own_headers_and_removed() {
    let Some(bootstrap) = real_bootstrap() else { return };
    let names = Names::new();
    let store = dead_letters(&bootstrap, &names);
    store.store(&[real(&names, 1), real(&names, 2), real(&names, 3)]).await.expect("stored");
    assert_eq!(store.replay(11).await, Ok(true));
    assert_eq!(store.replay(11).await, Ok(false), "not twice");
    let recorder = Recorder::new(&names);
    let bus = start(&bootstrap, &names, &recorder);
    until("it was handled", async || recorder.ids() == [2]).await;
    let headers = recorder.seen.lock().expect("not poisoned")[0].headers.clone();
    assert!(headers.iter().all(|(name, _)| !name.starts_with("dlq") && !name.starts_with("original")), "{headers:?}");
    // Its own three, and the count of its replays.
    assert_eq!((headers.len(), &*headers[3].1), (4, "1"));
    assert_eq!(ids(&all_dead_letters(&bootstrap, &names).await), [1, 21]);
    bus.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn dead_letters_of_several_topics_share_their_pages() {
    let Some(bootstrap) = real_bootstrap() else { return };
    let (one, two) = (Names::new(), Names::new());
    let store =
        KafkaDeadLetters::of_topics(&bootstrap, &[one.dead_letters, two.dead_letters]).expect("brokers are named");
    let mut all: Vec<DeadLetter> = (0..4).map(|offset| letter(&one, offset, b"?")).collect();
    all.push(letter(&two, 0, b"!"));
    store.store(&all).await.expect("stored");
    assert_eq!(ids(&store.list(0, 100).await.expect("listed")), [1, 2, 11, 21, 31]);
    assert_eq!(ids(&store.list(0, 2).await.expect("listed")), [1, 2]);
    assert_eq!(ids(&store.list(2, 2).await.expect("listed")), [11, 21]);
    assert_eq!(store.show(2).await.expect("shown").map(|letter| letter.value), Some(b"!".to_vec()));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_dead_letter_that_is_too_large_loses_only_its_value() {
    let Some(bootstrap) = real_bootstrap() else { return };
    let names = Names::new();
    let store = dead_letters(&bootstrap, &names);
    let huge = vec![b'x'; 3_000_000];
    store.store(&[letter(&names, 1, b"small"), letter(&names, 2, &huge)]).await.expect("stored");
    let all = all_dead_letters(&bootstrap, &names).await;
    assert_eq!(all.iter().map(|letter| letter.value.len()).collect::<Vec<_>>(), [5, 0]);
    assert!(all[1].headers.contains(&("dlqTruncated".to_owned(), "3000000".to_owned())));
    assert!(store.replay(all[1].id).await.is_err(), "there is no value to replay");
}
