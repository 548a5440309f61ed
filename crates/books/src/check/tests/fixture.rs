//! Books that balance: a ticket with a coupon, a hold, a hold that ended, a ticket that was given back, a payment in vain.

use crate::records::*;
use domain::id::{PaymentId, PaymentKey, RefundId, ReservationId};
use domain::message::topic::topic_of;
use domain::{AccountId, CouponId, ScheduleId, SeatId, Timestamp};
use std::collections::{HashMap, HashSet};
use uuid::Uuid;

pub(super) const NOW: Timestamp = Timestamp(1_800_000_000_000);
pub(super) const PRICE: i64 = 50_000;
pub(super) const DISCOUNT: i64 = 7_000;

pub(super) const TICKET: ReservationId = ReservationId(Uuid::from_u128(0x11));
pub(super) const HOLD: ReservationId = ReservationId(Uuid::from_u128(0x12));
pub(super) const ENDED: ReservationId = ReservationId(Uuid::from_u128(0x13));
pub(super) const RETURNED: ReservationId = ReservationId(Uuid::from_u128(0x14));
pub(super) const IN_VAIN: ReservationId = ReservationId(Uuid::from_u128(0x15));

pub(super) fn schedule() -> ScheduleId {
    ScheduleId(Uuid::from_u128(0x1))
}

pub(super) fn seat(number: u8) -> SeatId {
    SeatId(Uuid::from_u128(0x100 + u128::from(number)))
}

pub(super) fn user(number: u8) -> AccountId {
    AccountId(Uuid::from_u128(0x200 + u128::from(number)))
}

pub(super) fn coupon() -> CouponId {
    CouponId(Uuid::from_u128(0x300))
}

pub(super) fn payment(of: ReservationId) -> PaymentId {
    PaymentId(Uuid::from_u128(0x400 + of.get().as_u128()))
}

pub(super) fn key(of: ReservationId) -> PaymentKey {
    PaymentKey(Uuid::from_u128(0x500 + of.get().as_u128()))
}

fn refund(of: ReservationId) -> RefundRow {
    let id = RefundId(Uuid::from_u128(0x600 + of.get().as_u128()));
    RefundRow { id, payment: payment(of), kind: RefundKind::All, reason: "USER_REQUEST".into(), is_done: true }
}

fn reservation(id: ReservationId, status: ReservationStatus, hold_no: i64) -> ReservationRow {
    ReservationRow {
        id,
        user: user(hold_no as u8),
        schedule: schedule(),
        status,
        total_amount: PRICE,
        hold_expires_at: Timestamp(NOW.millis() + 60_000),
        hold_no,
        payment: None,
        is_secured: false,
        cancel_reason: None,
        cancelled_at: None,
        ticket_number: None,
        used_at: None,
    }
}

fn paid(of: ReservationId, status: PaymentStatus, captured: i64, refunded: i64) -> PaymentRow {
    PaymentRow {
        id: payment(of),
        key: key(of),
        reservation: of,
        user: user(0),
        status,
        amount: PRICE,
        discount: 0,
        coupon: None,
        hold_no: None,
        captured,
        refunded,
        paid_at: Some(NOW),
    }
}

fn row(of: &ReservationRow, number: u8, price: i64) -> SeatRow {
    let (reservation, user) = (of.id, of.user);
    let is_live = of.keeps_seats();
    SeatRow { reservation, schedule: schedule(), seat: seat(number), user, slot: Some(number), price, is_live }
}

fn reservations() -> ReservationBook {
    let ended = |mut row: ReservationRow, reason: &str| {
        row.cancel_reason = Some(reason.into());
        row
    };
    let mut ticket = reservation(TICKET, ReservationStatus::Confirmed, 4);
    (ticket.total_amount, ticket.payment) = (2 * PRICE, Some(payment(TICKET)));
    (ticket.ticket_number, ticket.is_secured) = (Some("T20270115-1".into()), true);
    let hold = reservation(HOLD, ReservationStatus::Pending, 5);
    let mut over = ended(reservation(ENDED, ReservationStatus::Cancelled, 1), "HOLD_EXPIRED");
    over.hold_expires_at = Timestamp(NOW.millis() - 60_000);
    over.cancelled_at = Some(Timestamp(NOW.millis() - 60_000));
    let mut returned = ended(reservation(RETURNED, ReservationStatus::Cancelled, 2), "USER_REQUEST");
    (returned.payment, returned.ticket_number) = (Some(payment(RETURNED)), Some("T20270115-2".into()));
    let mut in_vain = ended(reservation(IN_VAIN, ReservationStatus::Cancelled, 3), "PAYMENT_FAILED");
    in_vain.payment = Some(payment(IN_VAIN));
    // Those that have ended had the seats that the others have now.
    let seats = vec![
        row(&ticket, 1, PRICE),
        row(&ticket, 2, PRICE),
        row(&hold, 3, PRICE),
        row(&over, 1, PRICE),
        row(&returned, 2, PRICE),
        row(&in_vain, 3, PRICE),
    ];
    ReservationBook { reservations: vec![ticket, hold, over, returned, in_vain], seats, counter: Some(5) }
}

