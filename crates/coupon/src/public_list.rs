//! The campaigns that people can get coupons of, for everybody who asks (`contract-amendments.md`, 26).
//!
//! A server reads a tenant's list at most once in [`FRESH`], however many ask: they wait for one reading, or hear its copy. A
//! change of a campaign in this process ends the copy at once.

use super::service::CouponService;
use super::views::status::{PublicList, StatusView};
use crate::rows::campaigns;
use bytes::Bytes;
use domain::{Campaign, CampaignStatus, ErrorCode, TenantName, Timestamp};
use futures::stream::{self, StreamExt};
use onsale_http::ApiError;
use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

/// A copy is told for so long.
const FRESH: Duration = Duration::from_secs(1);
/// A campaign that opens later than this is not in the list.
const SOON_DAYS: u32 = 30;
/// Most campaigns in the list.
const LISTED_MAX: usize = 200;
/// Campaigns whose status is read at the same time.
const READ_TOGETHER: usize = 32;
/// Most tenants whose lists are kept: names that nobody has must not take memory.
const TENANTS_MAX: usize = 1_000;

type Kept = Arc<tokio::sync::Mutex<Option<KeptList>>>;

/// The lists as they were told last.
#[derive(Debug, Default)]
pub struct PublicLists {
    lists: Mutex<HashMap<TenantName, Kept>>,
    changes: AtomicU64,
}

/// One list, as JSON.
#[derive(Debug)]
struct KeptList {
    read_at: Instant,
    changes: u64,
    json: Bytes,
}

impl PublicLists {
    /// A campaign was changed: no copy counts any more.
    pub(crate) fn changed(&self) {
        self.changes.fetch_add(1, Ordering::SeqCst);
    }

    fn of(&self, tenant: &TenantName) -> Kept {
        let mut lists = self.lists.lock().unwrap_or_else(PoisonError::into_inner);
        if lists.len() >= TENANTS_MAX && !lists.contains_key(tenant) {
            lists.clear();
        }
        lists.entry(tenant.clone()).or_default().clone()
    }
}

impl CouponService {
    /// The list of a tenant as JSON: campaigns that are active, or scheduled within 30 days, the one that opens first in front.
    ///
    /// # Errors
    /// `NOT_FOUND` where `coupon.public_list` is false; `SERVICE_UNAVAILABLE`.
    pub async fn public_list(&self, tenant: &TenantName) -> Result<Bytes, ApiError> {
        let lists = self.public_lists.as_ref().ok_or(ErrorCode::NotFound)?;
        let kept = lists.of(tenant);
        let mut kept = kept.lock().await;
        let changes = lists.changes.load(Ordering::SeqCst);
        if let Some(copy) = kept.as_ref().filter(|copy| copy.changes == changes && copy.read_at.elapsed() < FRESH) {
            return Ok(copy.json.clone());
        }
        let read_at = Instant::now();
        let list = PublicList { list: self.read_public_list(tenant).await? };
        let json = Bytes::from(serde_json::to_vec(&list).map_err(ApiError::internal)?);
        *kept = Some(KeptList { read_at, changes, json: json.clone() });
        Ok(json)
    }

    async fn read_public_list(&self, tenant: &TenantName) -> Result<Vec<StatusView>, ApiError> {
        let now = clock::now();
        let mut found = campaigns::not_closed(&self.ledger, tenant).await?;
        found.retain(|campaign| is_listed(campaign, campaign.status(now, 1), now));
        found.sort_by_cached_key(|campaign| (opened_at(campaign), campaign.id.clone()));
        let ids = found.into_iter().map(|campaign| campaign.id);
        let sales = stream::iter(ids).map(|id| async move { self.port.sale(&id, now).await }).buffered(READ_TOGETHER);
        let listed = sales.filter_map(|sale| async move {
            match sale {
                Ok(sale) => sale.filter(|(campaign, sale)| is_listed(campaign, sale.status, now)),
                // One whose shard is away must not take the others from the list.
                Err(error) => {
                    tracing::warn!(%error, "a campaign cannot be listed now");
                    None
                }
            }
        });
        let views = listed.map(|(campaign, sale)| StatusView::new(&campaign, sale, now));
        Ok(views.take(LISTED_MAX).collect().await)
    }
}

/// When the campaign opens, or has opened: by hand, where it has no time of its own.
fn opened_at(campaign: &Campaign) -> Timestamp {
    campaign.opens_at.unwrap_or(campaign.created_at)
}

fn is_listed(campaign: &Campaign, status: CampaignStatus, now: Timestamp) -> bool {
    match status {
        CampaignStatus::Active => true,
        CampaignStatus::Scheduled => campaign.opens_at.is_some_and(|opens_at| opens_at <= now.plus_days(SOON_DAYS)),
        CampaignStatus::SoldOut | CampaignStatus::Paused | CampaignStatus::Closed => false,
    }
}
