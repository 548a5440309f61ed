//! The gate's requests for coupons (GATE-004). Stock and duplicates are decided in the tables, in one transaction with the
//! record of the request, its messages, and how far its group has read. The outcome is reported to the gate afterwards.

use crate::rows::coupons::{Gift, Given, Wanted, give};
use async_trait::async_trait;
use domain::line::LineOutcome;
use domain::message::{self, Envelope, Place, StockExhausted, event_type, topic};
use domain::{CampaignId, UserId};
use ledger::{Ledger, LedgerError, Transaction, outbox, places, processed};
use std::collections::HashMap;
use std::sync::Arc;
use uuid::Uuid;

/// A decoded request.
pub struct Request<'a> {
    /// Its index in the batch.
    pub index: usize,
    /// The message.
    pub envelope: &'a Envelope,
    /// The campaign.
    pub campaign: CampaignId,
    /// The user.
    pub user: UserId,
}

/// The outcome of a request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Outcome {
    /// The campaign.
    pub campaign: CampaignId,
    /// The user.
    pub user: UserId,
    /// The outcome.
    pub result: LineOutcome,
}

/// Reports outcomes to the gate. A lost report is repeated: the gate puts people back whose requests take too long, and
/// requests their coupons again, and the tables have the outcome.
#[async_trait]
pub trait GateReporter: Send + Sync + 'static {
    /// Reports these outcomes; returns within a bounded time.
    async fn report(&self, outcomes: Vec<Outcome>);
}

/// Decides the gate's requests. Cheap to clone.
#[derive(Clone)]
pub struct Requests {
    ledger: Ledger,
    gate: Arc<dyn GateReporter>,
}

impl Requests {
    /// Decides in this ledger, and reports to this gate.
    pub fn new(ledger: Ledger, gate: Arc<dyn GateReporter>) -> Self {
        Self { ledger, gate }
    }

    /// Decides requests in order, notes the places that the consumer has `reached` with them, and reports their outcomes to the
    /// gate. Returns the batch indices whose campaign does not exist.
    ///
    /// # Errors
    /// [`LedgerError`]: nothing was decided, or that is unknown; the call can safely be repeated.
    pub async fn decide(
        &self,
        consumer: &str,
        requests: &[Request<'_>],
        reached: &[Place],
    ) -> Result<Vec<usize>, LedgerError> {
        if requests.is_empty() {
            return Ok(Vec::new());
        }
        let gift = self.ledger.change(|change| decide_in(change, consumer, requests, reached)).await?;
        metrics::counter!("onsale_issuer_requests_total").increment(requests.len() as u64);
        metrics::counter!("onsale_issuer_rows_total").increment(gift.issued.len() as u64);
        self.gate.report(outcomes(requests, &gift)).await;
        let unknown = requests.iter().zip(&gift.answers).filter(|(_, given)| **given == Given::NoCampaign);
        Ok(unknown.map(|(request, _)| request.index).collect())
    }
}

fn outcomes(requests: &[Request<'_>], gift: &Gift) -> Vec<Outcome> {
    let decided = requests.iter().zip(&gift.answers).filter_map(|(request, given)| {
        let outcome = match given {
            Given::Now | Given::Before => LineOutcome::Issued,
            Given::Nothing => LineOutcome::SoldOut,
            Given::NotNow | Given::NoCampaign => return None,
        };
        Some(Outcome { campaign: request.campaign.clone(), user: request.user.clone(), result: outcome })
    });
    decided.collect()
}

async fn decide_in(
    change: Transaction,
    consumer: &str,
    requests: &[Request<'_>],
    reached: &[Place],
) -> Result<Gift, LedgerError> {
    let ids: Vec<Uuid> = requests.iter().map(|request| request.envelope.event_id).collect();
    let unseen = processed::unseen(&change, consumer, &ids).await?;
    let wanted = |request: &Request<'_>| Wanted {
        request_id: request.envelope.event_id,
        campaign: request.campaign.clone(),
        user: request.user.clone(),
        again: !unseen.contains(&request.envelope.event_id),
    };
    let wanted: Vec<Wanted> = requests.iter().map(wanted).collect();
    let gift = give(&change, &wanted, clock::now()).await?;
    let events = messages(requests, &gift);
    outbox::append_all(&change, topic::COUPON_EVENTS, &events).await?;
    // Undecided requests come again with the same message, so they are not recorded.
    let is_decided = |given: Given| !matches!(given, Given::NotNow | Given::NoCampaign);
    let decided = requests
        .iter()
        .zip(&gift.answers)
        .filter(|(request, given)| is_decided(**given) && unseen.contains(&request.envelope.event_id));
    // This change stores the rows of its own messages, so the issuer need not process those messages again.
    let done: Vec<&Envelope> = decided.map(|(request, _)| request.envelope).chain(&events).collect();
    processed::record_unseen(&change, consumer, &done).await?;
    places::note(&change, consumer, reached).await?;
    change.commit().await?;
    Ok(gift)
}

/// The messages of the decisions, each caused by its request.
fn messages(requests: &[Request<'_>], gift: &Gift) -> Vec<Envelope> {
    let at = clock::now();
    let mut events = Vec::with_capacity(gift.issued.len() + gift.exhausted.len());
    let by_id: HashMap<Uuid, &Request<'_>> =
        requests.iter().map(|request| (request.envelope.event_id, request)).collect();
    for (request_id, coupon) in &gift.issued {
        let Some(request) = by_id.get(request_id) else { continue };
        let cause = request.envelope;
        let user = Some(coupon.user_id.clone());
        let kind = event_type::COUPON_ISSUED;
        // As for every decision, the id of the message is derived from the coupon.
        let event_id = message::id::of_decision(coupon.coupon_id.get(), kind);
        let mut message = Envelope::about_campaign(event_id, kind, request.campaign.to_string(), at, user, coupon);
        message.metadata.causation_id = Some(cause.event_id);
        message.metadata.correlation_id.clone_from(&cause.metadata.correlation_id);
        events.push(message);
    }
    for (id, stock) in &gift.exhausted {
        let payload =
            StockExhausted { tenant: id.tenant.to_string(), campaign_id: id.event.to_string(), stock: *stock };
        let kind = event_type::STOCK_EXHAUSTED;
        events.push(Envelope::about_campaign(Uuid::new_v4(), kind, id.to_string(), at, None, &payload));
    }
    events
}
