use super::check::{Claim, Evidence, Findings, ReceiptFindings, check};
use super::document::{Document, entries};
use super::verdict::{Outcome, Verdict};
use domain::UserId;
use domain::line::{DrawSeed, Entries, QueueNumber, UNHELD, commitment_hex, drawn_order};
use lines::ReceiptKey;
use lines::draw::beacon::QUICKNET;
use lines::draw::receipt;
use serde_json::{Value, json};

const SEED: DrawSeed = DrawSeed([7; 32]);
/// Round 123 of quicknet, of 2023-08-23T15:15:33.
const SIGNATURE: &str =
    "b75c69d0b72a5d906e854e808ba7e2accb1542ac355ae486d591aa9d43765482e26cd02df835d3546d23c4b13e0dfc92";

fn list() -> Entries {
    let users = ["ann", "ben", "", "dan", "eve"];
    let hash = |user: &str| match user {
        "" => UNHELD,
        user => hex::decode(receipt::holder("gate:shoes", user)).expect("hex").try_into().expect("32 bytes"),
    };
    Entries::new(users.map(hash).to_vec())
}

fn drawn() -> Value {
    json!({"commitment": commitment_hex(&SEED), "closesAt": "2023-08-23T15:15:00", "root": hex::encode(list().root()),
        "randomness": {"kind": "drand", "chain": QUICKNET.hash, "round": 123, "value": SIGNATURE},
        "count": 5, "seed": SEED.hex(), "trust": "public"})
}

fn document(draw: &Value) -> Document {
    Document::parse(&json!({"line": "gate:shoes", "serving": 0, "left": [], "draw": draw}).to_string()).expect("one")
}

/// The draw with one field changed.
fn with(path: &str, value: Value) -> Value {
    let mut draw = drawn();
    *draw.pointer_mut(path).expect("a field") = value;
    draw
}

fn key() -> ReceiptKey {
    ReceiptKey::read(&"5".repeat(64)).expect("a key")
}

fn receipt_of(user: &str, entry: u64) -> String {
    receipt_at(user, entry, 0)
}

fn receipt_at(user: &str, entry: u64, at_ms: i64) -> String {
    key().sign(&"gate:shoes".parse().expect("a line"), QueueNumber(entry), &UserId::new(user).expect("a name"), at_ms)
}

fn found(draw: &Value, receipt: &str, user: Option<&str>) -> (Verdict, ReceiptFindings) {
    let (list, public) = (list(), key().public_hex());
    let claim = Some(Claim { receipt, key: &public, user });
    let findings = check(&document(draw), &Evidence { entries: Some(&list), claim, drand_key: None }).expect("checked");
    (findings.verdict(), findings.receipt.expect("there was one"))
}

fn checked(draw: &Value) -> Findings {
    let list = list();
    check(&document(draw), &Evidence { entries: Some(&list), ..Evidence::default() }).expect("checked")
}

#[test]
fn a_draw_holds_only_with_its_own_seed_entries_round_and_closing() {
    let findings = checked(&drawn());
    let parts = (findings.seed_fits, findings.entries_fit, findings.signature_fits, findings.is_round_after_closing);
    assert_eq!((findings.verdict(), parts), (Verdict::AllPassed, (Some(true), Some(true), Some(true), Some(true))));
    for (path, value) in [
        ("/commitment", json!(commitment_hex(&DrawSeed([8; 32])))),
        ("/seed", json!("nonsense")),
        ("/root", json!("00".repeat(32))),
        ("/count", json!(4)),
        ("/randomness/round", json!(124)),
        ("/randomness/round", Value::Null),
        ("/randomness/value", json!(SIGNATURE.replace("b7", "b6"))),
        ("/randomness/value", Value::Null),
        // The round was known before the entries were closed.
        ("/closesAt", json!("2023-08-23T15:15:33")),
        // Anybody can make such a chain, and such a draw.
        ("/randomness/chain", json!("ab".repeat(32))),
        ("/randomness/kind", json!("none")),
    ] {
        assert_eq!(checked(&with(path, value.clone())).verdict(), Verdict::Failed, "{path} is {value}");
    }
    let to_come = checked(&with("/seed", Value::Null));
    assert_eq!((to_come.verdict(), to_come.seed_fits), (Verdict::NotDrawnYet, None));
}

#[test]
fn the_order_of_a_draw_follows_from_seed_value_and_root() {
    let value = hex::decode(SIGNATURE).expect("hex");
    let key = [&SEED.0[..], &value, list().root()].concat();
    assert_eq!(document(&drawn()).draw().order(), Some(drawn_order(&key, 5)));
    let manual = with("/randomness", json!({"kind": "manual", "source": "a lottery", "value": "4 8 15"}));
    let key = [&SEED.0[..], b"4 8 15", list().root()].concat();
    assert_eq!(document(&manual).draw().order(), Some(drawn_order(&key, 5)));
    // As an earlier version published it.
    let earlier = json!({"commitment": commitment_hex(&SEED), "seed": SEED.hex(), "count": 5});
    assert_eq!(document(&earlier).draw().order(), Some(vec![1, 2, 5, 4, 3]));
    assert_eq!(open_checks(&earlier, &Evidence::default()), ["entries"]);
}

