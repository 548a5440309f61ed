//! Campaigns by operators (FCFS-017). The ledger decides which policy holds; the hot state follows it.

use super::service::CouponService;
use super::views::campaign::{CampaignPage, CampaignPatch, CampaignView, NewCampaign};
use crate::rows::campaigns;
use domain::coupon::campaign::Switches;
use domain::coupon::campaign_change::{Action, ChangeRefused};
use domain::{Campaign, CampaignId, CampaignStatus, ErrorCode};
use hot::{Completeness, SaleStatus};
use ledger::LedgerError;
use onsale_http::ApiError;
use std::time::Duration;

/// How often the hot state is brought up to date with the ledger's policies.
const FOLLOW_LEDGER_EVERY: Duration = Duration::from_secs(3);
/// Shortest wait between two looks, however often something is found to be lost.
const FOLLOW_LEDGER_PAUSE: Duration = Duration::from_millis(200);
/// How often a change is tried again when somebody else changes the same campaign.
const CHANGE_ATTEMPTS_MAX: usize = 5;

fn not_found() -> ApiError {
    ErrorCode::CampaignNotFound.into()
}

/// A campaign as asked for, not open yet unless it opens by its own time.
pub fn from_request(id: CampaignId, asked: &NewCampaign) -> Campaign {
    Campaign {
        name: asked.name.clone(),
        per_user_limit: asked.per_user_limit,
        gated: asked.gated,
        opens_at: asked.opens_at,
        closes_at: asked.closes_at,
        terms: asked.terms(),
        created_at: clock::now(),
        ..Campaign::new(id, asked.stock)
    }
}

/// An open campaign with nothing but its stock: the short form, and the demo's example.
pub fn open_with_stock(id: CampaignId, name: &str, stock: u32) -> Campaign {
    Campaign {
        name: name.to_owned(),
        switches: Switches { opened: true, ..Switches::default() },
        created_at: clock::now(),
        ..Campaign::new(id, stock)
    }
}

impl CouponService {
    /// Makes a campaign.
    ///
    /// # Errors
    /// `INVALID_INPUT`, `CAMPAIGN_EXISTS`, `SERVICE_UNAVAILABLE`.
    pub async fn create_campaign(&self, campaign: Campaign) -> Result<CampaignView, ApiError> {
        campaign.check().map_err(|error| ApiError::invalid(error.to_string()))?;
        match campaigns::create(&self.ledger, &campaign).await {
            Ok(()) => {}
            Err(LedgerError::Conflict(_)) => {
                // A caller whose first answer was lost asks again: the hot state must have it by then.
                if let Some(existing) = campaigns::get(&self.ledger, &campaign.id).await? {
                    self.put_whole(&existing).await?;
                }
                return Err(ErrorCode::CampaignExists.into());
            }
            Err(error) => return Err(error.into()),
        }
        // Its row was not there before, so nobody can hold a coupon of it.
        if self.port.put_campaign(campaign.clone()).await? == Completeness::Incomplete {
            self.port.complete(&campaign.id).await?;
        }
        self.view(&campaign).await
    }

    /// The campaign with its figures.
    ///
    /// # Errors
    /// `CAMPAIGN_NOT_FOUND`, `SERVICE_UNAVAILABLE`.
    pub async fn campaign(&self, id: &CampaignId) -> Result<CampaignView, ApiError> {
        let campaign = campaigns::get(&self.ledger, id).await?.ok_or_else(not_found)?;
        self.view(&campaign).await
    }

    /// A page of the tenant's campaigns, newest first.
    ///
    /// # Errors
    /// `SERVICE_UNAVAILABLE`.
    pub async fn campaigns(&self, tenant: &domain::TenantName, page: u64, size: u64) -> Result<CampaignPage, ApiError> {
        let (found, total_elements) = campaigns::list(&self.ledger, tenant, page, size).await?;
        let mut list = Vec::with_capacity(found.len());
        for campaign in &found {
            list.push(self.view(campaign).await?);
        }
        Ok(CampaignPage { list, page, size, total_elements })
    }

