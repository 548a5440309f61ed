//! The file of dead letters.

use crate::support::{Aside, bytes};
use bus::local::{LocalDeadLetters, OpenError};
use bus::{DeadLetter, DeadLetters, Reason};

fn letter(error: &str) -> DeadLetter {
    DeadLetter::of(&bytes(b"\x00\xff"), None, Reason::Invalid, error)
}

#[tokio::test]
async fn letters_are_kept_whole_and_in_order() {
    let aside = Aside::new();
    let long = "가".repeat(5_000);
    aside.letters.bury(&[letter("one"), letter(&long)]).await.expect("laid aside");
    aside.letters.bury(&[letter("three")]).await.expect("laid aside");
    let other_process = LocalDeadLetters::open(&aside.path).expect("opens beside it");
    let all = other_process.list(0, 100).await.expect("listed");
    assert_eq!(all.iter().map(|letter| letter.id).collect::<Vec<_>>(), [1, 2, 3]);
    assert_eq!(all[0], DeadLetter { id: 1, buried_at: all[0].buried_at, ..letter("one") });
    assert_eq!(all[1].error.len(), 1_998, "cut at a whole character");
    assert_eq!(other_process.list(1, 1).await.expect("listed"), [all[1].clone()]);
    assert_eq!(other_process.show(3).await.expect("shown"), Some(all[2].clone()));
    assert_eq!(other_process.show(4).await.expect("shown"), None);
}

#[tokio::test]
async fn a_letter_is_thrown_away_once_and_its_number_is_not_given_again() {
    let aside = Aside::new();
    aside.letters.bury(&[letter("one")]).await.expect("laid aside");
    assert_eq!(aside.letters.remove(1).await, Ok(true));
    assert_eq!(aside.letters.remove(1).await, Ok(false));
    assert_eq!(aside.letters.replay(1).await, Ok(false));
    aside.letters.bury(&[letter("two")]).await.expect("laid aside");
    assert_eq!(aside.letters.replay(2).await, Ok(true));
    assert!(aside.all().await[0].replay_requested);
}

#[test]
fn a_file_of_another_version_or_kind_is_refused() {
    let aside = Aside::new();
    let raw = rusqlite::Connection::open(&aside.path).expect("opens");
    raw.pragma_update(None, "user_version", 2).expect("written");
    let refused = LocalDeadLetters::open(&aside.path).err().expect("refused");
    assert!(matches!(refused, OpenError::Version(2)), "{refused}");
    let garbage = aside.path.with_extension("garbage");
    std::fs::write(&garbage, vec![b'x'; 8192]).expect("written");
    assert!(matches!(LocalDeadLetters::open(&garbage), Err(OpenError::File(_))));
}
