//! Quotas that are asked with every request.

use access::TenantQuotas;
use domain::quota::Quotas;
use domain::{ErrorCode, TenantName};

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
