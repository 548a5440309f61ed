use super::*;
use crate::rush::answer::CouponRef;
use domain::{CouponId, Timestamp};
use serde_json::json;
use uuid::Uuid;

const STOCK: u32 = 3;

fn yes(n: u32) -> Yes {
    Yes { user: n, held: CouponRef { coupon_id: CouponId(Uuid::from_u128(n.into())), serial: n } }
}

fn sale() -> Sale {
    Sale {
        campaign: "sale".into(),
        stock: STOCK,
        made: true,
        issued_before: 0,
        started_at: Timestamp(0),
        warnings: Vec::new(),
    }
}

fn book() -> Book {
    Book {
        event_id: "sale".into(),
        stock: STOCK,
        hot_count: 3,
        ledger_count: 3,
        in_flight: 0,
        balances: true,
        findings: Vec::new(),
    }
}

fn sound<'a>(sale: &'a Sale, heard: &'a [Yes]) -> Evidence<'a> {
    Evidence {
        sale,
        users: 10,
        unanswered: 0,
        served: heard.len() as u64,
        heard,
        standing: CampaignStatus { remaining_stock: 0, total_participants: 3, status: "sold_out".into() },
        lookups: Lookups { right: heard.len() as u64, ..Lookups::default() },
        book: Ok(book()),
    }
}

fn red(evidence: &Evidence<'_>) -> Vec<String> {
    judge(evidence).into_iter().filter(|check| check.status == CheckStatus::Failed).map(|check| check.id).collect()
}

#[test]
fn correct_records_pass_every_check() {
    let (sale, heard) = (sale(), [yes(1), yes(2), yes(3)]);
    let evidence = sound(&sale, &heard);
    assert!(judge(&evidence).iter().all(|check| check.status == CheckStatus::Passed));
}

#[test]
fn each_fault_fails_its_check() {
    type Plant = fn(&mut Evidence<'_>);
    let (sale, heard) = (sale(), [yes(1), yes(2), yes(3)]);
    let cases: [(Plant, &str); 12] = [
        (|e| e.book = Ok(Book { hot_count: 4, ledger_count: 4, ..book() }), "issued_exactly"),
        (|e| e.book = Ok(Book { hot_count: 2, ledger_count: 2, ..book() }), "issued_exactly"),
        (|e| plant(e, "duplicate_serial"), "no_serial_twice"),
        (|e| plant(e, "over_limit"), "no_user_twice"),
        (|e| e.standing.total_participants = 2, "no_user_twice"),
        (|e| e.lookups.doubled = 1, "no_user_twice"),
        (|e| plant(e, "serial_beyond_stock"), "serials_within_stock"),
        (|e| e.lookups = Lookups { right: 2, wrong: 1, ..Lookups::default() }, "heard_is_kept"),
        (|e| e.served = 2, "heard_is_kept"),
        (|e| plant(e, "missing"), "hot_is_database"),
        (|e| e.book = Ok(Book { in_flight: 1, ..book() }), "hot_is_database"),
        (|e| e.standing.remaining_stock = 1, "stock_adds_up"),
    ];
    for (plant, id) in cases {
        let mut evidence = sound(&sale, &heard);
        plant(&mut evidence);
        let red = red(&evidence);
        assert!(red.contains(&id.to_owned()), "{id} is not in {red:?}");
    }
}

fn plant(evidence: &mut Evidence<'_>, kind: &str) {
    evidence.book = Ok(Book { balances: false, findings: vec![json!({ "kind": kind })], ..book() });
}

#[test]
fn the_responses_alone_can_fail_a_check() {
    let sale = sale();
    let serial = |user, serial| Yes { user, held: CouponRef { serial, ..yes(user).held } };
    assert_eq!(red(&sound(&sale, &[yes(1), yes(2), serial(3, 2)])), ["no_serial_twice"]);
    assert_eq!(red(&sound(&sale, &[yes(1), yes(2), serial(3, 4)])), ["serials_within_stock"]);
    assert_eq!(red(&sound(&sale, &[yes(1), yes(2), serial(3, 0)])), ["serials_within_stock"]);
    let again = Yes { user: 2, ..yes(3) };
    assert_eq!(red(&sound(&sale, &[yes(1), yes(2), again])), ["no_user_twice"]);
}

#[test]
fn users_without_a_response_may_or_may_not_hold_a_coupon() {
    let (sale, heard) = (sale(), [yes(1), yes(2)]);
    let mut evidence = sound(&sale, &heard);
    evidence.unanswered = 1;
    assert_eq!(red(&evidence), Vec::<String>::new(), "the user that gave up may hold the third coupon");
    evidence.users = 3;
    evidence.book = Ok(Book { hot_count: 2, ledger_count: 2, ..book() });
    evidence.standing = CampaignStatus { remaining_stock: 1, total_participants: 2, status: "active".into() };
    assert_eq!(red(&evidence), Vec::<String>::new(), "or no user holds it");
}

#[test]
fn without_a_key_the_database_check_is_skipped() {
    let (sale, heard) = (sale(), [yes(1), yes(2), yes(3)]);
    let evidence = Evidence { book: Err("no key".into()), ..sound(&sale, &heard) };
    let checks = judge(&evidence);
    let skipped: Vec<_> = checks.iter().filter(|check| check.status == CheckStatus::Skipped).collect();
    assert_eq!(skipped.len(), 1);
    assert_eq!((skipped[0].id.as_str(), skipped[0].found.as_str()), ("hot_is_database", "no key"));
    assert_eq!(red(&evidence), Vec::<String>::new());
}
