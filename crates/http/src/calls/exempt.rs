//! The routes at which `Idempotency-Key` is ignored, or has a rule of its own (contract: "Idempotency").

/// Beginnings of exempt routes.
const UNDER: [&str; 8] = [
    "/auth/",
    "/users/me/password",
    "/session",
    "/payments/webhook",
    "/internal/",
    "/sandbox/",
    "/issue/",
    // Forms of visitors without a key.
    "/wait/",
];
/// Whole routes: a coupon's yes is for good, under a rule of its own.
const EXACT: [&str; 2] = ["/api/v1/coupons/issue", "/enqueue"];
/// Ends of routes.
const ENDS: [&str; 2] = ["/enqueue", "/processing/complete"];

/// Whether the header says nothing to this layer on the route.
pub(crate) fn is_exempt(route: &str) -> bool {
    EXACT.contains(&route)
        || ENDS.iter().any(|end| route.ends_with(end))
        || UNDER.iter().any(|start| route.starts_with(start))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn exceptions_are_those_of_the_contract() {
        for route in ["/enqueue", "/gate/events/{event_id}/enqueue", "/issue/events/{event_id}", "/session/renew"] {
            assert!(is_exempt(route), "{route}");
        }
        for route in ["/api/v1/admin/campaigns", "/queue/admin/{line}/pause", "/api/v1/coupons/{coupon_id}/redeem"] {
            assert!(!is_exempt(route), "{route}");
        }
    }
}
