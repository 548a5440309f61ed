//! The steps of a coupon: decided together, stored with their messages.

use crate::support::{Books, campaign, issued, tenant};
use coupon::rows::campaigns;
use coupon::rows::coupons::{self, KeptCoupon};
use coupon::steps::{CouponStep, CouponSteps, StepOutcome, Wish};
use domain::coupon::redemption::{NotApplicable, Refusal, Use};
use domain::message::{CouponIssued, event_type};
use domain::{Campaign, CouponId, CouponStatus, Timestamp};
use futures::future::join_all;
use ledger::group::GroupCommit;
use ledger::outbox;
use ledger_testkit::{Site, on_every_database};
use uuid::Uuid;

on_every_database!(
    steps_are_stored_with_their_messages,
    only_one_of_many_concurrent_orders_reserves_the_coupon,
    another_tenant_finds_nothing,
    a_returned_number_is_given_again_but_not_to_the_same_user,
    steps_of_many_callers_have_the_outcomes_of_one_by_one,
    an_order_that_hears_that_the_coupon_does_not_apply_holds_nothing,
    a_coupon_that_comes_back_after_its_end_is_expired,
);

const COUPON: CouponId = CouponId(Uuid::from_u128(1));
const HOLD_SECONDS: i64 = 900;

async fn one_coupon(site: Site) -> (Books, Campaign) {
    let (books, sale) = Books::with_campaign(site, 10, 2).await;
    assert_eq!(books.keep(&[issued(&sale, 1)]).await, []);
    (books, sale)
}

async fn read(books: &Books, sale: &Campaign) -> KeptCoupon {
    coupons::find(&books.ledger, &sale.id.tenant, COUPON).await.expect("read").expect("there")
}

fn reserve(order: &str) -> Wish {
    Wish::Reserve { order: order.to_owned(), amount: 5_000, hold_seconds: HOLD_SECONDS }
}

fn confirm(order: &str) -> Wish {
    Wish::Confirm { order: order.to_owned() }
}

/// The kinds of messages that wait, in order.
async fn messages(books: &Books) -> Vec<String> {
    let waiting = outbox::next(&books.ledger, 100_000).await.expect("read");
    waiting.into_iter().map(|one| one.envelope.event_type).collect()
}

async fn steps_are_stored_with_their_messages(site: Site) {
    let (books, sale) = one_coupon(site).await;
    assert_eq!(read(&books, &sale).await.usage, Use::issued(Timestamp(1_700_000_000_001)));
    for (wish, status, expected) in [
        (reserve("a"), CouponStatus::Reserved, vec![]),
        (Wish::Cancel { order: "a".into() }, CouponStatus::Issued, vec![]),
        (reserve("a"), CouponStatus::Reserved, vec![]),
        (confirm("a"), CouponStatus::Redeemed, vec![event_type::COUPON_REDEEMED]),
        (confirm("a"), CouponStatus::Redeemed, vec![event_type::COUPON_REDEEMED]),
        (
            Wish::Undo { order: "a".into() },
            CouponStatus::Issued,
            vec![event_type::COUPON_REDEEMED, event_type::COUPON_REDEMPTION_UNDONE],
        ),
    ] {
        let outcome = books.step(&sale, COUPON, wish.clone()).await;
        let StepOutcome::Done(kept, usage) = outcome else { panic!("{wish:?}: {outcome:?}") };
        assert_eq!((*kept, usage.status), (read(&books, &sale).await, status), "{wish:?}");
        assert_eq!(messages(&books).await, expected, "{wish:?}");
    }
}

async fn only_one_of_many_concurrent_orders_reserves_the_coupon(site: Site) {
    let (books, sale) = one_coupon(site).await;
    // Machines of their own, as on many servers.
    let orders: Vec<String> = (0..8).map(|number| format!("order-{number}")).collect();
    let outcomes = join_all(orders.iter().map(|order| books.step(&sale, COUPON, reserve(order)))).await;
    let done = outcomes.iter().filter(|outcome| matches!(outcome, StepOutcome::Done(..))).count();
    let refused = outcomes.iter().filter(|outcome| **outcome == StepOutcome::Refused(Refusal::Reserved)).count();
    assert_eq!((done, refused), (1, 7), "{outcomes:?}");
}

