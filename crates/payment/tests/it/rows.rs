//! The rows on every database: what is kept comes back, and what must never be is refused by the database itself.

use crate::desk::Desk;
use domain::id::{PaymentKey, ReservationId, ScheduleId, SeatId};
use domain::payment::steps::Changed;
use domain::payment::{
    AskId, Asking, Begin, CancelNote, Card, CouponState, CouponUse, FailureReason, Payment, PaymentStatus, RefundKind,
    RefundStatus, Told, ToldCode,
};
use domain::{AccountId, CouponId, PaymentId, Timestamp};
use ledger::LedgerError;
use ledger_testkit::{Site, on_every_database};
use payment::rows::{payments, refunds};
use payment::steps::{PaymentSteps, StepOutcome};
use uuid::Uuid;

on_every_database!(
    every_fact_comes_back,
    one_payment_a_reservation_and_a_key_for_ever,
    a_refund_of_a_kind_is_owed_once_and_again_after_it_was_done,
    what_must_never_be_is_refused,
);

fn begin() -> Begin {
    Begin {
        id: PaymentId(Uuid::new_v4()),
        key: PaymentKey(Uuid::new_v4()),
        reservation: ReservationId(Uuid::new_v4()),
        user: AccountId(Uuid::new_v4()),
        schedule: ScheduleId(Uuid::new_v4()),
        seats: vec![SeatId(Uuid::new_v4()), SeatId(Uuid::new_v4())],
        total_amount: 1_000_000_000,
        discount: 1,
        coupon: Some(CouponId(Uuid::new_v4())),
        hold_no: i64::MAX,
        hold_expires_at: Timestamp(1_800_000_300_123),
    }
}

/// Every field has a value.
fn full() -> Payment {
    let at = |ms: i64| Some(Timestamp(1_800_000_000_000 + ms));
    let coupon = CouponUse {
        coupon: CouponId(Uuid::new_v4()),
        discount: 1,
        state: CouponState::Releasing,
        due_at: at(1),
        tries: 3,
    };
    Payment {
        coupon: Some(coupon),
        status: PaymentStatus::Failed,
        registered_at: at(2),
        asking: Some(Asking { by: AskId(Uuid::new_v4()), until: Timestamp(1_800_000_015_999) }),
        told: Some(Told { at: Timestamp(1_800_000_000_004), code: ToldCode::NotPayable }),
        cancelled: Some(CancelNote { reason: "태풍 EVENT_CANCELLED".into(), hold_no: Some(9) }),
        transaction_sent: Some("sent".into()),
        transaction: Some("거래".into()),
        first_paid_at: at(5),
        paid_at: at(6),
        captured_amount: 999_999_999,
        refunded_amount: 999_999_998,
        failure: Some(FailureReason::CurrencyMismatch),
        failed_at: at(7),
        refunded_at: at(8),
        card: Some(Card { name: Some("신한카드".into()), number: Some("1234-****-****-5678".into()) }),
        response: Some("{\"status\":\"PAID\"}".into()),
        due_at: at(9),
        looked_at: at(10),
        tries: 11,
        ..Payment::adopt(begin(), false, Timestamp(1_800_000_000_000))
    }
}

async fn made(steps: &PaymentSteps, payment: Payment) -> Payment {
    let (id, new) = (payment.id, payment);
    match steps.make(id, move |_| new.clone()).await.expect("stored") {
        StepOutcome::Done(payment) => *payment,
        other => panic!("{other:?}"),
    }
}

async fn every_fact_comes_back(site: Site) {
    let desk = Desk::on(site).await;
    let steps = PaymentSteps::start(&desk.ledger);
    let full = made(&steps, full()).await;
    assert_eq!(desk.read(full.id).await, full);
    // Changed again, and every field emptied that can be.
    let bare = Payment { status: PaymentStatus::Pending, ..Payment::begin(begin(), AskId(Uuid::nil()), Timestamp(1)) };
    let (id, key, reservation, user, created_at) = (full.id, full.key, full.reservation, full.user, full.created_at);
    let bare = Payment { id, key, reservation, user, created_at, asking: None, due_at: None, ..bare };
    let after = bare.clone();
    let outcome = steps.change(id, move |_, _| Ok(Changed::quietly(after.clone()))).await.expect("stored");
    assert_eq!(outcome, StepOutcome::Done(Box::new(bare.clone())));
    assert_eq!(desk.read(id).await, bare);
    let by_key = payments::by_key(&desk.ledger, key).await.expect("read").expect("there");
    assert_eq!(by_key.payment, bare);
    assert!(!by_key.correlation_id.is_empty());
    assert_eq!(payments::max_hold_no(&desk.ledger).await, Ok(i64::MAX));
}

