//! What a person's token opens on the routes of keys (amendment 38): `access::Callers` behind the filters.

use crate::stack::{Stack, bearer};
use access::extract::NamedCaller;
use access::remote::RemoteKeys;
use access::{AdministratorCaller, Callers, OpenCaller, TenantCaller};
use axum::Router;
use axum::routing::{get, post};
use domain::account::UserRole::{Admin, User};
use utoipa::OpenApi;

#[utoipa::path(get, path = "/api/v1/coupons/user/{user_id}/event/{event_id}", security(("apiKey" = ["read"])), responses((status = 200)))]
async fn look_up(OpenCaller(tenant): OpenCaller) -> String {
    tenant.to_string()
}

#[utoipa::path(get, path = "/api/v1/coupons/status/{event_id}", security(("apiKey" = ["read"])), params(("tenant" = Option<String>, Query)), responses((status = 200)))]
async fn status(NamedCaller(tenant): NamedCaller) -> String {
    tenant.to_string()
}

#[utoipa::path(post, path = "/api/v1/admin/events/{event_id}/stock", security(("apiKey" = ["admin"])), responses((status = 200)))]
async fn short_form(OpenCaller(tenant): OpenCaller) -> String {
    tenant.to_string()
}

#[utoipa::path(get, path = "/api/v1/admin/campaigns", security(("apiKey" = ["read"])), params(("tenant" = Option<String>, Query)), responses((status = 200)))]
async fn campaigns(caller: TenantCaller) -> String {
    format!("{} {}", caller.tenant, caller.is_administrator)
}

#[utoipa::path(post, path = "/queue/admin/{line}/pause", security(("apiKey" = ["admin"])), responses((status = 200)))]
async fn pause(_: AdministratorCaller) -> &'static str {
    "paused"
}

#[derive(OpenApi)]
#[openapi(paths(look_up, status, short_form, campaigns, pause))]
struct Document;

fn services(open: bool) -> Router {
    // No coupon server answers: no key is in force.
    let keys = RemoteKeys::new("http://127.0.0.1:1", "key".into(), None).expect("a client");
    let callers = Callers { open, ..Callers::by_coupon_role(keys) };
    callers.scopes.declare(&Document::openapi());
    Router::new()
        .route("/api/v1/coupons/user/{user_id}/event/{event_id}", get(look_up))
        .route("/api/v1/coupons/status/{event_id}", get(status))
        .route("/api/v1/admin/events/{event_id}/stock", post(short_form))
        .route("/api/v1/admin/campaigns", get(campaigns))
        .route("/queue/admin/{line}/pause", post(pause))
        .with_state(callers)
}

#[tokio::test]
async fn an_administrators_token_is_a_key_and_a_users_is_a_persons() {
    let (user, admin) = (bearer(User), bearer(Admin));
    for open in [false, true] {
        let front = Stack::default().around(services(open));
        let nobody_opens = if open { 200 } else { 401 };
        for (method, path, nobody, of_user, of_admin) in [
            ("GET", "/api/v1/coupons/user/ann/event/shoes", nobody_opens, 200, 200),
            ("GET", "/api/v1/coupons/status/shoes", nobody_opens, 200, 200),
            ("GET", "/api/v1/coupons/status/shoes?tenant=acme", if open { 403 } else { 401 }, 403, 200),
            ("POST", "/api/v1/admin/events/shoes/stock", nobody_opens, 403, 200),
            ("GET", "/api/v1/admin/campaigns", 401, 403, 200),
            ("GET", "/api/v1/admin/campaigns?tenant=acme", 401, 403, 200),
            ("POST", "/queue/admin/shop/pause", 401, 403, 200),
        ] {
            let what = format!("{method} {path}, open: {open}");
            assert_eq!(front.call(method, path, &[], "").await.status, nobody, "{what}");
            assert_eq!(
                front.call(method, path, &[("authorization", &user)], "").await.status,
                of_user,
                "{what} by a user"
            );
            let answer = front.call(method, path, &[("authorization", &admin)], "").await;
            assert_eq!(answer.status, of_admin, "{what} by an administrator: {answer:?}");
            // A bad token is refused wherever a caller is identified, also with what would be a good one beside it.
            let bad = [("authorization", "Bearer a.b.c")];
            let answer = front.call(method, path, &bad, "").await;
            assert_eq!((answer.status, answer.code().as_str()), (401, "INVALID_TOKEN"), "{what} by a bad token");
            // A key that is not in force counts before the good token.
            for token in [&user, &admin] {
                let both = [("authorization", &**token), ("x-api-key", "nonsense")];
                assert_eq!(front.call(method, path, &both, "").await.status, 401, "{what} with a bad key");
            }
        }
        let named = front.get("/api/v1/admin/campaigns?tenant=acme", &[("authorization", &admin)]).await;
        assert_eq!(named.bytes, b"acme true");
        let unknown = front.get("/api/v1/admin/campaigns?other=1", &[("authorization", &admin)]).await;
        assert_eq!(unknown.status, 400, "parameters are judged as with a key");
    }
}
