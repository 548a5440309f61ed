use super::*;
use domain::NetworkPrefixes;
use hot::embedded::{EmbeddedKeys, EmbeddedLines, JournalOptions};
use std::net::IpAddr;

const BITS: u8 = 8;

fn challenges() -> Challenges {
    with_key(b"a key of this test")
}

fn with_key(key: &[u8]) -> Challenges {
    let folder = tempfile::tempdir().expect("a folder");
    let lines = EmbeddedLines::open(folder.path(), JournalOptions::default()).expect("opened");
    Challenges::new(key, Arc::new(lines), Arc::new(EmbeddedKeys::default()), BITS, None)
}

fn line(name: &str) -> LineId {
    name.parse().expect("a line")
}

fn network(address: &str) -> Option<Network> {
    Some(NetworkPrefixes::default().network(address.parse::<IpAddr>().expect("an address")))
}

fn solved(nonce: &str) -> String {
    let mut answers = (0u32..).map(|n| n.to_string());
    let right = |answer: &String| leading_zeros(nonce, answer) >= u32::from(BITS);
    format!("{nonce}.{}", answers.find(right).expect("one is right"))
}

async fn code(
    challenges: &Challenges,
    name: &str,
    kind: Challenge,
    from: Option<Network>,
    answer: Option<&str>,
) -> Option<ErrorCode> {
    let judged = challenges.demand(&line(name), kind, from, answer.map(str::as_bytes)).await;
    judged.err().map(|error| error.code)
}

#[tokio::test]
async fn a_right_answer_is_taken_once_for_its_line_challenge_and_network() {
    let challenges = challenges();
    let here = network("203.0.113.7");
    let document = challenges.document(&line("queue:shop"), Challenge::Pow, here).expect("made");
    assert_eq!((document.kind, document.bits, document.site_key), ("pow", BITS, None));
    assert!(!document.nonce.contains('.'), "a dot ends it");
    let answer = solved(&document.nonce);
    let required = Some(ErrorCode::ChallengeRequired);
    for (name, kind, from) in [
        ("queue:shop", Challenge::Pow, network("203.0.113.8")),
        ("queue:shop", Challenge::Pow, None),
        ("queue:other", Challenge::Pow, here),
        ("gate:shop", Challenge::Pow, here),
        ("queue:shop", Challenge::Recaptcha, here),
    ] {
        assert_eq!(code(&challenges, name, kind, from, Some(&answer)).await, required, "{name} {kind:?} {from:?}");
    }
    assert_eq!(code(&challenges, "queue:shop", Challenge::Pow, here, Some(&answer)).await, None);
    assert_eq!(code(&challenges, "queue:shop", Challenge::Pow, here, Some(&answer)).await, required, "used");
}

#[tokio::test]
async fn what_is_no_answer_gets_a_fresh_challenge() {
    let challenges = challenges();
    let here = network("2001:db8::1");
    let nonce = challenges.document(&line("queue:shop"), Challenge::Pow, here).expect("made").nonce;
    let wrong = (0u32..).map(|n| n.to_string()).find(|n| leading_zeros(&nonce, n) < u32::from(BITS)).expect("most");
    let (wrong, long) = (format!("{nonce}.{wrong}"), format!("{nonce}.{}", "1".repeat(ANSWER_BYTES_MAX)));
    for answer in [None, Some(""), Some("."), Some("a.b"), Some(&nonce[..]), Some(&wrong), Some(&long), Some("\u{0}.1")]
    {
        let error = challenges.demand(&line("queue:shop"), Challenge::Pow, here, answer.map(str::as_bytes)).await;
        let error = error.expect_err("refused");
        assert_eq!(error.code, ErrorCode::ChallengeRequired, "{answer:?}");
        let (name, document) = error.extra_json.first().expect("a document");
        let document: serde_json::Value = serde_json::from_str(document).expect("JSON");
        assert_eq!((*name, document["kind"].as_str()), ("challenge", Some("pow")));
        assert_ne!(document["nonce"].as_str(), Some(nonce.as_str()), "a fresh one");
    }
    assert_eq!(code(&challenges, "queue:shop", Challenge::Pow, here, Some(&solved(&nonce))).await, None);
}

#[tokio::test]
async fn a_nonce_that_has_run_out_is_no_nonce_and_another_key_made_none() {
    let (challenges, here) = (challenges(), network("203.0.113.7"));
    let past = Timestamp(clock::now().millis() - 1);
    let late = challenges.0.key.make(&line("queue:shop"), Challenge::Pow, here, past).expect("made");
    let other = with_key(b"another key");
    let foreign = other.document(&line("queue:shop"), Challenge::Pow, here).expect("made").nonce;
    for nonce in [late, foreign] {
        let heard = code(&challenges, "queue:shop", Challenge::Pow, here, Some(&solved(&nonce))).await;
        assert_eq!(heard, Some(ErrorCode::ChallengeRequired));
    }
}

#[tokio::test]
async fn nothing_and_an_account_are_judged_without_a_nonce() {
    let challenges = challenges();
    assert_eq!(code(&challenges, "queue:shop", Challenge::None, None, None).await, None);
    assert_eq!(code(&challenges, "queue:shop", Challenge::Account, None, None).await, Some(ErrorCode::Unauthorized));
}

#[test]
fn zero_bits_are_counted_from_the_front() {
    for bits in [0u32, 3, 7, 8, 11] {
        let solution = (0u32..).map(|n| n.to_string()).find(|n| leading_zeros("n", n) >= bits).expect("one");
        let digest = Sha256::digest(format!("n.{solution}"));
        let first = u32::from_be_bytes([digest[0], digest[1], digest[2], digest[3]]);
        assert!(first.leading_zeros() >= bits, "{bits}");
    }
}