    /// Changes a campaign's policy.
    ///
    /// # Errors
    /// `CAMPAIGN_NOT_FOUND`, `INVALID_INPUT`, `CAMPAIGN_NOT_MODIFIABLE`, `SERVICE_UNAVAILABLE`.
    pub async fn patch_campaign(&self, id: &CampaignId, patch: &CampaignPatch) -> Result<CampaignView, ApiError> {
        let change = |before: &Campaign| {
            let after = patch.apply(before);
            before.check_change(&after, clock::now())?;
            Ok(after)
        };
        self.change(id, change).await
    }

    /// Opens, pauses, resumes or closes a campaign.
    ///
    /// # Errors
    /// As [`CouponService::patch_campaign`].
    pub async fn act(&self, id: &CampaignId, action: Action) -> Result<CampaignView, ApiError> {
        self.change(id, |before| before.after(action)).await
    }

    /// Adds to a campaign's stock.
    ///
    /// # Errors
    /// As [`CouponService::patch_campaign`].
    pub async fn add_stock(&self, id: &CampaignId, add: u32) -> Result<CampaignView, ApiError> {
        if add == 0 {
            return Err(ApiError::invalid("add must be 1 or more"));
        }
        let change = |before: &Campaign| {
            if before.switches.closed {
                return Err(ChangeRefused::NotModifiable("the campaign is closed for good; make a new one"));
            }
            let after = Campaign { stock: before.stock.saturating_add(add), ..before.clone() };
            after.check()?;
            Ok(after)
        };
        self.change(id, change).await
    }

    async fn change(
        &self,
        id: &CampaignId,
        change: impl Fn(&Campaign) -> Result<Campaign, ChangeRefused>,
    ) -> Result<CampaignView, ApiError> {
        for _ in 0..CHANGE_ATTEMPTS_MAX {
            let before = campaigns::get(&self.ledger, id).await?.ok_or_else(not_found)?;
            let after = change(&before)?;
            let stored = if after == before { Ok(before) } else { campaigns::update(&self.ledger, &after).await };
            match stored {
                Ok(stored) => {
                    self.put_whole(&stored).await?;
                    return self.view(&stored).await;
                }
                Err(LedgerError::Conflict(_)) => {}
                Err(error) => return Err(error.into()),
            }
        }
        Err(ApiError::unavailable())
    }

    async fn view(&self, campaign: &Campaign) -> Result<CampaignView, ApiError> {
        let sale = self.port.status(&campaign.id, clock::now()).await?;
        // Only for the moment between the row and the hot state: nothing is given yet.
        let not_there_yet =
            SaleStatus { status: CampaignStatus::Scheduled, remaining: campaign.stock, participants: 0 };
        Ok(CampaignView::new(campaign, sale.unwrap_or(not_there_yet)))
    }

    /// Brings every campaign of the ledger into the hot state: at start, and now and then for a change whose
    /// second half was lost. Returns how many there are.
    ///
    /// # Errors
    /// `SERVICE_UNAVAILABLE`.
    pub async fn follow_ledger(&self) -> Result<usize, ApiError> {
        let all = campaigns::all(&self.ledger).await?;
        let count = all.len();
        let mut first_error = None;
        for campaign in all {
            // One shard that is away, or one campaign that does not fit, must not keep the others closed.
            if let Err(error) = self.put_whole(&campaign).await {
                tracing::error!(campaign = %campaign.id, code = error.code.as_str(), "can not be brought up to date");
                first_error = first_error.or(Some(error));
            }
        }
        first_error.map_or(Ok(count), Err)
    }

    /// Makes or changes a campaign in the hot state; where that has lost it, puts back what was given.
    async fn put_whole(&self, campaign: &Campaign) -> Result<(), ApiError> {
        if self.port.put_campaign(campaign.clone()).await? == Completeness::Incomplete {
            let restored = self.put_together(campaign).await?.or_error(&campaign.id)?;
            tracing::warn!(campaign = %campaign.id, restored, "the campaign was put together again");
        }
        Ok(())
    }

    /// Follows the ledger now and then until the process ends: a process may have died between the two halves of a
    /// change, or a shared engine may have lost something.
    pub async fn follow_ledger_in_background(self) {
        loop {
            tokio::time::sleep(FOLLOW_LEDGER_PAUSE).await;
            let _ = tokio::time::timeout(FOLLOW_LEDGER_EVERY, self.port.lost()).await;
            if let Err(error) = self.follow_ledger().await {
                tracing::warn!(code = error.code.as_str(), "campaigns could not be brought up to date");
            }
        }
    }
}
