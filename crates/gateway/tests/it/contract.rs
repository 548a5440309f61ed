//! The contract, route by route, apart from the table.

use crate::stack::{Stack, bearer};
use domain::account::UserRole::{Admin, User};

/// The contract's own words, apart from the table of routes: what nobody, a USER and an ADMIN hear.
#[tokio::test]
async fn the_contract_is_kept_route_by_route() {
    let front = Stack::default().telling();
    let (open, token, admin) = ([200, 200, 200], [401, 200, 200], [401, 403, 200]);
    for (method, path, [nobody, user, administrator]) in [
        ("POST", "/auth/signup", open),
        ("POST", "/auth/login", open),
        ("POST", "/auth/refresh", open),
        ("POST", "/auth/logout", token),
        ("POST", "/auth/reactivate", open),
        ("POST", "/auth/password/reset", open),
        ("POST", "/auth/email/code", open),
        ("POST", "/auth/email/verify", open),
        ("GET", "/auth/terms", open),
        ("POST", "/auth/terms", admin),
        ("GET", "/auth/oauth2/kakao", open),
        ("GET", "/auth/oauth2/kakao/callback", open),
        ("POST", "/auth/oauth2/kakao/link", token),
        ("GET", "/users/me", token),
        ("PUT", "/users/me/password", token),
        ("GET", "/users/me/logins", token),
        ("PUT", "/users/me/consents", token),
        ("DELETE", "/users/me/social/kakao", token),
        ("GET", "/events", open),
        ("GET", "/events/1", open),
        ("POST", "/events", admin),
        ("PATCH", "/events/1", admin),
        ("DELETE", "/events/1", admin),
        ("POST", "/events/1/open", admin),
        ("POST", "/events/1/cancel", admin),
        ("GET", "/events/1/schedules", open),
        ("GET", "/events/schedules/1", open),
        ("GET", "/events/schedules/1/seats", open),
        ("GET", "/events/schedules/1/plan", open),
        ("GET", "/venues", open),
        ("POST", "/venues", admin),
        ("PUT", "/venues/1", admin),
        ("DELETE", "/venues/1", admin),
        ("POST", "/venues/1/halls", admin),
        ("PUT", "/venues/1/halls/2", admin),
        ("POST", "/queue/enter", token),
        ("GET", "/queue/status", token),
        ("GET", "/queue/stream", token),
        ("DELETE", "/queue/leave", token),
        ("GET", "/queue/serving/1", open),
        ("GET", "/queue/stream/1", open),
        ("GET", "/queue/admin/stats", admin),
        ("PUT", "/queue/admin/1/rate", admin),
        ("GET", "/reservations", token),
        ("DELETE", "/reservations/1", token),
        ("DELETE", "/reservations/hold/1", token),
        ("GET", "/tickets/keys", open),
        ("GET", "/tickets/verify/a.b", open),
        ("POST", "/tickets/verify", admin),
        ("POST", "/tickets/verify/batch", admin),
        ("GET", "/tickets/doors/1", admin),
        ("GET", "/payments", token),
        ("GET", "/payments/1", token),
        ("POST", "/payments/webhook", open),
        ("GET", "/api/v1/coupons/campaigns", open),
        ("GET", "/api/v1/coupons/mine", token),
        ("POST", "/api/v1/coupons/issue", open),
        ("GET", "/api/v1/admin/audit", admin),
        ("GET", "/api/v1/admin/dead-letters", admin),
        ("POST", "/gate/events/shoes/enqueue", open),
        ("POST", "/issue/events/shoes", open),
        ("GET", "/health", open),
        ("GET", "/openapi.json", open),
    ] {
        for (headers, status) in [
            (vec![], nobody),
            (vec![("authorization", bearer(User))], user),
            (vec![("authorization", bearer(Admin))], administrator),
        ] {
            let headers: Vec<(&str, &str)> = headers.iter().map(|(name, value)| (*name, value.as_str())).collect();
            let answer = front.call(method, path, &headers, "").await;
            assert_eq!(answer.status, status, "{method} {path} {headers:?}");
        }
    }
}
