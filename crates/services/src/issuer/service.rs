//! Keeping rows: each message once, in one transaction with its record (MSG-001).

use domain::message::{CouponIssued, Envelope};
use ledger::{Ledger, LedgerError, coupons, processed};
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
    pub async fn keep(&self, consumer: &str, heard: Vec<Heard<'_>>) -> Result<Vec<Verdict>, LedgerError> {
        if heard.is_empty() {
            return Ok(Vec::new());
        }
        let change = self.ledger.begin().await?;
        let ids: Vec<Uuid> = heard.iter().map(|heard| heard.envelope.event_id).collect();
        let unseen = processed::unseen(&change, consumer, &ids).await?;
        let (mut new, mut issued) = (Vec::with_capacity(heard.len()), Vec::with_capacity(heard.len()));
        for Heard { index, envelope, issued: coupon } in heard {
            if unseen.contains(&envelope.event_id) {
                issued.extend(coupon.map(|coupon| (envelope.event_id, coupon)));
                new.push((index, envelope));
            }
        }
        let refused = coupons::keep_issued(&change, &issued).await?;
        let reasons: HashMap<Uuid, String> = refused.into_iter().map(|one| (one.event_id, one.reason)).collect();
        let dealt_with: Vec<&Envelope> =
            new.iter().map(|(_, envelope)| *envelope).filter(|e| !reasons.contains_key(&e.event_id)).collect();
        processed::record(&change, consumer, &dealt_with).await?;
        change.commit().await?;
        metrics::counter!("onsale_issuer_rows_total").increment((issued.len() - reasons.len()) as u64);
        metrics::counter!("onsale_issuer_refused_total").increment(reasons.len() as u64);
        let verdict = |(index, envelope): (usize, &Envelope)| {
            Some(Verdict { index, reason: reasons.get(&envelope.event_id)?.clone() })
        };
        Ok(new.into_iter().filter_map(verdict).collect())
    }
}
