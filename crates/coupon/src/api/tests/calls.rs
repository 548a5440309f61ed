//! A process that ends between the effect of a call and its answer: the repeated call changes nothing and is answered.

use super::*;
use ::call::Keyed;
use ledger::calls::audit::{self, Filter};
use ledger::calls::kept::{self, Answer, Found};
use onsale_http::calls::Answers;
use onsale_http::{ApiError, Calls, with_calls};

/// Keeps no answer, as a process that ends before it can.
struct Dying(Ledger);

#[async_trait::async_trait]
impl Answers for Dying {
    async fn find(&self, keyed: &Keyed) -> Result<Found, ApiError> {
        Ok(kept::find(&self.0, keyed).await?)
    }

    async fn keep(&self, _: &Keyed, _: &Answer) -> Result<Found, ApiError> {
        Err(ApiError::unavailable())
    }
}

/// A call: its name, method, path and body.
type Step = (&'static str, Method, String, Value);

/// One call after the other, each with its effect.
fn steps(coupon: CouponId, other: CouponId) -> Vec<Step> {
    let campaign = |rest: &str| format!("/api/v1/admin/campaigns/made{rest}");
    let coupon = |rest: &str| format!("/api/v1/coupons/{coupon}/{rest}");
    let new = json!({"event_id": "made", "name": "Made", "stock": 5});
    let order = json!({"order_id": "o"});
    vec![
        ("create", Method::POST, "/api/v1/admin/campaigns".into(), new),
        ("change", Method::PATCH, campaign(""), json!({"name": "Changed"})),
        ("stock", Method::POST, campaign("/stock"), json!({"add": 10})),
        ("open", Method::POST, campaign("/open"), json!({})),
        ("pause", Method::POST, campaign("/pause"), json!({})),
        ("resume", Method::POST, campaign("/resume"), json!({})),
        ("close", Method::POST, campaign("/close"), json!({})),
        ("short", Method::POST, "/api/v1/admin/events/short/stock?initial_stock=3".into(), json!({})),
        ("redeem", Method::POST, coupon("redeem"), json!({"order_id": "o", "amount": 5_000})),
        ("cancel", Method::POST, coupon("redeem/cancel"), order.clone()),
        ("again", Method::POST, coupon("redeem"), json!({"order_id": "o", "amount": 5_000})),
        ("confirm", Method::POST, coupon("redeem/confirm"), order.clone()),
        ("undo", Method::POST, coupon("redeem/undo"), order),
        ("revoke", Method::POST, format!("/api/v1/coupons/{other}/revoke"), json!({"return_to_stock": true})),
    ]
}

struct Keys {
    shop: Shop,
    dying: Router,
    whole: Router,
}

impl Keys {
    async fn open() -> Self {
        let shop = Shop::open().await;
        let callers = Callers::by_table(KeyRing::load(shop.ledger.clone()).await.expect("read"), false);
        let around = |answers: Arc<dyn Answers>| {
            with_calls(shop.routes.clone(), Calls::new(callers.identify(), answers, DEADLINE))
        };
        let dying = around(Arc::new(Dying(shop.ledger.clone())));
        let whole = around(Arc::new(shop.ledger.clone()));
        Self { shop, dying, whole }
    }

    async fn call(&self, routes: &Router, (name, method, path, body): &Step) -> (StatusCode, bool, Value) {
        let request = Request::builder().method(method).uri(path).header("x-api-key", &self.shop.key);
        let request = request.header("content-type", "application/json").header("idempotency-key", *name);
        let request = request.body(Body::from(body.to_string())).expect("a request");
        let response = routes.clone().oneshot(request).await.expect("never fails");
        let (status, replayed) = (response.status(), response.headers().contains_key("idempotency-replayed"));
        let bytes = axum::body::to_bytes(response.into_body(), 1 << 20).await.expect("a body");
        (status, replayed, serde_json::from_slice(&bytes).unwrap_or_default())
    }

    async fn entries(&self) -> u64 {
        audit::list(&self.shop.ledger, &Filter::default(), 0, 1).await.expect("read").1
    }

    async fn revision(&self) -> Option<(u64, u32)> {
        let id = CampaignId::new(TenantName::default_tenant(), EventName::new("made").expect("a name"));
        let campaign = campaigns::get(&self.shop.ledger, &id).await.expect("read");
        campaign.map(|campaign| (campaign.revision, campaign.stock))
    }
}

#[tokio::test]
async fn what_stands_is_not_done_again_and_is_answered() {
    let keys = Keys::open().await;
    let (coupon, other) = (keys.shop.give("ann").await, keys.shop.give("bob").await);
    for step in steps(coupon, other) {
        let name = step.0;
        let (status, replayed, first) = keys.call(&keys.dying, &step).await;
        assert!(status.is_success() && !replayed, "{name}: {status} {first}");
        let (entries, revision) = (keys.entries().await, keys.revision().await);

        let (status_again, replayed, again) = keys.call(&keys.whole, &step).await;
        assert_eq!((status_again, replayed), (status, false), "{name}: {again}");
        assert_eq!(again, first, "{name}");
        assert_eq!((keys.entries().await, keys.revision().await), (entries, revision), "{name}: one effect");

        let (status_told, replayed, told) = keys.call(&keys.whole, &step).await;
        assert_eq!((status_told, replayed, told), (status, true, first), "{name}");
        assert_eq!((keys.entries().await, keys.revision().await), (entries, revision), "{name}: one effect");
    }
    assert_eq!(keys.revision().await.expect("there").1, 15, "stock was added once");
    // create, change, stock, open, pause, resume, close, short, revoke.
    assert_eq!(keys.entries().await, 9);
}

/// The coupon has gone on since: the repeated call is told what is, and changes nothing.
#[tokio::test]
async fn a_step_that_was_made_and_undone_since_is_not_made_again() {
    let keys = Keys::open().await;
    let coupon = keys.shop.give("ann").await;
    let all = steps(coupon, coupon);
    let step = |name: &str| all.iter().find(|step| step.0 == name).expect("a step").clone();
    let (redeem, cancel) = (step("redeem"), step("cancel"));
    assert_eq!(keys.call(&keys.dying, &redeem).await.2["status"], "RESERVED");
    assert_eq!(keys.call(&keys.whole, &cancel).await.2["status"], "ISSUED");
    let (status, _, again) = keys.call(&keys.whole, &redeem).await;
    assert_eq!((status, &again["status"]), (StatusCode::OK, &json!("ISSUED")), "{again}");
}
