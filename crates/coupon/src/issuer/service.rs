//! Stores rows: each message once, in one transaction with its record (MSG-001) and with how far its group has read.

use crate::rows::coupons;
use domain::message::{CouponIssued, Envelope, Place};
use ledger::{Ledger, LedgerError, Transaction, places, processed};
use std::collections::HashMap;
use uuid::Uuid;

/// A decoded message of topic `coupon.events`.
pub struct CouponEvent<'a> {
    /// Its index in the batch.
    pub index: usize,
    /// The message.
    pub envelope: &'a Envelope,
    /// The coupon to store, if the message has one.
    pub issued: Option<CouponIssued>,
}

/// A message whose coupon the database refused.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rejection {
    /// Its index in the batch.
    pub index: usize,
    /// The promise that the coupon would break.
    pub reason: String,
}

/// Stores decisions. Cheap to clone.
#[derive(Clone)]
pub struct Issuer {
    ledger: Ledger,
}

impl Issuer {
    /// An issuer over this ledger.
    pub fn new(ledger: Ledger) -> Self {
        Self { ledger }
    }

    /// The tables.
    pub(super) fn ledger(&self) -> &Ledger {
        &self.ledger
    }

    /// Stores the coupons of messages that were not processed before, records the messages as processed, and notes the places
    /// that the consumer has `reached` with them, in one transaction. Returns the messages whose coupons the database refused; they
    /// are not recorded, so that they can be processed again when the cause is repaired.
    ///
    /// # Errors
    /// [`LedgerError`]: nothing was stored, or that is unknown; the call can safely be repeated.
    pub async fn keep(
        &self,
        consumer: &str,
        events: &[CouponEvent<'_>],
        reached: &[Place],
    ) -> Result<Vec<Rejection>, LedgerError> {
        if events.is_empty() {
            return Ok(Vec::new());
        }
        let stored = self.ledger.change(|change| keep_in(change, consumer, events, reached)).await?;
        metrics::counter!("onsale_issuer_rows_total").increment(stored.rows as u64);
        metrics::counter!("onsale_issuer_refused_total").increment(stored.refused.len() as u64);
        Ok(stored.refused)
    }
}

/// The outcome of a batch.
struct StoredBatch {
    /// Coupons that are stored now, some perhaps before.
    rows: usize,
    refused: Vec<Rejection>,
}

async fn keep_in(
    change: Transaction,
    consumer: &str,
    events: &[CouponEvent<'_>],
    reached: &[Place],
) -> Result<StoredBatch, LedgerError> {
    let ids: Vec<Uuid> = events.iter().map(|event| event.envelope.event_id).collect();
    let unseen = processed::unseen(&change, consumer, &ids).await?;
    let new: Vec<&CouponEvent<'_>> = events.iter().filter(|event| unseen.contains(&event.envelope.event_id)).collect();
    let coupon = |event: &&CouponEvent<'_>| Some((event.envelope.event_id, event.issued.clone()?));
    let issued: Vec<(Uuid, CouponIssued)> = new.iter().filter_map(coupon).collect();
    let reasons = coupons::keep_issued(&change, &issued).await?;
    let reasons: HashMap<Uuid, String> = reasons.into_iter().map(|one| (one.event_id, one.reason)).collect();
    let is_refused = |event: &&&CouponEvent<'_>| reasons.contains_key(&event.envelope.event_id);
    let done: Vec<&Envelope> = new.iter().filter(|one| !is_refused(one)).map(|event| event.envelope).collect();
    processed::record_unseen(&change, consumer, &done).await?;
    places::note(&change, consumer, reached).await?;
    change.commit().await?;
    let rejection = |event: &&CouponEvent<'_>| {
        Some(Rejection { index: event.index, reason: reasons.get(&event.envelope.event_id)?.clone() })
    };
    Ok(StoredBatch { rows: issued.len() - reasons.len(), refused: new.iter().filter_map(rejection).collect() })
}
