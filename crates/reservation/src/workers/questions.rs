//! Payment is asked for what no message has told (hole 5), and told of payments that it has lost (hole 9).

use super::Workers;
use crate::metrics;
use crate::rows::{counter, upkeep};
use access::PeerReply;
use domain::catalog::PreciseTime;
use domain::id::{PaymentId, PaymentKey};
use domain::reservation::{Claim, PaymentReply, RefundState, ReplyStatus, Reservation, ReservationStatus, Step};
use domain::ticket::TicketNumber;
use domain::{AccountId, CouponId, ReservationId, ScheduleId, SeatId, Timestamp};
use futures::{StreamExt, stream};
use http::StatusCode;
use ledger::{LedgerError, Transaction};
use serde::{Deserialize, Serialize};
use std::time::Duration;
use uuid::Uuid;

/// Time between two looks for questions whose time has come.
const LOOK_EVERY: Duration = Duration::from_secs(5);
/// The next question about the same reservation, in milliseconds.
const AGAIN_MS: i64 = 60_000;
/// A question that has no final answer for so long is an alarm, in milliseconds.
const ALARM_MS: i64 = 600_000;
/// Most questions of one look.
const QUESTIONS_AT_ONCE: u64 = 200;
/// Questions under way at the same time.
const TOGETHER: usize = 8;

/// `GET /internal/payments/{id}`.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct PaymentJson {
    payment_id: PaymentId,
    reservation_id: ReservationId,
    status: String,
    amount: i64,
    hold_no: Option<i64>,
    paid_at: Option<PreciseTime>,
    refund: Option<String>,
}

/// `POST /internal/payments/adopt`.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct AdoptJson {
    payment_id: PaymentId,
    payment_key: PaymentKey,
    reservation_id: ReservationId,
    user_id: AccountId,
    /// What is to be paid.
    amount: i64,
    hold_no: i64,
    schedule_id: ScheduleId,
    seat_ids: Vec<SeatId>,
    hold_expires_at: PreciseTime,
    coupon_id: Option<CouponId>,
    discount_amount: Option<i64>,
    /// The ticket stands.
    confirmed: bool,
}

impl PaymentJson {
    /// None: not of a form that is known.
    fn reply(&self, now: Timestamp) -> Option<PaymentReply> {
        let status = match self.status.as_str() {
            "PENDING" => ReplyStatus::Pending,
            "SUCCESS" => ReplyStatus::Success,
            "FAILED" => ReplyStatus::Failed,
            "REFUNDED" => ReplyStatus::Refunded,
            _ => return None,
        };
        let refund = match self.refund.as_deref() {
            None => None,
            Some("RUNNING") => Some(RefundState::Running),
            Some("DONE") => Some(RefundState::Done),
            Some(_) => return None,
        };
        Some(PaymentReply {
            reservation: self.reservation_id,
            payment: self.payment_id,
            status,
            amount: self.amount,
            hold_no: self.hold_no,
            refund,
            ticket_number: new_ticket_number(self.paid_at.map_or(now, Timestamp::from)),
        })
    }
}

/// A new number of a ticket that was paid at this moment.
pub(crate) fn new_ticket_number(paid_at: Timestamp) -> TicketNumber {
    // The lowest 60 bits of a random UUID are random.
    TicketNumber::new(paid_at, Uuid::new_v4().as_u128() as u64)
}

impl Workers {
    /// Asks until the process ends.
    pub async fn run_questions(self) {
        loop {
            tokio::time::sleep(LOOK_EVERY).await;
            if let Err(error) = self.ask_payment().await {
                tracing::warn!(%error, "payments cannot be asked about now");
            }
            if let Err(error) = self.show_unsettled().await {
                tracing::debug!(%error, "what is not settled cannot be counted now");
            }
        }
    }

    /// Asks payment about each reservation whose time has come: for over a minute secured without an outcome, or ended with a
    /// payment that is not known to have failed or to be given back. Acts as if the message had come. Of several instances one
    /// asks about each. Returns how many were asked about.
    ///
    /// # Errors
    /// [`LedgerError`]; payment being away is no error, and asked again in a minute.
    pub async fn ask_payment(&self) -> Result<usize, LedgerError> {
        let parts = &self.0.parts;
        let time = parts.steps.terms().time;
        let take = async |change: Transaction| {
            let now = counter::moment(change.connection(), time).await?.now;
            let due = upkeep::to_ask(&change, now, Timestamp(now.millis() + AGAIN_MS), QUESTIONS_AT_ONCE).await?;
            change.commit().await?;
            Ok((now, due))
        };
        let (now, due): (Timestamp, Vec<Reservation>) = parts.ledger.change(take).await?;
        due.iter().for_each(|one| alarm(one, now));
        let asked = due.len();
        let asks = due.into_iter().filter_map(|one| Some((one.claim?, one)));
        let asks = asks.map(|(claim, one)| async move { self.ask(&claim, &one, now).await });
        stream::iter(asks).buffer_unordered(TOGETHER).collect::<()>().await;
        Ok(asked)
    }