async fn another_tenant_finds_nothing(site: Site) {
    let (books, sale) = one_coupon(site).await;
    let step = CouponStep { tenant: tenant("other"), coupon: COUPON, wish: Wish::Revoke { return_to_stock: true } };
    let outcome = GroupCommit::start(&books.ledger, CouponSteps).run(step).await;
    assert_eq!(outcome, Ok(StepOutcome::NoCoupon));
    assert_eq!(read(&books, &sale).await.usage.status, CouponStatus::Issued);
    let missing = books.step(&sale, CouponId(Uuid::from_u128(99)), confirm("a")).await;
    assert_eq!(missing, StepOutcome::NoCoupon);
}

async fn a_returned_number_is_given_again_but_not_to_the_same_user(site: Site) {
    let (books, sale) = one_coupon(site).await;
    let revoked = books.step(&sale, COUPON, Wish::Revoke { return_to_stock: true }).await;
    assert!(matches!(revoked, StepOutcome::Done(..)), "{revoked:?}");
    let row = read(&books, &sale).await;
    assert_eq!((row.serial, row.former_serial, row.usage.status), (None, Some(1), CouponStatus::Revoked));
    let (event_id, coupon) = issued(&sale, 2);
    let again = CouponIssued { serial: 1, ..coupon };
    let same_user = CouponIssued { user_id: "u1".into(), coupon_id: CouponId(Uuid::from_u128(3)), ..again.clone() };
    assert_eq!(books.keep(&[(event_id, same_user)]).await.len(), 1, "a revoked coupon still counts for its holder");
    assert_eq!(books.keep(&[(event_id, again)]).await, []);
    assert_eq!(books.keep(&[issued(&sale, 1)]).await, [], "the first message again: kept already, as revoked");
    let counts = coupons::counts(&books.ledger, &sale.id).await.expect("counted");
    assert_eq!((counts.issued, counts.revoked, counts.kept()), (1, 1, 2));
}

async fn an_order_that_hears_that_the_coupon_does_not_apply_holds_nothing(site: Site) {
    let books = Books::open(site).await;
    let mut sale = campaign("shop", "sale", 10);
    sale.terms.min_order_amount = 1_000;
    campaigns::create(&books.ledger, &sale).await.expect("created");
    assert_eq!(books.keep(&[issued(&sale, 1)]).await, []);
    let again = Wish::Reserve { order: "a".into(), amount: 999, hold_seconds: HOLD_SECONDS };
    let small = StepOutcome::Refused(Refusal::NotApplicable(NotApplicable::MinOrderAmount));
    let machine = GroupCommit::start(&books.ledger, CouponSteps);
    let step = |wish: &Wish| CouponStep { tenant: sale.id.tenant.clone(), coupon: COUPON, wish: wish.clone() };
    for together in [false, true] {
        let wishes = [reserve("a"), again.clone(), confirm("a"), again.clone()];
        let outcomes = if together {
            join_all(wishes.iter().map(|wish| machine.run(step(wish)))).await
        } else {
            let mut outcomes = Vec::new();
            for wish in &wishes {
                outcomes.push(machine.run(step(wish)).await);
            }
            outcomes
        };
        let outcomes: Vec<StepOutcome> = outcomes.into_iter().map(|outcome| outcome.expect("decided")).collect();
        assert!(matches!(outcomes[0], StepOutcome::Done(..)), "{outcomes:?}");
        let rest = [small.clone(), StepOutcome::Refused(Refusal::NotReserved), small.clone()];
        assert_eq!(outcomes[1..], rest, "together: {together}");
        assert_eq!(read(&books, &sale).await.usage, Use::issued(Timestamp(1_700_000_000_001)), "together: {together}");
    }
    assert_eq!(messages(&books).await, Vec::<String>::new());
}

