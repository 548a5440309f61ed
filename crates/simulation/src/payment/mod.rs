//! The role of payments, as thin as it can be around the rules.

mod confirm;
mod create;
mod deciding;
mod hearing;
mod looking_back;
mod made_again;
mod refunding;
mod rows;
mod working;

pub(crate) use confirm::{ConfirmCall, Confirmed, confirm};
pub(crate) use create::{Registered, create};
pub(crate) use hearing::notice;
pub(crate) use made_again::adopt;
pub(crate) use rows::PaymentRows;

use crate::world::consumer::{self, Group};
use crate::world::instance::Instance;
use crate::world::network::Answer;
use crate::world::{Shared, World, relay};
use domain::id::PaymentId;
use domain::message::topic::RESERVATION_EVENTS;
use domain::payment::{PaymentStatus, Policy, RefundKind, RefundStatus};
use domain::reservation::{RefundState, ReplyStatus};
use domain::{AccountId, ErrorCode};
use std::cell::Cell;
use std::rc::Rc;

/// Limit of a call between roles, in milliseconds.
const LIMIT_MS: i64 = 5_000;
/// `payment.settle_after_seconds`.
const SETTLE_MS: i64 = 10_000;
const POLICY: Policy = Policy { accept_test_channel: false };

/// Starts an instance. `place`: where a broker would keep the place of its group.
pub(crate) fn start(world: &Shared, at: Instance, place: &Rc<Cell<usize>>) {
    let spawn = |work: std::pin::Pin<Box<dyn Future<Output = ()>>>| world.machine.spawn(at.owner, work);
    spawn(Box::pin(relay::run(Rc::clone(world), at, |world: &World| &world.payment)));
    let group = Group {
        name: "payment-reservation-consumer",
        topic: RESERVATION_EVENTS,
        store: |world| &world.payment,
        handle: hearing::reservation,
        then: |_, _, _| {},
    };
    spawn(Box::pin(consumer::run(Rc::clone(world), at, group, Rc::clone(place))));
    spawn(Box::pin(working::run(Rc::clone(world), at)));
    spawn(Box::pin(made_again::run(Rc::clone(world), at)));
}

/// `GET /internal/payments/{id}`.
#[derive(Clone, Debug)]
pub(crate) struct PaymentView {
    pub(crate) payment: PaymentId,
    pub(crate) status: ReplyStatus,
    pub(crate) amount: i64,
    pub(crate) hold_no: i64,
    pub(crate) refund: Option<RefundState>,
}

/// Answers it; none: unknown.
pub(crate) async fn view(world: Shared, id: PaymentId) -> Answer<Option<PaymentView>> {
    let view = world.payment.read(|rows, _| {
        let payment = rows.payments.get(&id)?;
        let status = match payment.status {
            PaymentStatus::Pending => ReplyStatus::Pending,
            PaymentStatus::Success => ReplyStatus::Success,
            PaymentStatus::Failed => ReplyStatus::Failed,
            PaymentStatus::Refunded => ReplyStatus::Refunded,
        };
        let refund = rows.refunds.get(&(id, RefundKind::All)).map(|refund| match refund.status {
            RefundStatus::Requested => RefundState::Running,
            RefundStatus::Done => RefundState::Done,
        });
        Some(PaymentView { payment: id, status, amount: payment.amount, hold_no: payment.hold_no, refund })
    });
    view.await.map_err(|_| ErrorCode::ServiceUnavailable)
}

/// What a person's page shows of a payment.
#[derive(Clone, Debug)]
pub(crate) struct Shown {
    pub(crate) status: PaymentStatus,
}

/// `GET /payments/{id}`.
pub(crate) async fn show(world: Shared, user: AccountId, id: PaymentId) -> Answer<Shown> {
    let shown = world.payment.read(|rows, _| {
        let payment = rows.payments.get(&id).ok_or(ErrorCode::NotFound)?;
        if payment.user != user {
            return Err(ErrorCode::Forbidden);
        }
        Ok(Shown { status: payment.status })
    });
    shown.await.map_err(|_| ErrorCode::ServiceUnavailable)?
}