    /// The gauge of an operator's alarm (hole 5).
    async fn show_unsettled(&self) -> Result<(), LedgerError> {
        let since = Timestamp(clock::now().millis() - ALARM_MS);
        metrics::unsettled(upkeep::asked_since(&self.0.parts.ledger, since).await?);
        Ok(())
    }

    async fn ask(&self, claim: &Claim, of: &Reservation, now: Timestamp) {
        let parts = &self.0.parts;
        let Ok(reply) = parts.payment.get(&format!("/internal/payments/{}", claim.payment)).await else { return };
        parts.steps.terms().fence.saw(reply.hold_no);
        match reply.status {
            StatusCode::NOT_FOUND if of.begun_claim().is_some() => self.adopt(claim, of).await,
            StatusCode::NOT_FOUND => self.forget_question(claim, of, now).await,
            status if status.is_success() => self.hear_answer(&reply, of, now).await,
            status => tracing::error!(%status, code = reply.code(), "payment has refused an internal call"),
        }
    }

    async fn hear_answer(&self, reply: &PeerReply, of: &Reservation, now: Timestamp) {
        let read: Option<PaymentReply> = reply.read().ok().and_then(|json: PaymentJson| json.reply(now));
        let Some(answer) = read.filter(|answer| answer.reservation == of.id) else {
            tracing::error!(reservation = %of.id, "payment's answer has another form, or is about another reservation");
            return;
        };
        match self.0.parts.steps.decide(Step::HearAnswer(answer)).await {
            Ok(Ok(answer)) => self.0.news.tell(&answer),
            Ok(Err(refusal)) => tracing::warn!(?refusal, reservation = %of.id, "payment's answer cannot be used now"),
            Err(error) => tracing::warn!(%error, reservation = %of.id, "payment's answer cannot be stored now"),
        }
    }

    /// No payment has begun under the claim, and payment knows of none: there is nothing to adopt, and nothing to ask again. The
    /// rule of the next question decides on the row as it stands then.
    async fn forget_question(&self, claim: &Claim, of: &Reservation, now: Timestamp) {
        let nothing = PaymentReply {
            reservation: of.id,
            payment: claim.payment,
            status: ReplyStatus::Pending,
            amount: claim.amount,
            hold_no: None,
            refund: None,
            ticket_number: new_ticket_number(now),
        };
        if let Err(error) = self.0.parts.steps.decide(Step::HearAnswer(nothing)).await {
            tracing::debug!(%error, reservation = %of.id, "payment is asked again in a minute");
        }
    }

    /// Payment was put back to an older copy, or a process ended between its claim and its row: it makes the payment again and
    /// settles it by looking it up (hole 9).
    async fn adopt(&self, claim: &Claim, of: &Reservation) {
        let body = AdoptJson {
            payment_id: claim.payment,
            payment_key: claim.key,
            reservation_id: of.id,
            user_id: of.user,
            amount: claim.amount,
            hold_no: claim.hold_no,
            schedule_id: of.schedule,
            seat_ids: of.seat_ids(),
            hold_expires_at: of.hold_expires_at.into(),
            coupon_id: claim.coupon,
            discount_amount: of.discount(),
            confirmed: of.status == ReservationStatus::Confirmed,
        };
        match self.0.parts.payment.post("/internal/payments/adopt", &body).await {
            Ok(reply) if reply.status.is_success() => {
                tracing::info!(payment = %claim.payment, reservation = %of.id, "payment has taken over a payment that it did not know");
            }
            Ok(reply) => {
                tracing::error!(status = %reply.status, payment = %claim.payment, "payment does not take over a payment");
            }
            Err(away) => tracing::debug!(%away, "payment is asked again in a minute"),
        }
    }
}

/// Both sides alarm after ten minutes (hole 5).
fn alarm(of: &Reservation, now: Timestamp) {
    let since = of.secured_at.or(of.cancelled_at).unwrap_or(of.created_at);
    if now.millis() - since.millis() > ALARM_MS {
        ::metrics::counter!("onsale_reservation_unanswered_total").increment(1);
        tracing::error!(reservation = %of.id, state = of.payment_state.as_str(), "payment has given no final answer for over ten minutes");
    }
}
