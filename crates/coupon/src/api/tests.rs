//! The routes on the real engine and the real tables, without the parts that would complete a half-done call: no relay, no
//! consumer, no task that follows the ledger.

mod calls;
mod purchases;

use super::{internal_routes, routes};
use crate::CouponService;
use crate::campaigns::open_with_stock;
use crate::in_flight::NothingInFlight;
use crate::rows::{campaigns, coupons};
use crate::schema::SCHEMA;
use crate::steps::CouponSteps;
use access::InternalKeys;
use access::callers::Callers;
use access::keys::{Caller, KeyRing};
use access::making::{Restrictions, make};
use axum::Router;
use axum::body::Body;
use axum::response::Response;
use domain::message::CouponIssued;
use domain::quota::Quotas;
use domain::{CampaignId, Coupon, CouponId, CouponStatus, EventName, TenantName, UserId};
use hot::embedded::{EmbeddedEngine, JournalOptions};
use hot::{CouponPort, IssueRequest};
use http::{Method, Request, StatusCode};
use ledger::group::GroupCommit;
use ledger::{Ledger, LedgerOptions};
use serde_json::{Value, json};
use std::convert::Infallible;
use std::future::{Future, poll_fn};
use std::pin::pin;
use std::sync::Arc;
use std::task::Poll;
use std::time::Duration;
use tempfile::TempDir;
use tower::ServiceExt;
use uuid::Uuid;

/// The key of the role `payment`.
const INTERNAL_KEY: &str = "payment-key";
const DEADLINE: Duration = Duration::from_secs(60);
/// More than the calls of a test, each of which has a coupon of its own.
const STOCK: u32 = 200;

/// The service with an open campaign.
struct Shop {
    _folder: TempDir,
    ledger: Ledger,
    engine: EmbeddedEngine,
    routes: Router,
    internal: Router,
    service: CouponService,
    key: String,
    sale: CampaignId,
}

impl Shop {
    async fn open() -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let ledger = Ledger::connect(&SCHEMA.embedded_url(folder.path()), &SCHEMA, LedgerOptions::default())
            .await
            .expect("connects");
        ledger.migrate().await.expect("migrates");
        let engine = EmbeddedEngine::open(folder.path(), JournalOptions::default()).expect("opens");
        let key = make(&ledger, &Caller::Administrator, Restrictions::default(), Quotas::default(), clock::now())
            .await
            .expect("made")
            .text;
        let service = CouponService {
            public_lists: Some(Arc::default()),
            port: Arc::new(engine.clone()),
            ledger: ledger.clone(),
            steps: GroupCommit::start(&ledger, CouponSteps),
            in_flight: Arc::new(NothingInFlight),
            callers: Callers::by_table(KeyRing::load(ledger.clone()).await.expect("read"), false),
            arrivals: Arc::default(),
            changed: Arc::default(),
            quotas: Arc::default(),
            gated_campaigns: Arc::default(),
            gates: None,
            redeem_hold_seconds: 900,
        };
        let sale = CampaignId::new(TenantName::default_tenant(), EventName::new("sale").expect("a name"));
        service.create_campaign(open_with_stock(sale.clone(), "Sale", STOCK)).await.expect("created");
        let internal = internal_routes(service.clone(), InternalKeys::accepting([INTERNAL_KEY]));
        Self { _folder: folder, ledger, engine, routes: routes(service.clone()), internal, service, key, sale }
    }

    /// A call, which begins when it is first polled.
    fn call(&self, path: &str, body: &Value) -> impl Future<Output = Result<Response, Infallible>> + use<> {
        let request = Request::builder().method(Method::POST).uri(path).header("x-api-key", &self.key);
        let request = request.header("content-type", "application/json").body(Body::from(body.to_string()));
        self.routes.clone().oneshot(request.expect("a request"))
    }

    /// Gives the user a coupon that is in the hot state and in the tables.
    async fn give(&self, user: &str) -> CouponId {
        let coupon = self.decide(&self.sale, user).await;
        self.store(&self.sale, &coupon).await;
        coupon.coupon_id
    }

    /// Gives the user a coupon that is in the hot state alone.
    async fn decide(&self, sale: &CampaignId, user: &str) -> Coupon {
        let user = UserId::new(user).expect("a name");
        let request =
            IssueRequest { campaign: sale.clone(), user: user.clone(), key: None, admitted: false, coupon_id: None };
        self.engine.issue(vec![request], clock::now()).await.remove(0).expect("decided");
        let held = self.engine.coupons_of(sale, &user).await.expect("read").expect("there");
        held.first().expect("it was given").clone()
    }

    /// Stores the row of a coupon.
    async fn store(&self, sale: &CampaignId, coupon: &Coupon) {
        let change = self.ledger.begin().await.expect("begins");
        let row = CouponIssued::of(sale, coupon);
        let refused = coupons::keep_issued(&change, &[(Uuid::new_v4(), row)]).await.expect("kept");
        assert!(refused.is_empty(), "{refused:?}");
        change.commit().await.expect("commits");
    }

    /// The number of revoked coupons in the ledger and in the hot state.
    async fn revoked(&self, given: &[CouponId]) -> (usize, usize) {
        let rows = coupons::by_ids(&self.ledger, &self.sale.tenant, given).await.expect("read");
        let kept = rows.iter().filter(|row| row.usage.status == CouponStatus::Revoked).count();
        let decided = self.engine.coupons(&self.sale).await.expect("read");
        (kept, decided.iter().filter(|coupon| coupon.revoked).count())
    }

    /// The stock in the ledger and in the hot state.
    async fn stock(&self) -> (u32, u32) {
        let kept = campaigns::get(&self.ledger, &self.sale).await.expect("read").expect("there");
        let decided = self.engine.campaign(&self.sale).await.expect("read").expect("there");
        (kept.stock, decided.stock)
    }
}

