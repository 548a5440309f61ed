//! A payment begins to stand on a reservation.

use super::change::{Next, Scene};
use super::model::{Claim, Reservation};
use super::request::ClaimRequest;
use super::status::{Refusal, ReservationStatus};

/// Lets a payment stand on the reservation, or answers the one that does (hole 10): of two calls, and after a crash between the
/// claim and payment's own row, payment goes on with the standing pair. `next.reservation.claim` has it. A refused claim leaves
/// nothing behind. A claim without a payment's row ends with the hold.
///
/// # Errors
/// [`Refusal`], in the order of `POST /payments`.
pub fn claim(of: &Reservation, request: &ClaimRequest, scene: Scene) -> Result<Next, Refusal> {
    if of.user != request.user {
        return Err(Refusal::NotOwner);
    }
    if let (ReservationStatus::Confirmed, Some(standing)) = (of.status, of.claim) {
        return Err(Refusal::PaymentExists { payment: standing.payment });
    }
    if of.is_expired(scene.now) {
        return Err(Refusal::HoldExpired);
    }
    // Hole 6: nothing of a cancelled schedule is sold. Hole 10: after FAILED never another payment.
    let is_payable = of.status == ReservationStatus::Pending && !scene.is_cancelled;
    if !is_payable || of.payment_state.is_final() {
        return Err(Refusal::NotPayable);
    }
    check_amount(of, request)?;
    let claim = match of.claim {
        Some(standing) if of.secured_at.is_some() => standing,
        // The discount is known after the first claim only: until the money is there the latest amount counts.
        Some(standing) => Claim { amount: request.amount, coupon: request.coupon, ..standing },
        None => Claim {
            payment: request.payment,
            key: request.key,
            amount: request.amount,
            hold_no: of.hold_no,
            coupon: request.coupon,
            at: scene.now,
        },
    };
    let after = Reservation { claim: Some(claim), ..of.clone() };
    // What stands is not asked about anew.
    if after == *of { Ok(Next { reservation: after, told: Vec::new() }) } else { Ok(Next::of(after, scene.now)) }
}

fn check_amount(of: &Reservation, request: &ClaimRequest) -> Result<(), Refusal> {
    let is_right = if request.is_discounted {
        (1..of.total_amount).contains(&request.amount)
    } else {
        request.amount == of.total_amount
    };
    if is_right { Ok(()) } else { Err(Refusal::AmountMismatch) }
}
