//! Coupons that were given and are not rows yet: whether a tenant has any, and since when none.
//!
//! A coupon's row arrives a moment after its decision. Who asks for a coupon that is not there must hear "not found" only
//! when it cannot be on its way any more:
//!
//! ```text
//! row? --no--> how many coupons had each of the tenant's campaigns given?   (marks)
//!              are that many rows there?  --no--> wait, look again, two seconds in all --> try again later
//!                                         --yes-> row? --no--> not found
//! ```
//!
//! The rows of one campaign arrive in the order in which its coupons were given, so that many rows are the rows of those.
//! Only the tenant's own campaigns count: another tenant's load changes neither the answer nor its time. All calls of a
//! tenant share one look at a time.

use crate::rows::coupons;
use domain::{CampaignId, TenantName};
use futures::{StreamExt, TryStreamExt, stream};
use hot::CouponPort;
use ledger::Ledger;
use onsale_http::ApiError;
use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Instant;

/// Campaigns whose counts are read at the same time.
const COUNTS_AT_ONCE: usize = 16;

/// Coupons given and stored of a tenant's campaigns, at one moment.
pub(crate) struct Look {
    began: Instant,
    /// The campaigns, with the coupons given, and the rows counted after that.
    counts: HashMap<CampaignId, (u64, u64)>,
}

impl Look {
    /// Whether every coupon that had been given at the time of `marks` is a row now.
    pub fn has_stored(&self, marks: &Self) -> bool {
        let is_stored = |(id, (given, _)): (&CampaignId, &(u64, u64))| {
            // A campaign that is gone has nothing on its way.
            self.counts.get(id).is_none_or(|(_, stored)| stored >= given)
        };
        marks.counts.iter().all(is_stored)
    }
}

/// The state that all calls of one tenant share.
#[derive(Default)]
struct Tenant {
    latest: Option<Arc<Look>>,
    /// Coupons of each campaign that are known to be rows: they need not be counted again.
    stored: HashMap<CampaignId, u64>,
}

/// The looks at all tenants.
#[derive(Default)]
pub struct Arrivals(Mutex<HashMap<TenantName, Arc<tokio::sync::Mutex<Tenant>>>>);

impl Arrivals {
    /// A look at the tenant's campaigns that began at `since` or later.
    ///
    /// # Errors
    /// `SERVICE_UNAVAILABLE` when the hot state or the ledger cannot be read.
    pub(crate) async fn look(
        &self,
        port: &dyn CouponPort,
        ledger: &Ledger,
        tenant: &TenantName,
        since: Instant,
    ) -> Result<Arc<Look>, ApiError> {
        let shared = self.tenant(tenant);
        let mut shared = shared.lock().await;
        if let Some(latest) = shared.latest.as_ref().filter(|latest| latest.began >= since) {
            return Ok(latest.clone());
        }
        let began = Instant::now();
        let given = given_by(port, tenant).await?;
        let mut counts = HashMap::with_capacity(given.len());
        for (id, given) in given {
            let known = shared.stored.get(&id).copied().unwrap_or(0);
            let stored = if given > known { coupons::counts(ledger, &id).await?.kept() } else { known };
            shared.stored.insert(id.clone(), stored);
            counts.insert(id, (given, stored));
        }
        shared.stored.retain(|id, _| counts.contains_key(id));
        let look = Arc::new(Look { began, counts });
        shared.latest = Some(look.clone());
        Ok(look)
    }

    fn tenant(&self, name: &TenantName) -> Arc<tokio::sync::Mutex<Tenant>> {
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        all.entry(name.clone()).or_default().clone()
    }
}

/// How many coupons each of the tenant's campaigns has given.
async fn given_by(port: &dyn CouponPort, tenant: &TenantName) -> Result<Vec<(CampaignId, u64)>, ApiError> {
    let ids = port.campaigns().await?.into_iter().filter(|id| id.tenant == *tenant);
    let counts = stream::iter(ids).map(|id| async move {
        let counts = port.counts(&id).await?.unwrap_or_default();
        Ok::<_, ApiError>((id, counts.given))
    });
    counts.buffer_unordered(COUNTS_AT_ONCE).try_collect().await
}
