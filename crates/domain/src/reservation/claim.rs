//! A payment begins to stand on a reservation.

use super::change::{Next, Scene};
use super::model::{Claim, Reservation};
use super::request::ClaimRequest;
use super::status::{Refusal, ReservationStatus};

/// Lets a payment stand on the reservation, or answers the one that does (hole 10): of two calls, and after a crash between the
/// claim and payment's own row, payment goes on with the standing pair. `next.reservation.claim` has it. A refused claim leaves
/// nothing behind. A claim without a payment's row ends with the hold.
///
/// With a coupon payment claims twice, because the discount is known only after the coupon was asked (hole 21). The first claim
/// is provisional: it keeps the pair, so that the coupon has one order whoever asks, and it leaves the hold free, so that a
/// coupon that is refused is in nobody's way. The second has the amount, and is refused if the hold has changed in between.
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
    // Hole 6: nothing of a cancelled schedule is sold. Hole 10: after FAILED never another payment. The provider takes no 0, and
    // no payment may be of nothing: seats that cost nothing are refused before anything stands that nobody could end.
    let is_payable = of.status == ReservationStatus::Pending && !scene.is_cancelled && of.total_amount > 0;
    if !is_payable || of.payment_state.is_final() {
        return Err(Refusal::NotPayable);
    }
    let amount = amount(of, request)?;
    let after = Reservation { claim: Some(claimed(of, request, amount, scene)), ..of.clone() };
    // What stands is not asked about anew.
    if after == *of { Ok(Next { reservation: after, told: Vec::new() }) } else { Ok(Next::of(after, scene.now)) }
}

fn claimed(of: &Reservation, request: &ClaimRequest, amount: i64, scene: Scene) -> Claim {
    let ClaimRequest { coupon, is_provisional, .. } = *request;
    match of.claim {
        Some(standing) if of.secured_at.is_some() => standing,
        // Another call may have begun to pay under it.
        Some(standing) if is_provisional && !standing.is_provisional => standing,
        // A hold may have changed under it.
        Some(standing) if standing.is_provisional => {
            Claim { amount, coupon, is_provisional, hold_no: of.hold_no, ..standing }
        }
        // Until the money is there the latest amount counts.
        Some(standing) => Claim { amount, coupon, ..standing },
        None => Claim {
            payment: request.payment,
            key: request.key,
            amount,
            hold_no: of.hold_no,
            coupon,
            is_provisional,
            at: scene.now,
        },
    }
}

/// What is to be paid. Of a provisional claim it is a guess: something that could be left after a discount.
fn amount(of: &Reservation, request: &ClaimRequest) -> Result<i64, Refusal> {
    if request.is_provisional {
        return Ok(request.amount.clamp(1, (of.total_amount - 1).max(1)));
    }
    if of.secured_at.is_none() && request.hold_no.is_some_and(|hold_no| hold_no != of.hold_no) {
        return Err(Refusal::InProgress);
    }
    let is_right = if request.is_discounted {
        (1..of.total_amount).contains(&request.amount)
    } else {
        request.amount == of.total_amount
    };
    if is_right { Ok(request.amount) } else { Err(Refusal::AmountMismatch) }
}
