//! A journal read beside the process that owns it: for comparing books while the server runs. Decides nothing.

use super::journal::JournalReader;
use super::state::State;
use crate::embedded::file::JournalError;
use crate::port::*;
use async_trait::async_trait;
use domain::coupon::Coupon;
use domain::{Campaign, CampaignId, CouponId, IssueOutcome, Timestamp, UserId};
use std::collections::BTreeMap;
use std::path::Path;
use std::sync::{Mutex, PoisonError};

/// The content of a journal at one moment.
pub struct JournalSnapshot {
    campaigns: BTreeMap<CampaignId, (Campaign, Vec<Coupon>)>,
    reader: Mutex<JournalReader>,
}

fn read_only<T>() -> Result<T, HotError> {
    Err(HotError::unavailable("the journal belongs to a running server; this is a reading of it"))
}

impl JournalSnapshot {
    /// Reads the journal of `folder`, in use or not.
    ///
    /// # Errors
    /// [`JournalError`] when there is no journal, or it cannot be read.
    pub fn read(folder: &Path) -> Result<Self, JournalError> {
        let reader = JournalReader::open(folder)?;
        let told = State::read(&reader)?;
        let campaigns =
            told.into_iter().map(|(campaign, coupons)| (campaign.id.clone(), (campaign, coupons))).collect();
        Ok(Self { campaigns, reader: Mutex::new(reader) })
    }

    fn given(&self, id: &CampaignId) -> &[Coupon] {
        self.campaigns.get(id).map(|(_, coupons)| coupons.as_slice()).unwrap_or_default()
    }
}

#[async_trait]
impl CouponPort for JournalSnapshot {
    async fn put_campaign(&self, _: Campaign) -> Result<Completeness, HotError> {
        read_only()
    }

    async fn suspend(&self, _: &CampaignId) -> Result<(), HotError> {
        read_only()
    }

    async fn complete(&self, _: &CampaignId) -> Result<(), HotError> {
        read_only()
    }

    async fn health(&self) -> HotHealth {
        HotHealth { down: read_only::<()>().err().map(|error| error.to_string()), warnings: Vec::new() }
    }

    async fn campaign(&self, id: &CampaignId) -> Result<Option<Campaign>, HotError> {
        Ok(self.campaigns.get(id).map(|(campaign, _)| campaign.clone()))
    }

    async fn issue(&self, batch: Vec<IssueRequest>, _: Timestamp) -> Vec<Result<IssueOutcome, HotError>> {
        batch.iter().map(|_| read_only()).collect()
    }

    fn answer_locally(&self, _: &LocalQuestion<'_>, _: Timestamp) -> Option<IssueOutcome> {
        None
    }

    async fn status(&self, _: &CampaignId, _: Timestamp) -> Result<Option<SaleStatus>, HotError> {
        read_only()
    }

    async fn coupons_of(&self, id: &CampaignId, user: &UserId) -> Result<Option<Vec<Coupon>>, HotError> {
        let of_user = || self.given(id).iter().filter(|coupon| coupon.user == *user).cloned().collect();
        Ok(self.campaigns.contains_key(id).then(of_user))
    }

    async fn coupons(&self, id: &CampaignId) -> Result<Vec<Coupon>, HotError> {
        Ok(self.given(id).to_vec())
    }

    async fn counts(&self, id: &CampaignId) -> Result<Option<SaleCounts>, HotError> {
        let given = self.given(id);
        let revoked = given.iter().filter(|coupon| coupon.revoked).count() as u64;
        Ok(self.campaigns.contains_key(id).then_some(SaleCounts { given: given.len() as u64, revoked }))
    }

    async fn revoke(&self, _: &CampaignId, _: &UserId, _: CouponId, _: bool) -> Result<bool, HotError> {
        read_only()
    }

    async fn restore(&self, _: &CampaignId, _: Vec<Coupon>) -> Result<Vec<Coupon>, HotError> {
        read_only()
    }

    async fn forget(&self, _: &CampaignId) -> Result<(), HotError> {
        read_only()
    }

    async fn outbox(&self, _: usize) -> Result<Vec<OutboxMessage>, HotError> {
        read_only()
    }

    async fn acknowledge(&self, _: u64) -> Result<(), HotError> {
        read_only()
    }

    async fn campaigns(&self) -> Result<Vec<CampaignId>, HotError> {
        Ok(self.campaigns.keys().cloned().collect())
    }

    async fn stats(&self) -> EngineStats {
        let reader = self.reader.lock().unwrap_or_else(PoisonError::into_inner);
        let outbox_pending = reader.pending().unwrap_or_default();
        let coupons = self.campaigns.values().map(|(_, coupons)| coupons.len() as u64).sum();
        EngineStats {
            engine: "embedded",
            campaigns: self.campaigns.len(),
            coupons,
            outbox_pending,
            ..EngineStats::default()
        }
    }
}
