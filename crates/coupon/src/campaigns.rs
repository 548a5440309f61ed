//! Campaigns and their changes by operators (FCFS-017). The ledger has the policy in force; the hot state follows it.

use super::service::CouponService;
use super::until_stored::until_stored;
use super::views::campaign::{CampaignPage, CampaignPatch, CampaignView, NewCampaign};
use crate::rows::campaigns;
use access::quotas::refusal;
use domain::coupon::campaign::Switches;
use domain::coupon::campaign_change::{Action, ChangeRefused};
use domain::line::LineId;
use domain::{Campaign, CampaignId, CampaignStatus, Discount, ErrorCode, Terms, Timestamp};
use hot::{Completeness, HotError, SaleStatus};
use ledger::LedgerError;
use onsale_http::ApiError;

pub(super) fn not_found() -> ApiError {
    ErrorCode::CampaignNotFound.into()
}

/// The refusal of a change that is stored and could not be put in force yet: [`CouponService::follow_ledger_in_background`]
/// does that, until it is told.
fn not_in_force(error: ApiError) -> ApiError {
    match error.code {
        ErrorCode::ServiceUnavailable => error.detail(
            "the change is stored and not in force yet; it comes into force by itself within seconds after the hot state of \
             this campaign takes writes again, and need not be sent again",
        ),
        _ => error,
    }
}

/// The campaign of a request, with the id that the request names. It is not open yet, unless it opens at its own time.
pub fn from_request(id: CampaignId, request: &NewCampaign) -> Campaign {
    // Every field, so that the compiler asks for a new one.
    let NewCampaign {
        event_id: _,
        name,
        stock,
        per_user_limit,
        gated,
        opens_at,
        closes_at,
        discount,
        min_order_amount,
        valid_from,
        valid_until,
        valid_days_after_issue,
    } = request;
    let Campaign { id, switches, revision, .. } = Campaign::new(id, *stock);
    Campaign {
        id,
        name: name.clone(),
        stock: *stock,
        per_user_limit: *per_user_limit,
        gated: *gated,
        opens_at: opens_at.map(Timestamp::from),
        closes_at: closes_at.map(Timestamp::from),
        switches,
        terms: Terms {
            discount: discount.map(Discount::from),
            min_order_amount: *min_order_amount,
            valid_from: valid_from.map(Timestamp::from),
            valid_until: valid_until.map(Timestamp::from),
            valid_days_after_issue: *valid_days_after_issue,
        },
        revision,
        created_at: clock::now(),
    }
}

/// An open campaign with a stock and no other policy, for the short form and the demo.
pub fn open_with_stock(id: CampaignId, name: &str, stock: u32) -> Campaign {
    Campaign {
        name: name.to_owned(),
        switches: Switches { opened: true, ..Switches::default() },
        created_at: clock::now(),
        ..Campaign::new(id, stock)
    }
}

impl CouponService {
    /// Creates a campaign.
    ///
    /// # Errors
    /// `INVALID_INPUT`, `CAMPAIGN_EXISTS`, `TENANT_QUOTA_EXCEEDED`, `SERVICE_UNAVAILABLE`.
    pub async fn create_campaign(&self, campaign: Campaign) -> Result<CampaignView, ApiError> {
        let is_gated = campaign.gated || self.gated_campaigns.contains(&campaign.id);
        let campaign = Campaign { gated: is_gated, ..campaign };
        let is_valid =
            if call::is_done() { Ok(()) } else { campaign.check().and_then(|()| campaign.check_new(clock::now())) };
        is_valid.map_err(|error| ApiError::invalid(error.to_string()))?;
        if call::is_done() {
            let existing = campaigns::get(&self.ledger, &campaign.id).await?.ok_or_else(not_found)?;
            self.put_whole(&existing).await?;
            return self.view(&existing).await;
        }
        match campaigns::create_within(&self.ledger, &campaign, self.quotas.of_all()).await {
            Ok(created) => created.map_err(refusal)?,
            Err(LedgerError::Conflict(_)) => {
                // A caller whose first reply was lost repeats the call: the hot state must have the campaign then.
                if let Some(existing) = campaigns::get(&self.ledger, &campaign.id).await? {
                    self.put_whole(&existing).await?;
                }
                return Err(ErrorCode::CampaignExists.into());
            }
            Err(error) => return Err(error.into()),
        }
        let put = self.put_new(&campaign).await;
        self.note_change();
        put.map_err(|error| not_in_force(error.into()))?;
        self.view(&campaign).await
    }

