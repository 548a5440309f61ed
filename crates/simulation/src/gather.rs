//! The books at the end, for the checker.

use crate::world::bus::DeadLetter;
use crate::world::instance::Role;
use crate::world::messages::Rows;
use crate::world::{Shared, World};
use books::Books;
use books::records::{
    CatalogBook, CatalogSeatRow, DeadLetterRow, History, HoldRow, HotBook, MessageBook, MessageRow, PaymentBook,
    PaymentRow, ProviderRow, RefundRow, Remark, ReservationBook, ReservationRow, SeatRow,
};
use domain::id::PaymentKey;
use domain::payment::{Payment, RefundStatus};
use domain::reservation::Reservation;
use domain::seat::HoldEnd;

/// Groups that are played.
const GROUPS: [&str; 5] = [
    "reservation-payment-consumer",
    "reservation-event-consumer",
    "payment-reservation-consumer",
    "event-payment-consumer",
    "event-reservation-consumer",
];

/// All books.
pub(crate) fn books(world: &Shared) -> Books {
    let mut books = Books::at(world.reservation.now());
    books.reservation = Some(reservations(world));
    books.payment = Some(payments(world));
    books.catalog = Some(catalog(world));
    books.provider = Some(provider(world));
    books.hot = Some(hot(world));
    books.messages = Some(messages(world));
    books.coupons = Some(Vec::new());
    books.histories = Some(histories(world));
    books
}

fn reservations(world: &World) -> ReservationBook {
    world.reservation.look(|rows| ReservationBook {
        reservations: rows.book.iter().map(reservation).collect(),
        seats: rows.book.iter().flat_map(seats).collect(),
        counter: Some(rows.book.hold_no()),
    })
}

fn reservation(of: &Reservation) -> ReservationRow {
    ReservationRow {
        id: of.id,
        user: of.user,
        schedule: of.schedule,
        status: of.status,
        total_amount: of.total_amount,
        hold_expires_at: of.hold_expires_at,
        hold_no: of.hold_no,
        payment: of.claim.map(|claim| claim.payment),
        is_secured: of.is_secured(),
        cancel_reason: of.cancel_reason.map(|reason| reason.as_str().to_owned()),
        cancelled_at: of.cancelled_at,
        ticket_number: of.ticket_number.map(|number| number.to_string()),
        used_at: of.used.as_ref().map(|mark| mark.at),
    }
}

fn seats(of: &Reservation) -> Vec<SeatRow> {
    let row = |seat: &domain::reservation::ReservedSeat| SeatRow {
        reservation: of.id,
        schedule: of.schedule,
        seat: seat.seat,
        user: of.user,
        slot: Some(seat.slot),
        price: seat.price,
        is_live: seat.is_live,
    };
    of.seats.iter().map(row).collect()
}

fn payments(world: &World) -> PaymentBook {
    // A payment that is looked up again may have another moment, where the provider tells none.
    let is_restored = world.forgotten.borrow().iter().any(|(role, ..)| *role == Role::Payment);
    let payment = |of: &Payment| {
        let row = payment(of);
        PaymentRow { paid_at: row.paid_at.filter(|_| !is_restored), ..row }
    };
    world.payment.look(|rows| {
        let refund = |refund: &domain::payment::refund::Refund| RefundRow {
            id: refund.id,
            payment: refund.payment,
            kind: refund.kind,
            reason: refund.reason.clone(),
            is_done: refund.status == RefundStatus::Done,
        };
        PaymentBook {
            payments: rows.payments.values().map(&payment).collect(),
            refunds: rows.refunds.values().map(refund).collect(),
        }
    })
}

fn payment(of: &Payment) -> PaymentRow {
    PaymentRow {
        id: of.id,
        key: of.key,
        reservation: of.reservation,
        user: of.user,
        status: of.status,
        amount: of.amount,
        discount: of.discount(),
        coupon: of.coupon.map(|coupon| coupon.coupon),
        hold_no: Some(of.hold_no),
        captured: of.captured_amount,
        refunded: of.refunded_amount,
        paid_at: of.paid_at,
    }
}

