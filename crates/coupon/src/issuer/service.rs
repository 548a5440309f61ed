//! Keeping rows: each message once, in one transaction with its record (MSG-001).

use crate::rows::coupons;
use domain::message::{CouponIssued, Envelope};
use ledger::{Ledger, LedgerError, Transaction, processed};
use std::collections::HashMap;
use uuid::Uuid;

/// A message that was understood.
pub struct Heard<'a> {
    /// Its place in the batch.
    pub index: usize,
    /// The message.
    pub envelope: &'a Envelope,
    /// The coupon that it tells of, where it is to be kept.
    pub issued: Option<CouponIssued>,
}

/// A message whose coupon the database refused.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Verdict {
    /// Its place in the batch.
    pub index: usize,
    /// Which promise it would break.
    pub reason: String,
}

/// Keeps what it is told. Cheap to clone.
#[derive(Clone)]
pub struct Issuer {
    ledger: Ledger,
}

impl Issuer {
    /// An issuer that keeps in this ledger.
    pub fn new(ledger: Ledger) -> Self {
        Self { ledger }
    }

    /// Keeps the coupons of messages not dealt with before, and records all of them; one transaction. What the
    /// database refused is named and not recorded, so that it can be tried again once its cause is mended.
    ///
    /// # Errors
    /// [`LedgerError`]: nothing was kept, or nobody knows; the same again is safe.
    pub async fn keep(&self, consumer: &str, heard: &[Heard<'_>]) -> Result<Vec<Verdict>, LedgerError> {
        if heard.is_empty() {
            return Ok(Vec::new());
        }
        let kept = self.ledger.change(|change| keep_in(change, consumer, heard)).await?;
        metrics::counter!("onsale_issuer_rows_total").increment(kept.rows as u64);
        metrics::counter!("onsale_issuer_refused_total").increment(kept.refused.len() as u64);
        Ok(kept.refused)
    }
}

/// What became of a batch.
struct Kept {
    /// Coupons that were kept, or were already.
    rows: usize,
    refused: Vec<Verdict>,
}

async fn keep_in(change: Transaction, consumer: &str, heard: &[Heard<'_>]) -> Result<Kept, LedgerError> {
    let ids: Vec<Uuid> = heard.iter().map(|heard| heard.envelope.event_id).collect();
    let unseen = processed::unseen(&change, consumer, &ids).await?;
    let new: Vec<&Heard<'_>> = heard.iter().filter(|heard| unseen.contains(&heard.envelope.event_id)).collect();
    let coupon = |heard: &&Heard<'_>| Some((heard.envelope.event_id, heard.issued.clone()?));
    let issued: Vec<(Uuid, CouponIssued)> = new.iter().filter_map(coupon).collect();
    let reasons = coupons::keep_issued(&change, &issued).await?;
    let reasons: HashMap<Uuid, String> = reasons.into_iter().map(|one| (one.event_id, one.reason)).collect();
    let is_refused = |heard: &&&Heard<'_>| reasons.contains_key(&heard.envelope.event_id);
    let dealt_with: Vec<&Envelope> = new.iter().filter(|one| !is_refused(one)).map(|heard| heard.envelope).collect();
    processed::record_unseen(&change, consumer, &dealt_with).await?;
    change.commit().await?;
    let verdict = |heard: &&Heard<'_>| {
        Some(Verdict { index: heard.index, reason: reasons.get(&heard.envelope.event_id)?.clone() })
    };
    Ok(Kept { rows: issued.len() - reasons.len(), refused: new.iter().filter_map(verdict).collect() })
}
