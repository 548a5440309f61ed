//! Asks payment for what a message should have told (hole 5), and makes payments again that payment has lost (hole 9).

use super::hearing::new_number;
use super::holding::free;
use super::{LIMIT_MS, paying::Claimed};
use crate::bug::Bug;
use crate::payment::{self, PaymentView};
use crate::world::Shared;
use crate::world::instance::{Instance, Role};
use crate::world::network::call;
use domain::reservation::{Claim, PaymentReply, Reservation, Step};

/// Pauses between looks for what is due, in milliseconds.
const PAUSE_MS: i64 = 10_000;
const REST_PAUSE_MS: i64 = 600_000;

/// Runs for ever.
pub(super) async fn run(world: Shared, at: Instance) {
    loop {
        let longest_ms = if world.is_rush.get() { PAUSE_MS } else { REST_PAUSE_MS };
        let is_idle = !world.instances.leads(at) || !world.instances.is_ready(at) || world.has(Bug::NobodyAsks);
        if is_idle {
            world.machine.sleep(longest_ms).await;
            continue;
        }
        let due = world.reservation.read(|rows, now| {
            let due = |one: &&Reservation| one.ask_at.is_some_and(|at| at <= now) && !rows.book.is_behind();
            let next = rows.book.iter().filter_map(|one| one.ask_at).min();
            let rest_ms = next.map_or(longest_ms, |at| at.millis() - now.millis());
            (rows.book.iter().filter(due).cloned().collect::<Vec<_>>(), rest_ms)
        });
        let (due, rest_ms) = due.await.unwrap_or((Vec::new(), PAUSE_MS));
        for one in &due {
            if let Some(claim) = one.claim {
                ask(&world, one, claim).await;
            }
        }
        world.machine.sleep(rest_ms.clamp(1_000, longest_ms)).await;
    }
}

async fn ask(world: &Shared, of: &Reservation, claim: Claim) {
    let id = claim.payment;
    let answer = call(world, Role::Payment, LIMIT_MS, move |world, _| payment::view(world, id)).await;
    match answer {
        Ok(Ok(Some(view))) => hear(world, of, &view).await,
        Ok(Ok(None)) => adopt(world, of, claim).await,
        Ok(Err(_)) | Err(_) => {}
    }
}

async fn hear(world: &Shared, of: &Reservation, view: &PaymentView) {
    let reply = PaymentReply {
        reservation: of.id,
        payment: view.payment,
        status: view.status,
        amount: view.amount,
        hold_no: Some(view.hold_no),
        refund: view.refund,
        ticket_number: new_number(world),
    };
    let heard = world.reservation.change(|rows, now| rows.decide(world, &Step::HearAnswer(reply), now)).await;
    if let Ok(Ok(answer)) = heard {
        free(world, &answer.reservation, answer.given_up).await;
    }
}

async fn adopt(world: &Shared, of: &Reservation, claim: Claim) {
    let claimed = Claimed { payment: claim.payment, key: claim.key, user: of.user, reservation: of.clone() };
    let _ = call(world, Role::Payment, LIMIT_MS, move |world, at| payment::adopt(world, at, claimed.clone())).await;
}
