//! What goes on by itself, so that nothing stays PENDING and no money that was taken is forgotten (PAY-016).
//!
//! ```text
//! payments.due_at         PENDING: settled (as confirm decides) · FAILED: looked back · SUCCESS: looked up each day  due
//! refunds.next_at         asked for until a look-up says that nothing is left                                       refunds
//! payments.coupon_due_at  the coupon of a payment that failed or was given back                                     coupons
//! webhooks.done_at null   notices of payments that nobody here knows                                                notices
//! once a day              PortOne's list of our store against our rows                                              comparison
//! ```
//!
//! What is due stands in the tables, so a process that dies leaves its work to the next. Whoever asks PortOne about a payment
//! has it alone (`asked_by`), holds no transaction meanwhile, and decides by compare-and-set (hole 14). All of it may run in
//! any number of processes. Pauses grow to ten minutes; after ten tries an operator is told, and it is tried on.

mod adopting;
pub(crate) mod alarm;
mod comparison;
mod coupons;
mod due;
pub(crate) mod ended;
mod notices;
mod queries;
mod refunds;
mod rounds;

pub use comparison::{Comparison, DifferenceFound, Repair};

use crate::service::PaymentService;
use crate::steps::StepOutcome;
use domain::Timestamp;
use domain::id::PaymentId;
use domain::payment::{AskId, Changed, Payment, Refusal};
use onsale_http::ApiError;
use std::time::Duration;
use uuid::Uuid;

/// Time between two looks for what is due.
const LOOK_EVERY: Duration = Duration::from_millis(500);
/// The reason of a SUCCESS that was given back whole, and not by us.
pub(crate) const GIVEN_BACK_THERE: &str = "CANCELLED_AT_PORTONE";

impl PaymentService {
    /// Changes a payment by a rule; none where the rule refuses, or there is no such payment.
    async fn change(
        &self,
        id: PaymentId,
        rule: impl Fn(&Payment, Timestamp) -> Result<Changed, Refusal> + Send + Sync + 'static,
    ) -> Result<Option<Payment>, ApiError> {
        match self.steps.change(id, rule).await? {
            StepOutcome::Done(payment) => Ok(Some(*payment)),
            StepOutcome::NoPayment | StepOutcome::Refused(..) | StepOutcome::Exists(_) => Ok(None),
        }
    }

    /// Changes a payment for the try that has it; none when another has it by now.
    async fn change_as(
        &self,
        by: AskId,
        id: PaymentId,
        rule: impl Fn(&Payment, Timestamp) -> Changed + Send + Sync + 'static,
    ) -> Result<Option<Payment>, ApiError> {
        let rule = move |payment: &Payment, now: Timestamp| {
            if payment.is_asked_by(by) { Ok(rule(payment, now)) } else { Err(Refusal::NotAsking) }
        };
        self.change(id, rule).await
    }

    /// Takes a payment for a try of its own by one of the rules for that; none when another has it, or the rule refuses.
    async fn take_to_work(
        &self,
        id: PaymentId,
        take: impl Fn(&Payment, AskId, Timestamp) -> Result<Payment, Refusal> + Send + Sync + 'static,
    ) -> Result<Option<(AskId, Payment)>, ApiError> {
        let by = AskId(Uuid::new_v4());
        let taken = self.change(id, move |payment, now| take(payment, by, now).map(Changed::quietly));
        Ok(taken.await?.map(|payment| (by, payment)))
    }

    /// The try is over. Nothing where another has the payment by now.
    async fn end_work(&self, by: AskId, id: PaymentId) -> Result<(), ApiError> {
        let rule = |payment: &Payment, _| Changed::quietly(Payment { asking: None, ..payment.clone() });
        self.change_as(by, id, rule).await.map(drop)
    }
}
