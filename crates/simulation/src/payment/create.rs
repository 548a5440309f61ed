//! `POST /payments`: claim, row, pre-register, `registered_at`. After a crash anywhere the next call goes on (hole 10).

use super::{LIMIT_MS, SETTLE_MS, rows::PaymentRows};
use crate::reservation::{self, Claimed};
use crate::world::instance::{Instance, Role};
use crate::world::network::{Answer, call};
use crate::world::{Shared, World};
use domain::id::{PaymentId, PaymentKey, ReservationId};
use domain::payment::{AskId, Away, Begin, FailureReason, Payment, PaymentStatus, Refusal};
use domain::reservation::ClaimRequest;
use domain::{AccountId, ErrorCode, Timestamp};

/// How long a call waits for one that registers, and looks again, in milliseconds.
const WAIT_MS: i64 = 12_000;
const LOOK_MS: i64 = 500;

/// What a person needs to pay.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Registered {
    pub(crate) payment: PaymentId,
    pub(crate) key: PaymentKey,
}

/// What to do with the row of a claim.
enum Row {
    /// It is ours to register.
    Mine(Box<Payment>),
    /// Somebody registers it.
    Busy,
    Refused(ErrorCode),
}

/// Answers it.
pub(crate) async fn create(
    world: Shared,
    at: Instance,
    user: AccountId,
    reservation: ReservationId,
    amount: i64,
) -> Answer<Registered> {
    let (payment, key) = (PaymentId(world.id()), PaymentKey(world.id()));
    let request = ClaimRequest {
        reservation,
        user,
        payment,
        key,
        amount,
        is_discounted: false,
        is_provisional: false,
        hold_no: None,
        coupon: None,
    };
    let claimed =
        call(&world, Role::Reservation, LIMIT_MS, move |world, at| reservation::claim(world, at, request)).await;
    let claimed = claimed.map_err(|_| ErrorCode::ServiceUnavailable)??;
    let by = AskId(world.id());
    let payment = own_row(&world, at, &claimed, by).await?;
    register(&world, at, payment, by).await
}

async fn own_row(world: &Shared, at: Instance, claimed: &Claimed, by: AskId) -> Answer<Payment> {
    let until_ms = world.machine.now_ms() + WAIT_MS;
    loop {
        let now = world.now_of(at);
        let row = world.payment.change(|rows, _| row(world, rows, claimed, by, now)).await;
        match row.map_err(|_| ErrorCode::ServiceUnavailable)? {
            Row::Mine(payment) => return Ok(*payment),
            Row::Refused(code) => return Err(code),
            Row::Busy if world.machine.now_ms() > until_ms => return Err(ErrorCode::PaymentAlreadyExists),
            Row::Busy => world.machine.sleep(LOOK_MS).await,
        }
    }
}

/// What a payment begins with.
pub(super) fn begin(claimed: &Claimed) -> Begin {
    let of = &claimed.reservation;
    let amount = of.claim.map_or(of.total_amount, |claim| claim.amount);
    Begin {
        id: claimed.payment,
        key: claimed.key,
        reservation: of.id,
        user: claimed.user,
        schedule: of.schedule,
        seats: of.seat_ids(),
        total_amount: of.total_amount,
        discount: of.total_amount - amount,
        coupon: None,
        hold_no: of.claim.map_or(of.hold_no, |claim| claim.hold_no),
        hold_expires_at: of.hold_expires_at,
    }
}

fn row(world: &World, rows: &mut PaymentRows, claimed: &Claimed, by: AskId, now: Timestamp) -> Row {
    let Some(standing) = rows.of_reservation(claimed.reservation.id) else {
        let payment = Payment::begin(begin(claimed), by, now);
        rows.put(world, payment.clone());
        return Row::Mine(Box::new(payment));
    };
    if standing.status == PaymentStatus::Failed {
        return Row::Refused(ErrorCode::ReservationNotPayable);
    }
    if !standing.is_pending() || standing.registered_at.is_some() {
        return Row::Refused(ErrorCode::PaymentAlreadyExists);
    }
    match standing.ask_pending(by, now) {
        Ok(asked) => {
            rows.put(world, asked.clone());
            Row::Mine(Box::new(asked))
        }
        Err(Refusal::Busy { .. }) => Row::Busy,
        Err(_) => Row::Refused(ErrorCode::PaymentAlreadyExists),
    }
}

async fn register(world: &Shared, at: Instance, payment: Payment, by: AskId) -> Answer<Registered> {
    let (id, key) = (payment.id, payment.key);
    if let Err(away) = world.provider.register(key, payment.amount).await {
        let (reason, code) = match away {
            Away::CircuitOpen => (FailureReason::CircuitOpen, ErrorCode::PortoneCircuitOpen),
            Away::TimedOut => (FailureReason::TimedOut, ErrorCode::PortoneTimeout),
            Away::Broken | Away::Refused => (FailureReason::NotRegistered, ErrorCode::PortonePreRegisterFailed),
        };
        let now = world.now_of(at);
        let failed = world.payment.change(|rows, _| {
            let failed = rows.payments.get(&id).and_then(|payment| payment.fail(by, reason, None, now).ok());
            failed.is_some_and(|changed| {
                rows.keep(world, changed, now);
                true
            })
        });
        return Err(if failed.await == Ok(true) { code } else { ErrorCode::ServiceUnavailable });
    }
    let now = world.now_of(at);
    let registered = world.payment.change(|rows, _| {
        let payment = rows.payments.get(&id).ok_or(ErrorCode::PaymentAlreadyExists)?;
        let registered = payment.registered(by, SETTLE_MS, now).map_err(|_| ErrorCode::PaymentAlreadyExists)?;
        rows.put(world, registered);
        Ok(Registered { payment: id, key })
    });
    registered.await.map_err(|_| ErrorCode::ServiceUnavailable)?
}