fn catalog(world: &World) -> CatalogBook {
    world.catalog.look(|rows| {
        let row = |(seat, state): (&domain::SeatId, &_)| CatalogSeatRow::new(*seat, world.show.schedule, *state);
        CatalogBook { seats: rows.seats.iter().map(row).collect() }
    })
}

fn provider(world: &World) -> Vec<ProviderRow> {
    let row = |(key, record): (PaymentKey, crate::world::provider::Record)| ProviderRow {
        key,
        captured: record.captured(),
        refunded: record.refunded(),
        refunded_by_hand: record.refunded_by_hand(),
    };
    world.provider.records().into_iter().map(row).collect()
}

fn hot(world: &World) -> HotBook {
    let schedule = world.show.schedule;
    // Ends are rests of the engine's clock.
    let off_ms = world.reservation.now().millis() - world.hot.now().millis();
    let row = |(seat, hold): (domain::SeatId, domain::seat::SeatHold)| HoldRow {
        schedule,
        seat,
        reservation: hold.reservation,
        user: hold.user,
        until: match hold.end {
            HoldEnd::At(until) => Some(domain::Timestamp(until.millis() + off_ms)),
            HoldEnd::Kept => None,
        },
    };
    let holds = world.hot.stands(schedule).holds.into_iter().map(row).collect();
    HotBook { schedules: vec![schedule], holds, keys_without_life: Vec::new() }
}

fn messages(world: &World) -> MessageBook {
    let mut book =
        MessageBook { groups: GROUPS.iter().map(|name| (*name).to_owned()).collect(), ..MessageBook::default() };
    world.reservation.look(|rows| add(&mut book, rows));
    world.payment.look(|rows| add(&mut book, rows));
    world.catalog.look(|rows| add(&mut book, rows));
    for letter in world.bus.dead_letters.borrow().iter() {
        let DeadLetter { message, group, .. } = letter;
        let reason = group.unwrap_or("relay").to_owned();
        book.dead_letters.push(DeadLetterRow { message: Some(message.id), topic: message.topic().to_owned(), reason });
        book.named_dead_letters.insert(message.id);
    }
    book
}

fn add<R: Rows>(book: &mut MessageBook, rows: &R) {
    for row in &rows.messages().outbox {
        book.messages.push(MessageRow {
            id: row.message.id,
            kind: row.message.kind().to_owned(),
            aggregate: row.message.aggregate.to_string(),
            topic: row.message.topic().to_owned(),
            is_published: row.is_published,
        });
    }
    for (group, id) in &rows.messages().processed {
        book.processed.entry(*id).or_default().insert((*group).to_owned());
    }
}

/// What people remember, without what a database had said in the time that it has lost and what nobody else keeps: a hold, a
/// cancellation, that it is too late. What a payment has come to is found again, so it stays.
fn histories(world: &World) -> Vec<History> {
    let forgotten = world.forgotten.borrow();
    let heard_at_ms = world.heard_at_ms.borrow();
    let is_lost = |remark: &Remark, at_ms: i64| {
        let said_by = match remark {
            Remark::Held { .. } | Remark::Gone { .. } | Remark::Cancelled { .. } | Remark::LetIn { .. } => {
                Role::Reservation
            }
            Remark::TooLate { .. } => Role::Payment,
            _ => return false,
        };
        forgotten.iter().any(|(role, from_ms, to_ms)| *role == said_by && (*from_ms..=*to_ms).contains(&at_ms))
    };
    let kept = |(user, history): (&domain::AccountId, &History)| {
        let times = heard_at_ms.get(user).cloned().unwrap_or_default();
        let remarks = history.remarks.iter().zip(times).filter(|(remark, at_ms)| !is_lost(remark, *at_ms));
        History { user: history.user, remarks: remarks.map(|(remark, _)| remark.clone()).collect() }
    };
    world.histories.borrow().iter().map(kept).collect()
}
