//! What is counted.

/// A request passed without a look at the blacklist, because its store did not answer.
pub(crate) const BLACKLIST_LET_THROUGH: &str = "onsale_gateway_blacklist_let_through_total";
/// A request passed without its buckets, because their store did not answer.
pub(crate) const LIMITS_LET_THROUGH: &str = "onsale_gateway_limits_let_through_total";
/// A service could not be reached, broke off, or answered too late.
pub(crate) const FAILURES: &str = "onsale_gateway_failures_total";
/// A call was refused while its service rests.
pub(crate) const RESTS: &str = "onsale_gateway_refused_at_rest_total";

/// Counters without labels, to be shown with 0 from the start.
pub const COUNTERS: &[&str] = &[BLACKLIST_LET_THROUGH, LIMITS_LET_THROUGH];