/// The names of the checks that were not made; the others have passed.
fn open_checks(draw: &Value, evidence: &Evidence<'_>) -> Vec<&'static str> {
    let findings = check(&document(draw), evidence).expect("checked");
    let checks = findings.checks();
    assert!(checks.iter().all(|check| check.outcome != Outcome::Failed), "{checks:?}");
    let open: Vec<&str> = checks.iter().filter(|check| check.outcome == Outcome::NotChecked).map(|c| c.name).collect();
    assert_eq!(findings.verdict() == Verdict::AllPassed, open.is_empty());
    open
}

/// Kind: "all checks passed", and one was not made.
#[test]
fn a_check_of_a_draw_that_could_not_be_made_is_named() {
    let list = list();
    let with_list = || Evidence { entries: Some(&list), ..Evidence::default() };
    assert_eq!(open_checks(&drawn(), &Evidence::default()), ["entries"]);
    assert!(open_checks(&drawn(), &with_list()).is_empty());
    let mut own = with("/randomness/chain", json!("ab".repeat(32)));
    own["trust"] = json!("operator");
    assert_eq!(open_checks(&own, &with_list()), ["value", "round"]);
    let known = Evidence { drand_key: Some(QUICKNET.public_key), ..with_list() };
    assert_eq!(open_checks(&own, &known), ["round"], "its times stay unknown");
    let manual = with("/randomness", json!({"kind": "manual", "source": "a lottery", "value": "4 8 15"}));
    assert_eq!(open_checks(&manual, &with_list()), ["value"]);
    let (public, text) = (key().public_hex(), receipt_of("ben", 2));
    let claim = |user| Some(Claim { receipt: &text, key: &public, user });
    assert_eq!(open_checks(&drawn(), &Evidence { claim: claim(None), ..with_list() }), ["user"]);
    let without_list = Evidence { claim: claim(Some("ben")), ..Evidence::default() };
    assert_eq!(open_checks(&drawn(), &without_list), ["entries", "holder"]);
}

/// Kind: the operator gives the key of the chain that everybody knows.
#[test]
fn no_argument_replaces_the_key_of_the_public_chain() {
    let own = Evidence { drand_key: Some("short"), ..Evidence::default() };
    assert_eq!(open_checks(&drawn(), &own), ["entries"]);
}

#[test]
fn the_key_of_another_chain_must_be_a_key() {
    let other = with("/randomness/chain", json!("ab".repeat(32)));
    let wrong = Evidence { drand_key: Some("short"), ..Evidence::default() };
    assert!(check(&document(&other), &wrong).expect_err("refused").contains("--drand-public-key"));
}

#[test]
fn a_receipt_shows_its_number_in_the_draw_and_its_place_in_the_entries() {
    let order = document(&drawn()).draw().order().expect("drawn");
    let number = order.iter().position(|entry| *entry == 2).expect("there") as u64 + 1;
    let (verdict, read) = found(&drawn(), &receipt_of("ben", 2), Some("ben"));
    assert_eq!((verdict, read.number, read.is_late), (Verdict::AllPassed, Some(QueueNumber(number)), false));
    assert_eq!((read.is_of_user, read.is_in_entries), (Some(true), Some(true)));
    let late_ms = document(&drawn()).draw().closes_at.expect("a time").millis();
    let (verdict, read) = found(&drawn(), &receipt_at("fay", 6, late_ms), Some("fay"));
    assert_eq!((verdict, read.number, read.is_late), (Verdict::AllPassed, Some(QueueNumber(6)), true));
}

#[test]
fn entries_that_were_swapped_struck_or_left_out_of_a_draw_are_found() {
    let (verdict, read) = found(&drawn(), &receipt_of("ben", 4), Some("ben"));
    assert_eq!((verdict, read.is_in_entries), (Verdict::Failed, Some(false)), "another has the entry");
    assert_eq!(found(&drawn(), &receipt_of("cem", 3), None).0, Verdict::Failed, "struck from the list");
    let (verdict, read) = found(&drawn(), &receipt_of("fay", 6), None);
    assert_eq!((verdict, read.is_left_out), (Verdict::Failed, true), "signed long before the closing");
}

#[test]
fn a_receipt_of_another_line_person_or_key_is_refused() {
    let boots =
        key().sign(&"gate:boots".parse().expect("a line"), QueueNumber(2), &UserId::new("ben").expect("one"), 0);
    assert_eq!(found(&drawn(), &boots, None).0, Verdict::Failed);
    assert_eq!(found(&drawn(), &receipt_of("ben", 2), Some("bob")).0, Verdict::Failed);
    assert_eq!(found(&drawn(), &receipt_of("ben", 0), None).0, Verdict::Failed);
    let other = ReceiptKey::read(&"6".repeat(64)).expect("a key").public_hex();
    let text = receipt_of("ben", 2);
    let claim = Claim { receipt: &text, key: &other, user: None };
    let with = |claim| check(&document(&drawn()), &Evidence { claim: Some(claim), ..Evidence::default() });
    let read = with(claim).expect("checked").receipt.expect("there was one");
    assert!(read.refused.is_some_and(|why| why.contains("not that of this key")));
    assert!(with(Claim { key: "short", ..claim }).is_err(), "wrong use");
}

#[test]
fn an_invalid_document_is_refused_with_the_reason() {
    for (wrong, said) in [
        ("", "not a line's document"),
        ("{}", "not a line's document"),
        (r#"{"line":"gate:shoes"}"#, "has no opening draw"),
        (r#"{"line":"a","draw":{"commitment":"","seed":"00","count":null}}"#, "together"),
        (r#"{"line":"a","draw":{"commitment":"","seed":"00","count":4000000000}}"#, "must not exceed"),
    ] {
        let error = Document::parse(wrong).expect_err("refused");
        assert!(error.contains(said), "{error}");
    }
    assert!(entries(&format!("{}\nab\n", "0".repeat(64))).expect_err("refused").contains("line 2"));
}
