//! Every kind of difference, made on purpose, is found and named.

use super::fixture::*;
use crate::check::check;
use crate::records::*;
use crate::violation::Violation;
use domain::id::{PaymentId, RefundId, ReservationId};
use domain::{CouponId, Timestamp};
use std::collections::BTreeSet;
use uuid::Uuid;

type Plant = (&'static str, fn(&mut Books));

fn r(books: &mut Books) -> &mut ReservationBook {
    books.reservation.as_mut().expect("a book")
}

fn p(books: &mut Books) -> &mut PaymentBook {
    books.payment.as_mut().expect("a book")
}

fn c(books: &mut Books) -> &mut Vec<CatalogSeatRow> {
    &mut books.catalog.as_mut().expect("a book").seats
}

fn x(books: &mut Books) -> &mut Vec<ProviderRow> {
    books.provider.as_mut().expect("a book")
}

fn h(books: &mut Books) -> &mut HotBook {
    books.hot.as_mut().expect("a book")
}

fn m(books: &mut Books) -> &mut MessageBook {
    books.messages.as_mut().expect("a book")
}

fn k(books: &mut Books) -> &mut Vec<History> {
    books.histories.as_mut().expect("a book")
}

fn remark(books: &mut Books, person: usize, remark: Remark) {
    k(books)[person].remarks.push(remark);
}

fn strange() -> ReservationId {
    ReservationId(Uuid::from_u128(0x999))
}

const SEATS: [Plant; 9] = [
    ("seat_twice", |books| r(books).seats[2].seat = seat(1)),
    ("seat_without_reservation", |books| r(books).seats[3].reservation = strange()),
    ("seat_of_ended", |books| r(books).seats[5].is_live = true),
    ("seat_not_taken", |books| r(books).seats[0].is_live = false),
    ("reservation_without_seats", |books| {
        r(books).seats.remove(2);
    }),
    ("over_limit", |books| books.seats_max = 1),
    ("slot_twice", |books| r(books).seats[1].slot = Some(1)),
    ("seat_of_other", |books| r(books).seats[3].user = user(9)),
    ("hold_no_falls", |books| r(books).reservations[2].hold_no = 6),
];

const TICKETS: [Plant; 9] = [
    ("ticket_paid_late", |books| p(books).payments[0].paid_at = Some(Timestamp(NOW.millis() + 60_000))),
    ("ticket_unpaid", |books| p(books).payments[0].status = PaymentStatus::Failed),
    ("ticket_paid_twice", |books| {
        let mut second = p(books).payments[0].clone();
        second.id = PaymentId(Uuid::from_u128(0x998));
        p(books).payments.push(second);
    }),
    ("ticket_of_other_payment", |books| r(books).reservations[0].payment = None),
    ("ticket_price", |books| r(books).reservations[0].total_amount += 1),
    ("ticket_hold", |books| p(books).payments[0].hold_no = Some(3)),
    ("ticket_without_number", |books| r(books).reservations[0].ticket_number = None),
    ("ticket_number_twice", |books| {
        let number = r(books).reservations[0].ticket_number.clone();
        r(books).reservations[3].ticket_number = number;
    }),
    ("payment_without_ticket", |books| p(books).payments[1].status = PaymentStatus::Success),
];

const MONEY: [Plant; 12] = [
    ("captured_differs", |books| p(books).payments[0].captured += 1),
    ("refunded_differs", |books| x(books)[1].refunded -= 1),
    ("price_differs", |books| p(books).payments[0].refunded = 1),
    ("money_kept", |books| p(books).payments[2].refunded = 0),
    ("provider_unknown", |books| {
        x(books).push(ProviderRow { key: key(strange()), captured: 5, refunded: 0, refunded_by_hand: 0 });
    }),
    ("sums_differ", |books| x(books)[0].captured -= 1),
    ("payment_pending", |books| p(books).payments[2].status = PaymentStatus::Pending),
    ("hold_overdue", |books| books.now = Timestamp(NOW.millis() + 61_001)),
    ("hold_undecided", |books| r(books).reservations[1].is_secured = true),
    ("refund_open", |books| p(books).refunds[0].is_done = false),
    ("payment_twice", |books| p(books).payments[2].reservation = RETURNED),
    ("refund_twice", |books| {
        let mut second = p(books).refunds[0].clone();
        second.id = RefundId(Uuid::from_u128(0x997));
        p(books).refunds.push(second);
    }),
];

const ELSEWHERE: [Plant; 13] = [
    ("sold_to_nobody", |books| c(books)[2].is_sold = true),
    ("sold_to_other", |books| c(books)[0].sold_to = Some(HOLD)),
    ("not_sold", |books| c(books)[0].is_sold = false),
    ("sold_by_other_hold", |books| c(books)[0].hold_no = Some(3)),
    ("counter_behind", |books| r(books).counter = Some(4)),
    ("hold_no_twice", |books| r(books).reservations[1].hold_no = 4),
    ("hot_without_row", |books| h(books).holds[0].seat = seat(9)),
    ("row_without_hot", |books| h(books).holds.clear()),
    ("key_without_life", |books| h(books).keys_without_life.push("seat:hold:{s}:1".into())),
    ("unpublished", |books| m(books).messages[0].is_published = false),
    ("dead_letter", |books| {
        let letter = DeadLetterRow { message: None, topic: "dlq.payment".into(), reason: "MALFORMED".into() };
        m(books).dead_letters.push(letter);
    }),
    ("untold", |books| drop(m(books).messages.remove(4))),
    ("unheard", |books| {
        let id = m(books).messages[0].id;
        m(books).processed.get_mut(&id).expect("heard").remove("event-payment-consumer");
    }),
];

const PEOPLE: [Plant; 13] = [
    ("ticket_taken", |books| {
        k(books)[3].remarks.remove(2);
        r(books).reservations[3].cancel_reason = Some("PAYMENT_REFUNDED".into());
    }),
    ("hold_ended_early", |books| r(books).reservations[2].cancelled_at = Some(Timestamp(NOW.millis() - 60_001))),
    ("told_paid", |books| remark(books, 1, Remark::Paid { payment: payment(HOLD), reservation: HOLD })),
    ("told_over_money", |books| remark(books, 0, Remark::TooLate { reservation: TICKET })),
    ("told_over_ticket", |books| {
        let failed = Remark::PaymentFailed { payment: payment(TICKET), reservation: TICKET };
        remark(books, 0, failed);
    }),
    ("told_held", |books| {
        let (reservation, schedule) = (strange(), schedule());
        remark(books, 1, Remark::Held { reservation, schedule, until: NOW });
    }),
    ("hold_cut", |books| {
        let until = Timestamp(NOW.millis() + 60_001);
        remark(books, 1, Remark::Held { reservation: HOLD, schedule: schedule(), until });
    }),
    ("ended_unasked", |books| drop(k(books)[3].remarks.remove(2))),
    ("used_refunded", |books| r(books).reservations[3].used_at = Some(NOW)),
    ("unlisted", |books| remark(books, 0, Remark::unlisted("POST /reservations/hold", 500, None))),
    ("coupon_reserved", |books| books.coupons.as_mut().expect("a book")[0].is_redeemed = false),
    ("coupon_used_up", |books| {
        books.coupons.as_mut().expect("a book")[0].coupon = CouponId(Uuid::from_u128(0x996));
    }),
    ("coupon_twice", |books| books.coupons = Some(Vec::new())),
];

fn all() -> impl Iterator<Item = &'static Plant> {
    SEATS.iter().chain(&TICKETS).chain(&MONEY).chain(&ELSEWHERE).chain(&PEOPLE)
}

