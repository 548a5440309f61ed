//! A row as a payment, and back.

use super::Stored;
use crate::rows::entities::payment::{ActiveModel, Model};
use domain::id::{PaymentId, PaymentKey, ReservationId};
use domain::payment::{
    AskId, Asking, CancelNote, Card, CouponState, CouponUse, FailureReason, Payment, PaymentStatus, Told, ToldCode,
};
use domain::{AccountId, CouponId, ScheduleId, SeatId};
use ledger::LedgerError;
use ledger::moment::{now, read, stored};
use sea_orm::ActiveValue::Set;

/// The only way to pay there is (contract, Payment).
pub(super) const METHOD: &str = "CARD";

fn count(number: u32) -> i32 {
    i32::try_from(number).unwrap_or(i32::MAX)
}

fn word<T>(text: Option<&str>, parse: impl Fn(&str) -> Option<T>, column: &str) -> Result<Option<T>, LedgerError> {
    text.map(|text| parse(text).ok_or_else(|| LedgerError::damaged(column))).transpose()
}

impl TryFrom<Model> for Stored {
    type Error = LedgerError;

    fn try_from(row: Model) -> Result<Self, LedgerError> {
        let coupon = coupon_of(&row)?;
        let told_code = word(row.told_code.as_deref(), ToldCode::parse, "told_code")?;
        let told = row.told_at.zip(told_code).map(|(at, code)| Told { at: read(at), code });
        let cancelled = row.cancelled_reason.map(|reason| CancelNote { reason, hold_no: row.cancelled_hold_no });
        let asking = row.asked_by.zip(row.asked_until);
        let card = (row.card_name.is_some() || row.card_number.is_some())
            .then_some(Card { name: row.card_name, number: row.card_number });
        let seats: Vec<SeatId> = serde_json::from_str(&row.seat_ids).map_err(|_| LedgerError::damaged("seat_ids"))?;
        let payment = Payment {
            id: PaymentId(row.id.0),
            key: PaymentKey(row.payment_key.0),
            reservation: ReservationId(row.reservation_id.0),
            user: AccountId(row.user_id.0),
            schedule: ScheduleId(row.schedule_id.0),
            seats,
            total_amount: row.amount + row.discount,
            amount: row.amount,
            coupon,
            status: PaymentStatus::parse(&row.status).ok_or_else(|| LedgerError::damaged("status"))?,
            hold_no: row.hold_no,
            hold_expires_at: read(row.hold_expires_at),
            registered_at: row.registered_at.map(read),
            asking: asking.map(|(by, until)| Asking { by: AskId(by.0), until: read(until) }),
            told,
            cancelled,
            transaction_sent: row.transaction_id_sent,
            transaction: row.portone_transaction_id,
            first_paid_at: row.first_paid_at.map(read),
            paid_at: row.paid_at.map(read),
            captured_amount: row.captured_amount,
            refunded_amount: row.refunded_amount,
            failure: word(row.failure_reason.as_deref(), FailureReason::parse, "failure_reason")?,
            failed_at: row.failed_at.map(read),
            refunded_at: row.refunded_at.map(read),
            card,
            response: row.portone_response,
            due_at: row.due_at.map(read),
            looked_at: row.looked_at.map(read),
            tries: row.tries.unsigned_abs(),
            created_at: read(row.created_at),
        };
        Ok(Self { payment, correlation_id: row.correlation_id, causation_id: row.causation_id.map(Into::into) })
    }
}

fn coupon_of(row: &Model) -> Result<Option<CouponUse>, LedgerError> {
    let state = word(row.coupon_state.as_deref(), CouponState::parse, "coupon_state")?;
    Ok(row.coupon_id.zip(state).map(|(coupon, state)| CouponUse {
        coupon: CouponId(coupon.0),
        discount: row.discount,
        state,
        due_at: row.coupon_due_at.map(read),
        tries: row.coupon_tries.unsigned_abs(),
    }))
}

/// The row of a payment, with every column.
pub(super) fn to_row(one: &Stored) -> Result<ActiveModel, LedgerError> {
    let payment = one.payment.clone();
    let seats = serde_json::to_string(&payment.seats).map_err(|_| LedgerError::damaged("seat_ids"))?;
    let card = payment.card.unwrap_or(Card { name: None, number: None });
    let coupon = payment.coupon;
    let (cancelled_reason, cancelled_hold_no) =
        payment.cancelled.map_or((None, None), |note| (Some(note.reason), note.hold_no));
    Ok(ActiveModel {
        id: Set(payment.id.get().into()),
        reservation_id: Set(payment.reservation.get().into()),
        user_id: Set(payment.user.get().into()),
        schedule_id: Set(payment.schedule.get().into()),
        seat_ids: Set(seats),
        payment_key: Set(payment.key.get().into()),
        amount: Set(payment.amount),
        discount: Set(payment.total_amount - payment.amount),
        coupon_id: Set(coupon.map(|coupon| coupon.coupon.get().into())),
        coupon_state: Set(coupon.map(|coupon| coupon.state.as_str().to_owned())),
        coupon_due_at: Set(coupon.and_then(|coupon| coupon.due_at).map(stored)),
        coupon_tries: Set(coupon.map_or(0, |coupon| count(coupon.tries))),
        payment_method: Set(METHOD.to_owned()),
        status: Set(payment.status.as_str().to_owned()),
        hold_no: Set(payment.hold_no),
        hold_expires_at: Set(stored(payment.hold_expires_at)),
        registered_at: Set(payment.registered_at.map(stored)),
        transaction_id_sent: Set(payment.transaction_sent),
        portone_transaction_id: Set(payment.transaction),
        portone_response: Set(payment.response),
        card_name: Set(card.name),
        card_number: Set(card.number),
        failure_reason: Set(payment.failure.map(|reason| reason.as_str().to_owned())),
        failed_at: Set(payment.failed_at.map(stored)),
        first_paid_at: Set(payment.first_paid_at.map(stored)),
        paid_at: Set(payment.paid_at.map(stored)),
        captured_amount: Set(payment.captured_amount),
        refunded_amount: Set(payment.refunded_amount),
        refunded_at: Set(payment.refunded_at.map(stored)),
        told_at: Set(payment.told.map(|told| stored(told.at))),
        told_code: Set(payment.told.map(|told| told.code.as_str().to_owned())),
        cancelled_reason: Set(cancelled_reason),
        cancelled_hold_no: Set(cancelled_hold_no),
        asked_by: Set(payment.asking.map(|asking| asking.by.0.into())),
        asked_until: Set(payment.asking.map(|asking| stored(asking.until))),
        due_at: Set(payment.due_at.map(stored)),
        looked_at: Set(payment.looked_at.map(stored)),
        tries: Set(count(payment.tries)),
        correlation_id: Set(one.correlation_id.clone()),
        causation_id: Set(one.causation_id.map(Into::into)),
        created_at: Set(stored(payment.created_at)),
        updated_at: Set(now()),
    })
}