fn payments() -> PaymentBook {
    let mut ticket = paid(TICKET, PaymentStatus::Success, 2 * PRICE - DISCOUNT, 0);
    (ticket.amount, ticket.discount) = (2 * PRICE - DISCOUNT, DISCOUNT);
    (ticket.coupon, ticket.hold_no) = (Some(coupon()), Some(4));
    let mut returned = paid(RETURNED, PaymentStatus::Refunded, PRICE, PRICE);
    returned.hold_no = Some(2);
    let in_vain = paid(IN_VAIN, PaymentStatus::Failed, PRICE, PRICE);
    let refunds = vec![refund(RETURNED), refund(IN_VAIN)];
    PaymentBook { payments: vec![ticket, returned, in_vain], refunds }
}

fn catalog() -> CatalogBook {
    let sold = |number, hold_no, to| CatalogSeatRow {
        seat: seat(number),
        schedule: schedule(),
        is_sold: true,
        hold_no: Some(hold_no),
        sold_to: Some(to),
    };
    let free = CatalogSeatRow { seat: seat(3), schedule: schedule(), is_sold: false, hold_no: Some(3), sold_to: None };
    CatalogBook { seats: vec![sold(1, 4, TICKET), sold(2, 4, TICKET), free] }
}

fn provider(payments: &PaymentBook) -> Vec<ProviderRow> {
    let row = |paid: &PaymentRow| {
        let (captured, refunded) = (paid.captured, paid.refunded);
        ProviderRow { key: paid.key, captured, refunded, refunded_by_hand: 0 }
    };
    payments.payments.iter().map(row).collect()
}

fn messages() -> MessageBook {
    let told = [
        ("PaymentSuccess", payment(TICKET).get()),
        ("PaymentSuccess", payment(RETURNED).get()),
        ("PaymentRefunded", payment(RETURNED).get()),
        ("PaymentFailed", payment(IN_VAIN).get()),
        ("ReservationCancelled", ENDED.get()),
        ("ReservationCancelled", RETURNED.get()),
        ("ReservationCancelled", IN_VAIN.get()),
    ];
    let mut book =
        MessageBook { groups: GROUPS.iter().map(|group| group.name.to_owned()).collect(), ..MessageBook::default() };
    let mut processed: HashMap<Uuid, HashSet<String>> = HashMap::new();
    for (number, (kind, aggregate)) in told.into_iter().enumerate() {
        let id = Uuid::from_u128(0x700 + number as u128);
        let topic = topic_of(kind).unwrap_or_default();
        let groups = GROUPS.iter().filter(|group| group.topic == topic);
        processed.insert(id, groups.map(|group| group.name.to_owned()).collect());
        let (kind, topic, aggregate) = (kind.to_owned(), topic.to_owned(), aggregate.to_string());
        book.messages.push(MessageRow { id, kind, aggregate, topic, is_published: true });
    }
    book.processed = processed;
    book
}

fn histories() -> Vec<History> {
    let of = |number, remarks| History { user: Some(user(number)), remarks };
    let held = |reservation, until_ms| Remark::Held {
        reservation,
        schedule: schedule(),
        until: Timestamp(NOW.millis() + until_ms),
    };
    vec![
        of(4, vec![held(TICKET, 60_000), Remark::Paid { payment: payment(TICKET), reservation: TICKET }]),
        of(5, vec![held(HOLD, 60_000)]),
        of(1, vec![held(ENDED, -60_000), Remark::TooLate { reservation: ENDED }]),
        of(
            2,
            vec![
                held(RETURNED, 60_000),
                Remark::Paid { payment: payment(RETURNED), reservation: RETURNED },
                Remark::Cancelled { reservation: RETURNED },
            ],
        ),
        of(3, vec![Remark::PaymentFailed { payment: payment(IN_VAIN), reservation: IN_VAIN }]),
    ]
}

/// All of them.
pub(super) fn balanced() -> Books {
    let payment = payments();
    let hold = HoldRow {
        schedule: schedule(),
        seat: seat(3),
        reservation: HOLD,
        user: user(5),
        until: Some(Timestamp(NOW.millis() + 60_000)),
    };
    Books {
        now: NOW,
        seats_max: SEATS_MAX,
        reservation: Some(reservations()),
        catalog: Some(catalog()),
        provider: Some(provider(&payment)),
        payment: Some(payment),
        hot: Some(HotBook { schedules: vec![schedule()], holds: vec![hold], keys_without_life: Vec::new() }),
        messages: Some(messages()),
        coupons: Some(vec![CouponRow { coupon: coupon(), payment: self::payment(TICKET), is_redeemed: true }]),
        histories: Some(histories()),
    }
}
