//! Paying: the payment is made, the provider's window is closed somehow, the page confirms or not.

use super::buyer::Buyer;
use super::routes::{CONFIRM, CREATE, PAYMENT, ask};
use crate::machine::WORLD;
use crate::payment::{self, ConfirmCall, Confirmed, Registered};
use crate::reservation::Held;
use crate::world::instance::Role;
use crate::world::network::{Answer, call};
use crate::world::provider::PayOutcome;
use crate::world::{BEGIN_MS, Shared};
use books::records::Remark;
use domain::ErrorCode;
use domain::id::{PaymentId, PaymentKey, ReservationId};
use domain::payment::PaymentStatus;
use std::rc::Rc;

/// Tries before one gives up.
const TRIES: u32 = 5;

/// Pays for what is held, some way.
pub(super) async fn pay(buyer: &Buyer, mut held: Held) {
    wait_for_courage(buyer, &held).await;
    buyer.look_again(&mut held).await;
    let Some(registered) = create(buyer, &held).await else { return };
    if buyer.feels(60) {
        return;
    }
    wait_for_courage(buyer, &held).await;
    let Some(transaction) = at_the_provider(buyer, registered.key).await else { return };
    if buyer.feels(200) {
        // The page is closed: the system has to find the money by itself.
        return;
    }
    let confirm = ConfirmCall {
        user: buyer.user,
        reservation: held.reservation,
        payment: registered.payment,
        key: registered.key,
        transaction,
        amount: held.total_amount,
    };
    if buyer.feels(150) {
        let (other, confirm) = (buyer.clone(), confirm.clone());
        buyer.world.machine.spawn(WORLD, async move {
            let _ = ask_to_confirm(&other, &confirm).await;
        });
    }
    if ask_to_confirm(buyer, &confirm).await {
        afterwards(buyer, held.reservation).await;
    }
}

/// At once; or at the very end, by whatever clock one believes; or too late.
async fn wait_for_courage(buyer: &Buyer, held: &Held) {
    let machine = &buyer.world.machine;
    let rest_ms = held.until.millis() - machine.now_ms();
    let wait_ms = match machine.one_of(100) {
        0..86 => machine.pick(500..40_000),
        86..91 => rest_ms + machine.pick(-2..3),
        91..97 => rest_ms + machine.pick(-6_000..6_000),
        _ => rest_ms + machine.pick(0..60_000),
    };
    machine.sleep(wait_ms).await;
}

async fn create(buyer: &Buyer, held: &Held) -> Option<Registered> {
    let (user, id, amount) = (buyer.user, held.reservation, held.total_amount);
    for _ in 0..TRIES {
        let made =
            ask(&buyer.world, user, &CREATE, move |world, at| payment::create(world, at, user, id, amount)).await;
        match made {
            Ok(Ok(registered)) => return Some(registered),
            Ok(Err(ErrorCode::PaymentAlreadyExists)) => {
                if let Some(registered) = mine(buyer, id).await {
                    return Some(registered);
                }
            }
            Ok(Err(ErrorCode::HoldExpired | ErrorCode::ReservationNotPayable)) => {
                buyer.hears(Remark::TooLate { reservation: id });
                return None;
            }
            Ok(Err(ErrorCode::NotFound | ErrorCode::Forbidden | ErrorCode::PaymentAmountMismatch)) => return None,
            Ok(Err(_)) | Err(_) => {}
        }
        buyer.wait(500, 8_000).await;
    }
    None
}

/// The person's payment of a reservation, once its key is shown.
async fn mine(buyer: &Buyer, reservation: ReservationId) -> Option<Registered> {
    let found = ask(&buyer.world, buyer.user, &PAYMENT, move |world, _| find(world, reservation)).await;
    found.ok()?.ok()?
}

async fn find(world: Shared, reservation: ReservationId) -> Answer<Option<Registered>> {
    let found = world.payment.read(|rows, _| {
        let payment = rows.of_reservation(reservation).filter(|one| one.registered_at.is_some() && one.is_pending())?;
        Some(Registered { payment: payment.id, key: payment.key })
    });
    found.await.map_err(|_| ErrorCode::ServiceUnavailable)
}

