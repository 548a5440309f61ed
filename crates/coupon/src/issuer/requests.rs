//! Coupons that the gate asks for (GATE-004): stock and duplicates are decided in the tables, in one transaction with
//! the record of the request and the messages that tell of it. Only then the gate hears of it.

use crate::rows::coupons::{Gift, Given, Wanted, give};
use async_trait::async_trait;
use domain::line::LineOutcome;
use domain::message::{self, Envelope, StockExhausted, event_type, topic};
use domain::{CampaignId, UserId};
use ledger::{Ledger, LedgerError, Transaction, outbox, processed};
use std::collections::HashMap;
use std::sync::Arc;
use uuid::Uuid;

/// A request that was understood.
pub struct Request<'a> {
    /// Its place in the batch.
    pub index: usize,
    /// The message.
    pub envelope: &'a Envelope,
    /// Of which campaign.
    pub campaign: CampaignId,
    /// For whom.
    pub user: UserId,
}

/// What came of somebody's request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Outcome {
    /// Of which campaign.
    pub campaign: CampaignId,
    /// For whom.
    pub user: UserId,
    /// What came of it.
    pub verdict: LineOutcome,
}

/// Tells the gate. What can not be told is told again when the gate asks again: it puts people back who have been dealt
/// with for too long, and the tables know what they got.
#[async_trait]
pub trait TellGate: Send + Sync + 'static {
    /// Tells of these; returns within a bounded time.
    async fn tell(&self, outcomes: Vec<Outcome>);
}

/// Decides what the gate asks for. Cheap to clone.
#[derive(Clone)]
pub struct Requests {
    ledger: Ledger,
    gate: Arc<dyn TellGate>,
}

impl Requests {
    /// Decides in this ledger, and tells this gate.
    pub fn new(ledger: Ledger, gate: Arc<dyn TellGate>) -> Self {
        Self { ledger, gate }
    }

    /// Decides requests in order and tells the gate. The places of those whose campaign there is none of.
    ///
    /// # Errors
    /// [`LedgerError`]: nothing was decided, or nobody knows; the same again is safe.
    pub async fn decide(&self, consumer: &str, asked: &[Request<'_>]) -> Result<Vec<usize>, LedgerError> {
        if asked.is_empty() {
            return Ok(Vec::new());
        }
        let gift = self.ledger.change(|change| decide_in(change, consumer, asked)).await?;
        metrics::counter!("onsale_issuer_requests_total").increment(asked.len() as u64);
        metrics::counter!("onsale_issuer_rows_total").increment(gift.issued.len() as u64);
        self.gate.tell(outcomes(asked, &gift)).await;
        let unknown = asked.iter().zip(&gift.answers).filter(|(_, given)| **given == Given::NoCampaign);
        Ok(unknown.map(|(request, _)| request.index).collect())
    }
}

fn outcomes(asked: &[Request<'_>], gift: &Gift) -> Vec<Outcome> {
    let told = asked.iter().zip(&gift.answers).filter_map(|(request, given)| {
        let verdict = match given {
            Given::Now | Given::Before => LineOutcome::Issued,
            Given::Nothing => LineOutcome::SoldOut,
            Given::NotNow | Given::NoCampaign => return None,
        };
        Some(Outcome { campaign: request.campaign.clone(), user: request.user.clone(), verdict })
    });
    told.collect()
}

async fn decide_in(change: Transaction, consumer: &str, asked: &[Request<'_>]) -> Result<Gift, LedgerError> {
    let ids: Vec<Uuid> = asked.iter().map(|request| request.envelope.event_id).collect();
    let unseen = processed::unseen(&change, consumer, &ids).await?;
    let wanted = |request: &Request<'_>| Wanted {
        request_id: request.envelope.event_id,
        campaign: request.campaign.clone(),
        user: request.user.clone(),
        again: !unseen.contains(&request.envelope.event_id),
    };
    let wanted: Vec<Wanted> = asked.iter().map(wanted).collect();
    let gift = give(&change, &wanted, clock::now()).await?;
    let news = messages(asked, &gift);
    outbox::append_all(&change, topic::COUPON_EVENTS, &news).await?;
    // What was not decided is asked again with the same message.
    let is_decided = |given: Given| !matches!(given, Given::NotNow | Given::NoCampaign);
    let decided = asked
        .iter()
        .zip(&gift.answers)
        .filter(|(request, given)| is_decided(**given) && unseen.contains(&request.envelope.event_id));
    // The messages tell of rows that this change keeps itself: whoever hears them here need not look.
    let dealt_with: Vec<&Envelope> = decided.map(|(request, _)| request.envelope).chain(&news).collect();
    processed::record_unseen(&change, consumer, &dealt_with).await?;
    change.commit().await?;
    Ok(gift)
}

/// What the others hear of it: a consequence of the request.
fn messages(asked: &[Request<'_>], gift: &Gift) -> Vec<Envelope> {
    let at = clock::now();
    let mut news = Vec::with_capacity(gift.issued.len() + gift.exhausted.len());
    let by_id: HashMap<Uuid, &Request<'_>> = asked.iter().map(|request| (request.envelope.event_id, request)).collect();
    for (request_id, coupon) in &gift.issued {
        let Some(request) = by_id.get(request_id) else { continue };
        let cause = request.envelope;
        let user = Some(coupon.user_id.clone());
        let kind = event_type::COUPON_ISSUED;
        // As everywhere: the id follows from what the message tells of.
        let event_id = message::id::of_decision(coupon.coupon_id, kind);
        let mut message = Envelope::about_campaign(event_id, kind, request.campaign.to_string(), at, user, coupon);
        message.metadata.causation_id = Some(cause.event_id);
        message.metadata.correlation_id.clone_from(&cause.metadata.correlation_id);
        news.push(message);
    }
    for (id, stock) in &gift.exhausted {
        let payload =
            StockExhausted { tenant: id.tenant.to_string(), campaign_id: id.event.to_string(), stock: *stock };
        let kind = event_type::STOCK_EXHAUSTED;
        news.push(Envelope::about_campaign(Uuid::new_v4(), kind, id.to_string(), at, None, &payload));
    }
    news
}