async fn one_payment_a_reservation_and_a_key_for_ever(site: Site) {
    let desk = Desk::on(site).await;
    let steps = PaymentSteps::start(&desk.ledger);
    let first = made(&steps, Payment::adopt(begin(), false, Timestamp(1))).await;
    for (reservation, key) in [(true, false), (false, true)] {
        let mut other = Payment::adopt(begin(), false, Timestamp(1));
        if reservation {
            other.reservation = first.reservation;
        }
        if key {
            other.key = first.key;
        }
        let id = other.id;
        let outcome = steps.make(id, move |_| other.clone()).await;
        assert!(matches!(outcome, Err(LedgerError::Conflict(_))), "{outcome:?}");
    }
    let again = Payment::adopt(Begin { id: first.id, ..begin() }, false, Timestamp(1));
    let outcome = steps.make(first.id, move |_| again.clone()).await.expect("answered");
    assert_eq!(outcome, StepOutcome::Exists(Box::new(first.clone())));
    assert_eq!(desk.read(first.id).await, first);
}

async fn a_refund_of_a_kind_is_owed_once_and_again_after_it_was_done(site: Site) {
    let desk = Desk::on(site).await;
    let bought = desk.bought().await;
    let owe = |reason: &'static str| {
        let steps = PaymentSteps::start(&desk.ledger);
        async move {
            let owe = move |payment: &Payment, now| Ok(payment.reservation_cancelled(reason, None, now).expect("owed"));
            steps.change(bought.id, owe).await.expect("stored")
        }
    };
    futures::future::join_all(["USER_REQUEST", "EVENT_CANCELLED", "LATE_PAYMENT"].map(owe)).await;
    let owed = desk.refunds(bought.id).await;
    assert_eq!(owed.len(), 1, "whoever asks first (hole 18)");
    assert_eq!((owed[0].kind, owed[0].status, owed[0].attempts), (RefundKind::All, RefundStatus::Requested, 0));
    desk.rounds(3).await;
    let done = desk.refunds(bought.id).await;
    assert_eq!((done[0].status, done[0].due_at), (RefundStatus::Done, None));
    assert_eq!(refunds::due(&desk.ledger, Timestamp(i64::MAX / 2), 10).await, Ok(vec![]));
    // Money that is taken once more is owed under the same row, and its keys go on.
    desk.door(&format!("/payments/{}/capture", bought.key), serde_json::json!({"amount": 7})).await;
    desk.pass_ms(25 * 3_600_000);
    desk.rounds(4).await;
    let again = desk.refunds(bought.id).await;
    assert_eq!((again.len(), again[0].status, again[0].id), (1, RefundStatus::Done, done[0].id));
    assert!(again[0].attempts > done[0].attempts);
    let books = desk.books(&bought.key).await;
    assert_eq!(books["captured"], books["refunded"]);
}

async fn what_must_never_be_is_refused(site: Site) {
    let desk = Desk::on(site).await;
    let bought = desk.bought().await;
    let (raw, id) = (desk.raw().await, desk.site.engine.uuid(bought.id.get().as_u128()));
    for change in [
        "status = 'DONE'",
        "paid_at = NULL",
        "portone_transaction_id = NULL",
        "status = 'FAILED'",
        "status = 'REFUNDED'",
        "amount = 0",
        "discount = -1",
        "refunded_amount = captured_amount + 1",
        "refunded_amount = -1",
        "coupon_state = 'RESERVED'",
        "user_id = NULL",
    ] {
        let refused = raw.run(&format!("UPDATE payments SET {change} WHERE id = {id}")).await;
        assert!(refused.is_err(), "{change}");
    }
    let refund = |kind: &str, status: &str, of: &str| {
        format!(
            "INSERT INTO refunds (id, payment_id, kind, amount, reason, status, attempt, tries, correlation_id, created_at) \
             VALUES ({}, {of}, '{kind}', 1, 'x', '{status}', 0, 0, 't', '2026-12-01 00:00:00')",
            desk.site.engine.uuid(Uuid::new_v4().as_u128())
        )
    };
    raw.run(&refund("ALL", "REQUESTED", &id)).await.expect("owed");
    for (why, line) in [
        ("twice", refund("ALL", "REQUESTED", &id)),
        ("another kind", refund("HALF", "REQUESTED", &id)),
        ("another status", refund("EXCESS", "LOST", &id)),
        ("done without a time", refund("EXCESS", "DONE", &id)),
        ("of no payment", refund("ALL", "REQUESTED", &desk.site.engine.uuid(7))),
    ] {
        assert!(raw.run(&line).await.is_err(), "{why}");
    }
}