#[test]
fn every_planted_difference_is_found() {
    for (kind, plant) in all() {
        let mut books = balanced();
        plant(&mut books);
        let found = check(&books);
        assert!(found.violations.iter().any(|one| one.kind() == *kind), "{kind}: {:?}", found.violations);
        for violation in &found.violations {
            assert!(violation.to_string().len() > 20, "a sentence: {violation}");
        }
    }
}

#[test]
fn every_kind_is_planted_and_every_invariant_has_kinds() {
    let planted: BTreeSet<&str> = all().map(|(kind, _)| *kind).collect();
    let known: BTreeSet<&str> = Violation::KINDS.iter().map(|(_, kind)| *kind).collect();
    assert_eq!(planted, known);
    assert_eq!(known.len(), Violation::KINDS.len(), "a kind has one name");
    let invariants: BTreeSet<u8> = Violation::KINDS.iter().map(|(number, _)| *number).collect();
    assert_eq!(invariants, (1..=10).collect());
}

#[test]
fn a_difference_is_written_with_its_kind_and_its_rows() {
    let violation = Violation::RefundTwice {
        payment: payment(TICKET),
        refund_kind: RefundKind::Excess,
        first: RefundId(Uuid::from_u128(1)),
        second: RefundId(Uuid::from_u128(2)),
    };
    let written = serde_json::to_value(&violation).expect("written");
    assert_eq!(written["kind"], "refund_twice");
    assert_eq!(written["refund_kind"], "EXCESS");
    assert_eq!(written["second"], "00000000-0000-0000-0000-000000000002");
    assert_eq!((violation.invariant(), violation.kind()), (5, "refund_twice"));
    assert!(violation.to_string().contains("EXCESS"), "{violation}");
}

/// After a database was put back the reservation hears only that the money was given back; the refund says that its event was
/// cancelled.
#[test]
fn a_ticket_of_a_cancelled_event_is_not_taken_from_anybody() {
    let mut books = balanced();
    k(&mut books)[3].remarks.remove(2);
    r(&mut books).reservations[3].cancel_reason = Some("PAYMENT_REFUNDED".into());
    let is_taken = |books: &Books| check(books).violations.iter().any(|one| one.kind() == "ticket_taken");
    assert!(is_taken(&books));
    for refund in &mut p(&mut books).refunds {
        refund.reason = "EVENT_CANCELLED".into();
    }
    assert!(!is_taken(&books));
}
