//! The quotas in force, in memory: for what is asked with every request. What is stored in the ledger is counted there
//! ([`crate::rows::tenants`]).

use crate::rows::tenants;
use arc_swap::ArcSwap;
use domain::limit::Rate;
use domain::quota::{OwnQuotas, Quota, QuotaExceeded, Quotas};
use domain::{ErrorCode, TenantName};
use ledger::{Ledger, LedgerError};
use onsale_http::ApiError;
use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

/// Most buckets kept; past that, full ones are forgotten first.
const BUCKETS_MAX: usize = 10_000;

/// The quotas of all tenants.
#[derive(Debug, Default)]
pub struct TenantQuotas {
    of_all: Quotas,
    own: ArcSwap<HashMap<TenantName, OwnQuotas>>,
    /// When each tenant's bucket of requests is full again, in microseconds of the clock.
    full_at_us: Mutex<HashMap<TenantName, u64>>,
}

/// The refusal of a call over a quota: 409, and 429 for requests.
pub fn refusal(exceeded: QuotaExceeded) -> ApiError {
    let code = match exceeded.quota {
        Quota::Requests => ErrorCode::RateLimitExceeded,
        _ => ErrorCode::TenantQuotaExceeded,
    };
    ApiError::new(code).detail(exceeded.to_string()).with("quota", exceeded.quota.as_str())
}

impl TenantQuotas {
    /// These quotas for all tenants. [`TenantQuotas::refresh`] reads those that operators have set for some.
    pub fn new(of_all: Quotas) -> Self {
        Self { of_all, ..Self::default() }
    }

    /// The quotas of tenants without values of their own.
    pub fn of_all(&self) -> Quotas {
        self.of_all
    }

    /// The quotas in force for this tenant.
    pub fn of(&self, tenant: &TenantName) -> Quotas {
        self.of_all.with(self.own.load().get(tenant).copied().unwrap_or_default())
    }

    /// Reads the tenants' own values again.
    ///
    /// # Errors
    /// When the ledger cannot be read. The values read before stay in force.
    pub async fn refresh(&self, ledger: &Ledger) -> Result<(), LedgerError> {
        let own = tenants::list(ledger).await?.into_iter().collect();
        self.own.store(std::sync::Arc::new(own));
        Ok(())
    }

    /// Takes a unit of the tenant's requests of this second.
    ///
    /// # Errors
    /// `RATE_LIMIT_EXCEEDED` with `quota`.
    pub fn take_request(&self, tenant: &TenantName, now_us: u64) -> Result<(), ApiError> {
        let most = self.of(tenant).requests_per_second;
        if most == 0 {
            return Ok(());
        }
        let per_second = u32::try_from(most).unwrap_or(u32::MAX);
        let rate = Rate::per_second(per_second, per_second);
        let mut buckets = self.full_at_us.lock().unwrap_or_else(PoisonError::into_inner);
        if buckets.len() >= BUCKETS_MAX {
            buckets.retain(|_, full_at_us| *full_at_us > now_us);
        }
        let full_at_us = buckets.entry(tenant.clone()).or_default();
        let decision = rate.take(*full_at_us, now_us);
        *full_at_us = decision.full_at_us;
        if decision.allowed {
            return Ok(());
        }
        let seconds = u32::try_from(decision.retry_after_us.div_ceil(1_000_000)).unwrap_or(u32::MAX).max(1);
        let exceeded = QuotaExceeded { quota: Quota::Requests, most, has: most, more: 1 };
        Err(refusal(exceeded).retry_after(seconds))
    }
}