/// The window closes. Returns what the page is told of the transaction.
async fn at_the_provider(buyer: &Buyer, key: PaymentKey) -> Option<String> {
    let world = &buyer.world;
    let outcome = match world.machine.one_of(100) {
        0..78 => PayOutcome::Paid,
        78..83 => PayOutcome::Twice,
        83..86 => PayOutcome::Less,
        86..93 => PayOutcome::Refused,
        _ => {
            let at_ms = world.machine.now_ms() + world.machine.pick(1_000..300_000);
            PayOutcome::Later { at_ms, is_paid: world.machine.chance(700) }
        }
    };
    let transaction = world.provider.pay(key, outcome);
    world.tell(|| {
        let seconds = (world.machine.now_ms() - BEGIN_MS) as f64 / 1_000.0;
        format!("at {seconds} the window of key #{} closes: {outcome:?}, {transaction:?}", key.get().as_u128())
    });
    notify(world, key, outcome);
    if outcome == PayOutcome::Refused && buyer.feels(700) {
        buyer.wait(1_000, 20_000).await;
        let transaction = world.provider.pay(key, PayOutcome::Paid);
        notify(world, key, PayOutcome::Paid);
        return transaction;
    }
    // A page may confirm what is not decided, too.
    Some(transaction.unwrap_or_else(|| "tx-1".to_owned()))
}

/// Notices: mostly soon, often late, sometimes twice, sometimes never.
fn notify(world: &Shared, key: PaymentKey, outcome: PayOutcome) {
    let decided_ms = match outcome {
        PayOutcome::Later { at_ms, .. } => at_ms - world.machine.now_ms(),
        _ => 0,
    };
    let count = [0, 1, 1, 1, 2][world.machine.one_of(5)];
    for _ in 0..count {
        let latest_ms = if world.machine.chance(300) { 400_000 } else { 3_000 };
        let wait_ms = decided_ms + world.machine.pick(0..latest_ms);
        let there = Rc::clone(world);
        world.machine.spawn(WORLD, async move {
            there.machine.sleep(wait_ms).await;
            let _ = call(&there, Role::Payment, 10_000, move |world, _| payment::notice(world, key)).await;
        });
    }
}

/// Whether the person has a ticket now, by what was heard.
async fn ask_to_confirm(buyer: &Buyer, asked: &ConfirmCall) -> bool {
    buyer.wait(0, 2_000).await;
    let (payment, reservation) = (asked.payment, asked.reservation);
    for _ in 0..TRIES {
        let call = asked.clone();
        let heard =
            ask(&buyer.world, buyer.user, &CONFIRM, move |world, at| payment::confirm(world, at, call.clone())).await;
        match heard {
            Ok(Ok(Confirmed::Success)) => {
                buyer.hears(Remark::Paid { payment, reservation });
                return true;
            }
            Ok(Ok(Confirmed::Failed(_))) => {
                buyer.hears(Remark::PaymentFailed { payment, reservation });
                return false;
            }
            Ok(Err(ErrorCode::HoldExpired | ErrorCode::ReservationNotPayable)) => {
                buyer.hears(Remark::TooLate { reservation });
                return false;
            }
            Ok(Err(ErrorCode::PaymentAlreadyExists)) => {
                if let Some(has_ticket) = decided(buyer, payment, reservation).await {
                    return has_ticket;
                }
            }
            Ok(Ok(Confirmed::Pending) | Err(_)) | Err(_) => {}
        }
        buyer.wait(500, 15_000).await;
    }
    false
}

async fn decided(buyer: &Buyer, payment: PaymentId, reservation: ReservationId) -> Option<bool> {
    let user = buyer.user;
    let shown = ask(&buyer.world, user, &PAYMENT, move |world, _| payment::show(world, user, payment)).await;
    match shown.ok()?.ok()?.status {
        PaymentStatus::Success => {
            buyer.hears(Remark::Paid { payment, reservation });
            Some(true)
        }
        PaymentStatus::Failed => {
            buyer.hears(Remark::PaymentFailed { payment, reservation });
            Some(false)
        }
        PaymentStatus::Refunded => Some(false),
        PaymentStatus::Pending => None,
    }
}

/// With a ticket: keeps it, gives it back, goes in, or both at once.
async fn afterwards(buyer: &Buyer, id: ReservationId) {
    let goes_in = buyer.feels(250);
    let gives_back = buyer.feels(250);
    if goes_in && gives_back {
        let other = buyer.clone();
        buyer.world.machine.spawn(WORLD, async move {
            other.wait(0, 3_000).await;
            other.go_in(id).await;
        });
        buyer.wait(0, 3_000).await;
        buyer.cancel(id).await;
    } else if goes_in {
        buyer.go_in(id).await;
    } else if gives_back {
        buyer.wait(0, 60_000).await;
        buyer.cancel(id).await;
    }
}
