//! Payments whose time has come: PENDING ones are settled as confirm decides, decided ones are looked up again (holes 13
//! and 20).

use super::rounds::{self, Done, ROUND_MAX};
use super::{GIVEN_BACK_THERE, LOOK_EVERY, alarm, ended, queries};
use crate::confirm::Settled;
use crate::rows::refunds;
use crate::service::PaymentService;
use domain::id::PaymentId;
use domain::payment::look_back::{self, Alarm};
use domain::payment::{AskId, Changed, Payment, PaymentStatus, RefundKind, RefundStatus, Refusal, pause};
use futures::FutureExt;
use onsale_http::ApiError;

/// Decided payments that one round looks up: a day after a rush all its tickets are due, and nobody waits for those.
const DECIDED_MAX: u64 = ROUND_MAX / 2;

impl PaymentService {
    /// Settles payments and looks them up again, until the process ends. Any number of processes may.
    pub async fn run_due(self) {
        let round = move || {
            let payments = self.clone();
            async move { payments.look_at_due().await }.boxed()
        };
        rounds::forever("due", LOOK_EVERY, round).await;
    }

    /// Looks once at the payments that are due, at those that are PENDING first: seats and buyers wait for them. Returns at how
    /// many.
    ///
    /// # Errors
    /// `SERVICE_UNAVAILABLE`: what is due cannot be read.
    pub async fn look_at_due(&self) -> Result<usize, ApiError> {
        let now = clock::now();
        let mut due = queries::due_pending(&self.ledger, now, ROUND_MAX).await?;
        due.extend(queries::due_decided(&self.ledger, now, DECIDED_MAX).await?);
        let work = |payment: Payment| self.work_on(payment).boxed();
        Ok(rounds::each("due", due.into_iter().map(|one| one.payment).collect(), work).await)
    }

    async fn work_on(&self, payment: Payment) -> Result<Done, ApiError> {
        if payment.is_pending() { self.settle_due(&payment).await } else { self.look_again(payment.id).await }
    }

    async fn settle_due(&self, payment: &Payment) -> Result<Done, ApiError> {
        match self.settle(payment.id).await? {
            Settled::Busy => Ok(Done::Left),
            Settled::Decided(_) | Settled::Pending(_) => Ok(Done::Worked),
            Settled::Unanswered(payment, why) => {
                alarm::of_silence(&payment, payment.tries, &why);
                Ok(Done::Worked)
            }
        }
    }

    async fn look_again(&self, id: PaymentId) -> Result<Done, ApiError> {
        let take = |payment: &Payment, by, now| {
            let is_due = !payment.is_pending() && payment.due_at.is_some_and(|due_at| due_at <= now);
            if is_due { payment.ask_to_look(by, now) } else { Err(Refusal::NotAsking) }
        };
        let Some((by, payment)) = self.take_to_work(id, take).await? else { return Ok(Done::Left) };
        let lookup = match self.portone.look_up(payment.key).await {
            Ok(lookup) => lookup,
            Err(away) => return self.stays_due(by, &payment, &away.to_string()).await,
        };
        let (is_owed, reason) = self.owed(id).await?;
        let shown = look_back::alarm(&payment, &lookup, is_owed);
        if shown == Some(Alarm::Contradiction) {
            if payment.tries == 0 {
                alarm::of_payment(Alarm::Contradiction, &payment);
            }
            return self.stays_due(by, &payment, "PortOne shows no money that was taken").await;
        }
        let is_over = self.is_over(&payment).await;
        let looked = self.change_as(by, id, move |payment, now| {
            let Changed { payment, message, refund } = payment.found_after(&lookup, &reason, now);
            let due_at = look_back::next_look(&payment, &lookup, is_over, now);
            let payment = look_back::with_coupon_asked_again(&payment.due(due_at), now);
            Changed { payment: Payment { asking: None, ..payment }, message, refund }
        });
        if let (Some(_), Some(shown)) = (looked.await?, shown) {
            alarm::of_payment(shown, &payment);
        }
        Ok(Done::Worked)
    }

    /// It was not answered: it is tried again after a pause that grows.
    async fn stays_due(&self, by: AskId, payment: &Payment, why: &str) -> Result<Done, ApiError> {
        let waits = self.change(payment.id, move |payment, now| {
            let due_at = pause::after_tries(payment.tries.saturating_add(1), now);
            payment.unanswered(by, due_at).map(Changed::quietly)
        });
        if let Some(waits) = waits.await? {
            alarm::of_silence(&waits, waits.tries, why);
        }
        Ok(Done::Worked)
    }

    /// Whether all of the payment is owed already, and the reason of what is given back.
    pub(super) async fn owed(&self, id: PaymentId) -> Result<(bool, String), ApiError> {
        let all = refunds::of_payment(&self.ledger, id).await?.into_iter().map(|one| one.refund);
        let owed =
            all.into_iter().find(|refund| refund.kind == RefundKind::All && refund.status == RefundStatus::Requested);
        Ok(owed.map_or((false, GIVEN_BACK_THERE.to_owned()), |refund| (true, refund.reason)))
    }

    /// Whether nobody gives this ticket back any more: its schedule has ended.
    async fn is_over(&self, payment: &Payment) -> bool {
        let age_ms = clock::now().millis() - payment.created_at.millis();
        payment.status == PaymentStatus::Success
            && (age_ms >= ended::SOLD_MS_MAX || self.ended.contains(payment.schedule).await)
    }
}
