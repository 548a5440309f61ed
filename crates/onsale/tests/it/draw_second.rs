//! A draw of a tenant's campaign, checked by a program of another hand: commitment, order, Merkle root (RFC 9162) and receipt
//! (RFC 8032). It was written from `docs/api.md`, so it also shows that the document is enough.

use super::draw::{in_seconds, kept, shut, told};
use serde_json::{Value, json};
use std::io::ErrorKind;
use std::path::Path;
use std::process::{Command, Output};
use testkit::http::Client;
use testkit::onsale::{CAMPAIGNS, World, wait_until};

const PROGRAM: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/it/draw_second.py");
const DRAW: &str = "/queue/admin/gate:acme~fair/draw";
const PEOPLE: usize = 23;

/// What anybody keeps of a draw: the files, the key, a receipt and its user.
struct Kept<'a> {
    folder: &'a Path,
    serving: String,
    entries: String,
    key: String,
    receipt: String,
    user: String,
}

impl Kept<'_> {
    /// `None` without Python.
    fn check(&self) -> Option<Output> {
        let serving = kept(self.folder, "second-serving.json", &self.serving);
        let entries = kept(self.folder, "second-entries.txt", &self.entries);
        let mut command = Command::new("python3");
        command.arg(PROGRAM).arg(serving).arg(entries).args([&self.key, &self.receipt, &self.user]);
        match command.output() {
            Err(error) if error.kind() == ErrorKind::NotFound => {
                testkit::skip("python3 is missing: the second program was not run");
                None
            }
            output => Some(output.expect("it starts")),
        }
    }
}

fn draw(reader: &Client) -> Value {
    reader.get("/queue/serving/gate:acme~fair").ok()["draw"].clone()
}

fn announced(world: &World, shop: &Client) -> Value {
    let campaign = json!({"event_id": "fair", "name": "Sale", "stock": 10, "gated": true, "opens_at": in_seconds(15)});
    shop.make_campaign(&campaign);
    wait_until("the line is there", || shop.get("/queue/serving/gate:acme~fair").status == 200);
    let terms = json!({"randomness": {"kind": "manual", "source": "Lottery 6 of 45, drawing 1,234"}}).to_string();
    let put =
        |client: &Client| client.with("Content-Type", "application/json").call("PUT", DRAW, Some(terms.as_bytes()));
    put(shop).is_error(403, "FORBIDDEN");
    assert_eq!(put(&world.admin()).status, 204);
    wait_until("it is public", || draw(shop) != Value::Null);
    draw(shop)
}

/// All that a tenant can do to a campaign of its own, and all that it cannot.
fn tampered_with(shop: &Client) {
    shop.patch(&format!("{CAMPAIGNS}/fair"), &json!({"opens_at": in_seconds(7_200)}));
    shop.post(&format!("{CAMPAIGNS}/fair/open"));
    shop.call("PUT", DRAW, None).is_error(403, "FORBIDDEN");
    shop.post_json(&format!("{DRAW}/value"), &json!({"value": "1"})).is_error(403, "FORBIDDEN");
    for what in ["pause", "resume"] {
        shop.post(&format!("/queue/admin/gate:acme~fair/{what}")).is_error(403, "FORBIDDEN");
    }
    let rate = br#"{"ratePerSecond":1000000}"#;
    shop.call("PUT", "/queue/admin/gate:acme~fair/rate", Some(rate)).is_error(403, "FORBIDDEN");
}