/// Drops a call after it has waited this many times, as the server does when its caller disconnects. Returns the reply, or
/// `None` if there was none before.
async fn abandoned_after(waits: usize, call: impl Future<Output = Result<Response, Infallible>>) -> Option<Response> {
    let mut call = pin!(call);
    let mut left = waits;
    let outcome = poll_fn(|context| {
        let polled = call.as_mut().poll(context);
        if polled.is_ready() {
            return polled.map(Some);
        }
        left = left.saturating_sub(1);
        if left == 0 { Poll::Ready(None) } else { Poll::Pending }
    });
    outcome.await.map(|answer| answer.expect("never fails"))
}

/// Waits until both values of the pair are the expected one.
async fn until_both<T: PartialEq + Copy + std::fmt::Debug>(expected: T, mut read: impl AsyncFnMut() -> (T, T)) {
    let mut found = read().await;
    let settled = tokio::time::timeout(DEADLINE, async {
        while found != (expected, expected) {
            tokio::time::sleep(Duration::from_millis(5)).await;
            found = read().await;
        }
    });
    let settled = settled.await.is_ok();
    assert!(settled, "ledger and hot state are {found:?} and should both be {expected:?}");
}

/// The change is completed, wherever the caller disconnects.
#[tokio::test]
async fn a_revocation_is_completed_after_its_caller_disconnects() {
    let shop = Shop::open().await;
    let mut given = Vec::new();
    for waits in 1.. {
        let coupon = shop.give(&format!("user-{waits}")).await;
        given.push(coupon);
        let path = format!("/api/v1/coupons/{coupon}/revoke");
        let answer = abandoned_after(waits, shop.call(&path, &json!({"return_to_stock": true}))).await;
        if let Some(answer) = answer {
            assert_eq!(answer.status(), StatusCode::OK);
            break;
        }
    }
    assert!(given.len() > 1, "no caller disconnected");
    until_both(given.len(), || shop.revoked(&given)).await;
}

#[tokio::test]
async fn a_change_of_a_campaign_is_completed_after_its_caller_disconnects() {
    let shop = Shop::open().await;
    let mut calls = 0;
    for waits in 1.. {
        calls += 1;
        let adding = shop.call("/api/v1/admin/campaigns/sale/stock", &json!({"add": 1}));
        if let Some(answer) = abandoned_after(waits, adding).await {
            assert_eq!(answer.status(), StatusCode::OK);
            break;
        }
    }
    assert!(calls > 1, "no caller disconnected");
    until_both(STOCK + calls, || shop.stock()).await;
}

/// While the tenant's coupons are on their way to the tables, an unknown one may be among them. It is reported as unknown
/// only when it cannot be; other tenants' coupons do not matter.
#[tokio::test]
async fn an_unknown_coupon_is_not_found_once_nothing_of_the_tenant_is_on_its_way() {
    let shop = Shop::open().await;
    let unknown = "/api/v1/coupons/00000000-0000-4000-8000-000000000000/redeem";
    let order = json!({"order_id": "order-1", "amount": 1});
    let ask = async |path: &str| shop.call(path, &order).await.expect("never fails").status();
    assert_eq!(ask(unknown).await, StatusCode::NOT_FOUND, "nothing was given");
    let stored = shop.give("stored").await;
    assert_eq!(ask(unknown).await, StatusCode::NOT_FOUND, "all that was given is stored");
    assert_eq!(ask(&format!("/api/v1/coupons/{stored}/redeem")).await, StatusCode::OK);

    let late = shop.decide(&shop.sale, "late").await;
    assert_eq!(ask(unknown).await, StatusCode::SERVICE_UNAVAILABLE, "it may be the one on its way");
    assert_eq!(
        ask(&format!("{unknown}?tenant=acme")).await,
        StatusCode::NOT_FOUND,
        "another tenant has none on its way"
    );
    let path = format!("/api/v1/coupons/{}/redeem", late.coupon_id);
    let (waiting, ()) = tokio::join!(ask(&path), async {
        tokio::time::sleep(Duration::from_millis(100)).await;
        shop.store(&shop.sale, &late).await;
    });
    assert_eq!(waiting, StatusCode::OK, "the call joins the coupon that is on its way");
    assert_eq!(ask(unknown).await, StatusCode::NOT_FOUND);
}
