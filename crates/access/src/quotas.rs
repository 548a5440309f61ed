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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_requests_of_a_tenant_are_limited_and_those_of_another_are_not() {
        let quotas = TenantQuotas::new(Quotas { requests_per_second: 2, ..Quotas::default() });
        let tenant = |name| TenantName::new(name).expect("a name");
        let (acme, bolt) = (tenant("acme"), tenant("bolt"));
        assert_eq!((0..5).filter(|_| quotas.take_request(&acme, 1).is_ok()).count(), 2);
        let refused = quotas.take_request(&acme, 1).expect_err("too many");
        assert_eq!((refused.code, refused.retry_after_seconds), (ErrorCode::RateLimitExceeded, Some(1)));
        assert_eq!(refused.extra, [("quota", "requests".to_owned())]);
        assert!(quotas.take_request(&bolt, 1).is_ok());
        assert!(quotas.take_request(&acme, 1_000_001).is_ok());
        let without = TenantQuotas::default();
        assert!((0..10_000).all(|_| without.take_request(&acme, 1).is_ok()), "0 is no limit");
    }
}