#[test]
fn a_tenant_cannot_bend_a_draw_and_a_program_of_another_hand_checks_all_of_it() {
    let (world, folder) = (shut(), tempfile::tempdir().expect("a folder"));
    let shop = world.keyed(&["--tenant", "acme"]);
    let terms = announced(&world, &shop);
    let users: Vec<String> = (1..=PEOPLE).map(|number| format!("user-{number}")).collect();
    let enqueue = |user: &String| shop.post(&format!("/gate/events/fair/enqueue?userId={user}")).ok();
    let receipts: Vec<String> =
        users.iter().map(|user| enqueue(user)["receipt"].as_str().expect("a receipt").to_owned()).collect();
    tampered_with(&shop);
    wait_until("the entries are published", || draw(&shop)["root"].is_string());
    tampered_with(&shop);
    assert_eq!(draw(&shop)["seed"], Value::Null, "without the value nothing is drawn");
    let give = world.admin().post_json(&format!("{DRAW}/value"), &json!({"value": "4 8 15 16 23 42"}));
    assert_eq!(give.status, 204, "{}", give.text());
    wait_until("it is drawn", || draw(&shop)["seed"].is_string());
    for fixed in ["commitment", "closesAt"] {
        assert_eq!(draw(&shop)[fixed], terms[fixed], "{fixed}");
    }
    let right = |number: usize| Kept {
        folder: folder.path(),
        serving: shop.get("/queue/serving/gate:acme~fair").text(),
        entries: shop.get("/queue/draw/gate:acme~fair/entries").text(),
        key: world.anyone().get("/queue/receipt-key").ok()["publicKey"].as_str().expect("a key").to_owned(),
        receipt: receipts[number].clone(),
        user: users[number].clone(),
    };
    for number in [0, 7, PEOPLE - 1] {
        let Some(output) = right(number).check() else { return };
        let rank = shop.get(&format!("/gate/events/fair/rank?userId={}", users[number])).ok()["rank"].clone();
        assert_eq!(told(&output, 0).lines().next_back(), Some(format!("receipt {rank}").as_str()));
    }
    let order = told(&right(0).check().expect("Python is there"), 0);
    for (line, ticket) in order.lines().zip(1..=PEOPLE) {
        let entry: usize = line.strip_prefix(&format!("{ticket} ")).expect("the ticket").parse().expect("an entry");
        let rank = shop.get(&format!("/gate/events/fair/rank?userId={}", users[entry - 1])).ok();
        assert_eq!(rank["rank"], ticket, "{line}");
    }
    every_fault_is_found(&right);
}

fn every_fault_is_found<'a>(right: &impl Fn(usize) -> Kept<'a>) {
    let swapped = |text: &str| {
        let mut lines: Vec<&str> = text.lines().collect();
        lines.swap(3, 11);
        lines.join("\n")
    };
    let changed = |change: &dyn Fn(&mut Value)| {
        let mut document: Value = serde_json::from_str(&right(0).serving).expect("JSON");
        change(&mut document);
        document.to_string()
    };
    let zeros = json!("0".repeat(64));
    let signature = right(1).receipt.split_once('.').expect("two parts").1.to_owned();
    let signed = right(0).receipt.split_once('.').expect("two parts").0.to_owned();
    for (what, wrong) in [
        ("entries in another order", Kept { entries: swapped(&right(0).entries), ..right(0) }),
        (
            "an entry less",
            Kept { entries: right(0).entries.lines().skip(1).collect::<Vec<_>>().join("\n"), ..right(0) },
        ),
        ("another seed", Kept { serving: changed(&|document| document["draw"]["seed"] = zeros.clone()), ..right(0) }),
        ("another root", Kept { serving: changed(&|document| document["draw"]["root"] = zeros.clone()), ..right(0) }),
        ("another user", Kept { user: "user-2".to_owned(), ..right(0) }),
        ("another's receipt", Kept { receipt: right(1).receipt, ..right(0) }),
        ("another's signature", Kept { receipt: format!("{signed}.{signature}"), ..right(0) }),
        (
            "another key",
            Kept { key: "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a".into(), ..right(0) },
        ),
    ] {
        let output = wrong.check().expect("Python is there");
        assert_eq!(output.status.code(), Some(1), "{what}: {output:?}");
        assert!(String::from_utf8_lossy(&output.stderr).contains("DOES NOT FIT"), "{what}: {output:?}");
    }
}