async fn a_coupon_that_comes_back_after_its_end_is_expired(site: Site) {
    let clock = clock::set(Timestamp(1_700_000_000_789));
    let books = Books::open(site).await;
    let mut sale = campaign("shop", "sale", 10);
    sale.terms.valid_until = Some(clock::now().plus_seconds(60));
    campaigns::create(&books.ledger, &sale).await.expect("created");
    assert_eq!(books.keep(&[issued(&sale, 1), issued(&sale, 2)]).await, []);
    let cancelled = CouponId(Uuid::from_u128(2));
    books.step(&sale, COUPON, reserve("a")).await;
    books.step(&sale, COUPON, confirm("a")).await;
    books.step(&sale, cancelled, reserve("b")).await;
    clock.advance(std::time::Duration::from_secs(61));
    let undo = Wish::Undo { order: "a".into() };
    let cancel = Wish::Cancel { order: "b".into() };
    for (coupon, wish) in [(COUPON, undo), (cancelled, cancel)] {
        for time in ["first", "again"] {
            let outcome = books.step(&sale, coupon, wish.clone()).await;
            let StepOutcome::Done(kept, usage) = outcome else { panic!("{wish:?}: {outcome:?}") };
            assert_eq!(usage.status, CouponStatus::Expired, "{wish:?}, {time}");
            assert_eq!(kept.usage.status, CouponStatus::Issued, "no row says that a coupon is expired");
        }
    }
}

/// Coupons of a campaign in the next test.
const COUPONS: u32 = 40;

/// A history that is the same each time: steps of a few orders on the coupons from `first` on.
fn history(sale: &Campaign, first: u32) -> Vec<CouponStep> {
    // A generator of Knuth's, so that the test needs no other randomness.
    let mut state: u64 = 42;
    let mut next = |below: u64| {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 33) % below
    };
    let step = |_| {
        let coupon = CouponId(Uuid::from_u128(u128::from(first) + u128::from(next(u64::from(COUPONS)))));
        let order = format!("order-{}", next(3));
        let wish = match next(10) {
            0..4 => Wish::Reserve { order, amount: 1_000 * next(3) as i64, hold_seconds: HOLD_SECONDS },
            4..7 => Wish::Confirm { order },
            7 => Wish::Cancel { order },
            8 => Wish::Undo { order },
            _ => Wish::Revoke { return_to_stock: next(2) == 0 },
        };
        CouponStep { tenant: sale.id.tenant.clone(), coupon, wish }
    };
    (0..600).map(step).collect()
}

/// An outcome without what differs between two campaigns.
fn comparable(outcome: &StepOutcome) -> String {
    match outcome {
        StepOutcome::Done(kept, usage) => {
            let usage = Use { issued_at: Timestamp(0), ..usage.clone() };
            format!("{:?} {:?} {usage:?}", kept.serial.is_some(), kept.usage.status)
        }
        other => format!("{other:?}"),
    }
}

async fn steps_of_many_callers_have_the_outcomes_of_one_by_one(site: Site) {
    let _clock = clock::set(Timestamp(1_700_000_100_789));
    let books = Books::open(site).await;
    let machine = GroupCommit::start(&books.ledger, CouponSteps);
    let mut outcomes = Vec::new();
    for (name, first, together) in [("one", 1_000, false), ("many", 2_000, true)] {
        let mut sale = campaign("shop", name, 10_000);
        // An amount of 0 is refused, for an order that holds the coupon, too.
        sale.terms.min_order_amount = 1_000;
        campaigns::create(&books.ledger, &sale).await.expect("created");
        let given: Vec<_> = (first..first + COUPONS).map(|serial| issued(&sale, serial)).collect();
        assert_eq!(books.keep(&given).await, []);
        let steps = history(&sale, first);
        let before = messages(&books).await.len();
        let heard = if together {
            // Each call is begun in turn, so the lanes have the order of the history.
            join_all(steps.into_iter().map(|step| machine.run(step))).await
        } else {
            let mut heard = Vec::new();
            for step in steps {
                heard.push(machine.run(step).await);
            }
            heard
        };
        let heard: Vec<String> = heard.iter().map(|outcome| comparable(outcome.as_ref().expect("decided"))).collect();
        let rows = coupons::entries(&books.ledger, &sale.id, None, 1_000).await.expect("read");
        let states: Vec<bool> = rows.iter().map(|row| row.revoked).collect();
        outcomes.push((heard, states, messages(&books).await.len() - before));
    }
    assert_eq!(outcomes[0], outcomes[1]);
    assert!(outcomes[0].2 > 20, "the history does something");
}
