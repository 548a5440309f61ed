//! The file of dead letters.

use crate::support::{Store, bytes};
use bus::local::{LocalDeadLetters, OpenError};
use bus::{DeadLetter, DeadLetters, Reason};

fn letter(error: &str) -> DeadLetter {
    DeadLetter::of(&bytes(b"\x00\xff"), None, Reason::Invalid, error)
}

#[tokio::test]
async fn dead_letters_are_stored_unchanged_and_in_order() {
    let store = Store::new();
    let long = "가".repeat(5_000);
    store.dead_letters.store(&[letter("one"), letter(&long)]).await.expect("stored");
    store.dead_letters.store(&[letter("three")]).await.expect("stored");
    let other_process = LocalDeadLetters::open(&store.path).expect("opens beside it");
    let all = other_process.list(0, 100).await.expect("listed");
    assert_eq!(all.iter().map(|letter| letter.id).collect::<Vec<_>>(), [1, 2, 3]);
    assert_eq!(all[0], DeadLetter { id: 1, stored_at: all[0].stored_at, ..letter("one") });
    assert_eq!(all[1].error.len(), 1_998, "cut at a character boundary");
    assert_eq!(other_process.list(1, 1).await.expect("listed"), [all[1].clone()]);
    assert_eq!(other_process.show(3).await.expect("shown"), Some(all[2].clone()));
    assert_eq!(other_process.show(4).await.expect("shown"), None);
}

#[tokio::test]
async fn a_dead_letter_is_removed_once_and_its_id_is_not_used_again() {
    let store = Store::new();
    store.dead_letters.store(&[letter("one")]).await.expect("stored");
    assert_eq!(store.dead_letters.remove(1).await, Ok(true));
    assert_eq!(store.dead_letters.remove(1).await, Ok(false));
    assert_eq!(store.dead_letters.replay(1).await, Ok(false));
    store.dead_letters.store(&[letter("two")]).await.expect("stored");
    assert_eq!(store.dead_letters.replay(2).await, Ok(true));
    assert!(store.all().await[0].replay_requested);
}

#[test]
fn a_file_of_another_version_or_kind_is_refused() {
    let store = Store::new();
    let raw = rusqlite::Connection::open(&store.path).expect("opens");
    raw.pragma_update(None, "user_version", 2).expect("written");
    let refused = LocalDeadLetters::open(&store.path).err().expect("refused");
    assert!(matches!(refused, OpenError::Version(2)), "{refused}");
    let garbage = store.path.with_extension("garbage");
    std::fs::write(&garbage, vec![b'x'; 8192]).expect("written");
    assert!(matches!(LocalDeadLetters::open(&garbage), Err(OpenError::File(_))));
}
