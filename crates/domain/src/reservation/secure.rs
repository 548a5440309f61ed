//! A payment has found its money: the seats are kept until it has decided.

use super::change::{Next, Scene};
use super::model::{Claim, Reservation};
use super::request::SecureRequest;
use super::status::{CancelReason, PaymentState, ReservationStatus, UnsecuredWhy};
use crate::time::Timestamp;

/// What comes of `secure`. The answer is final (hole 4): a refusal is kept and answered for ever, a yes until the payment is
/// decided. So a call that comes late, or again after a lost reply, wakes no dead hold.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Secured {
    /// It was secured by this payment before, or is paid by it: nothing changes.
    Standing,
    /// The hold is kept, with the same number.
    Kept(Next),
    /// A hold that has run out would come back with a new number: if its seats and slots are free, which the book knows.
    Retaken(Next),
    /// No.
    Refused {
        /// Why.
        why: UnsecuredWhy,
        /// The row that keeps the refusal; none where it is kept already, or is not kept.
        kept: Option<Next>,
    },
}

/// Decides whether the seats are the payment's (holes 4, 6, 9, 11, 12, 15, 16). `has_other`: the person has another live
/// reservation of the schedule (hole 12).
///
/// Paid at the end of the hold or later is too late, also while nobody has swept it; paid before is in time, and while it is
/// unswept the number stays: the sweeper's speed decides nothing (hole 15).
pub fn secure(of: &Reservation, request: &SecureRequest, has_other: bool, scene: Scene) -> Secured {
    let Some(claim) = of.claim.filter(|claim| claim.payment == request.payment) else {
        return Secured::Refused { why: UnsecuredWhy::NotClaimed, kept: None };
    };
    let is_its_price = request.amount > 0 && request.amount.checked_add(request.discount) == Some(of.total_amount);
    let is_claims = is_its_price && request.hold_no == claim.hold_no;
    if of.status == ReservationStatus::Confirmed || of.is_secured() {
        // A payment that was lost and made again (hole 9), or a reply that was lost. Of a hold that was taken again the claim has
        // the number before, and a payment that was made again the one that the reservation shows: its seats are the same.
        let is_its_hold = is_claims || is_its_price && request.hold_no == of.hold_no;
        return if is_its_hold { Secured::Standing } else { refused(of, UnsecuredWhy::Changed, scene, false) };
    }
    if of.payment_state != PaymentState::None {
        return refused(of, UnsecuredWhy::Final, scene, false);
    }
    if let Some(why) = obstacle(of, request, is_claims, scene.is_cancelled) {
        return refused(of, why, scene, true);
    }
    if of.is_expired(scene.now) && has_other {
        return refused(of, UnsecuredWhy::BoughtAgain, scene, true);
    }
    let after = secured(of, Claim { amount: request.amount, is_provisional: false, ..claim }, scene.now);
    match of.status {
        ReservationStatus::Pending => Secured::Kept(after),
        _ => Secured::Retaken(after),
    }
}

/// What stands in the way, by the row alone.
fn obstacle(of: &Reservation, request: &SecureRequest, is_claims: bool, is_cancelled: bool) -> Option<UnsecuredWhy> {
    let may_live = of.status == ReservationStatus::Pending || of.cancel_reason == Some(CancelReason::HoldExpired);
    if !may_live {
        return Some(UnsecuredWhy::Ended);
    }
    if !is_claims {
        return Some(UnsecuredWhy::Changed);
    }
    if is_cancelled {
        return Some(UnsecuredWhy::EventCancelled);
    }
    (request.paid_at >= of.hold_expires_at).then_some(UnsecuredWhy::TooLate)
}

/// The reservation with its seats kept: PENDING, as it was before it ran out.
fn secured(of: &Reservation, claim: Claim, now: Timestamp) -> Next {
    let after = Reservation {
        status: ReservationStatus::Pending,
        cancel_reason: None,
        cancelled_at: None,
        claim: Some(claim),
        secured_at: Some(now),
        ..of.clone()
    };
    Next::of(after, now)
}

/// A refusal; `keep`: it is kept with the row.
pub(super) fn refused(of: &Reservation, why: UnsecuredWhy, scene: Scene, keep: bool) -> Secured {
    let kept = keep.then(|| {
        let after = Reservation { payment_state: of.payment_state.max(PaymentState::Refused), ..of.clone() };
        Next::of(after, scene.now)
    });
    Secured::Refused { why, kept }
}