    /// Creates a campaign in the hot state whose row is new: it has no coupons yet, and is complete.
    async fn put_new(&self, campaign: &Campaign) -> Result<(), HotError> {
        if self.port.put_campaign(campaign.clone()).await? == Completeness::Incomplete {
            self.port.complete(&campaign.id).await?;
        }
        Ok(())
    }

    /// The campaign with its stock and participants.
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
    /// `CAMPAIGN_NOT_FOUND`, `INVALID_INPUT`, `CAMPAIGN_NOT_MODIFIABLE`, `TENANT_QUOTA_EXCEEDED`, `SERVICE_UNAVAILABLE`;
    /// `DRAW_ANNOUNCED` for another gate, opening or earlier end before an announced draw is over.
    pub async fn patch_campaign(&self, id: &CampaignId, patch: &CampaignPatch) -> Result<CampaignView, ApiError> {
        let change = |before: &Campaign| {
            let mut after = patch.apply(before);
            after.gated |= self.gated_campaigns.contains(id);
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
                return Err(ChangeRefused::NotModifiable("the campaign is closed for good; create a new one"));
            }
            let after = Campaign { stock: before.stock.saturating_add(add), ..before.clone() };
            after.check()?;
            Ok(after)
        };
        self.change(id, change).await
    }

    /// Changes a campaign in the ledger and then in the hot state.
    async fn change(
        &self,
        id: &CampaignId,
        change: impl Fn(&Campaign) -> Result<Campaign, ChangeRefused>,
    ) -> Result<CampaignView, ApiError> {
        let stored = until_stored(|| self.try_change(id, &change)).await?;
        let put = self.put_whole(&stored).await;
        self.note_change();
        put.map_err(not_in_force)?;
        self.view(&stored).await
    }

    /// One attempt of [`CouponService::change`]; `None` when another change came first.
    async fn try_change(
        &self,
        id: &CampaignId,
        change: &impl Fn(&Campaign) -> Result<Campaign, ChangeRefused>,
    ) -> Result<Option<Campaign>, ApiError> {
        let before = campaigns::get(&self.ledger, id).await?.ok_or_else(not_found)?;
        // An earlier run of the call has made the change and ended before it was answered.
        if call::is_done() {
            return Ok(Some(before));
        }
        let after = change(&before)?;
        if after == before {
            return Ok(Some(before));
        }
        let line = LineId::Gate(id.clone());
        let gate = self.gates.as_ref().filter(|_| before.gated && before.takes_opening_away(&after));
        let given_up = match gate {
            Some(lines) => lines.give_up_opening(&line).await?,
            None => None,
        };
        let stored = self.store(&after).await;
        if let (Some(lines), Some(opening), Err(_) | Ok(None)) = (gate, given_up, &stored) {
            lines.take_back_opening(&line, opening).await?;
        }
        stored
    }

    /// Stores a changed campaign in the ledger; `None` when another change came first.
    async fn store(&self, after: &Campaign) -> Result<Option<Campaign>, ApiError> {
        match campaigns::update_within(&self.ledger, after, self.quotas.of_all()).await {
            Ok(stored) => stored.map(Some).map_err(refusal),
            Err(LedgerError::Conflict(_)) => Ok(None),
            Err(error) => Err(error.into()),
        }
    }

    async fn view(&self, campaign: &Campaign) -> Result<CampaignView, ApiError> {
        let sale = self.port.status(&campaign.id, clock::now()).await?;
        // Used only between the row and the hot state: no coupon has been given yet.
        let not_in_hot_state =
            SaleStatus { status: CampaignStatus::Scheduled, remaining: campaign.stock, participants: 0 };
        Ok(CampaignView::new(campaign, sale.unwrap_or(not_in_hot_state)))
    }

    /// Creates or changes a campaign in the hot state. If the hot state has lost it, rebuilds it.
    pub(super) async fn put_whole(&self, campaign: &Campaign) -> Result<(), ApiError> {
        if self.port.put_campaign(campaign.clone()).await? == Completeness::Incomplete {
            self.rebuild_lost(campaign).await?;
        }
        Ok(())
    }

    /// Rebuilds a campaign that the hot state has lost, wholly or in part.
    pub(super) async fn rebuild_lost(&self, campaign: &Campaign) -> Result<(), ApiError> {
        let restored = self.rebuild(campaign).await?.or_error(&campaign.id)?;
        tracing::warn!(campaign = %campaign.id, restored, "the campaign was rebuilt");
        Ok(())
    }
}
