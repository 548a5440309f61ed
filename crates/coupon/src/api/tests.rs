//! The routes on the real engine and the real tables, without the parts that would complete a half-done call: no relay, no
//! consumer, no task that follows the ledger.

use super::routes;
use crate::CouponService;
use crate::campaigns::open_with_stock;
use crate::on_their_way::{NothingOnItsWay, OnTheirWay};
use crate::rows::{campaigns, coupons};
use crate::schema::SCHEMA;
use access::callers::Callers;
use access::keys::{Caller, KeyRing, make};
use async_trait::async_trait;
use axum::Router;
use axum::body::Body;
use axum::response::Response;
use domain::message::CouponIssued;
use domain::{CampaignId, CouponId, CouponStatus, EventName, TenantName, UserId};
use hot::embedded::{EmbeddedEngine, JournalOptions};
use hot::{CouponPort, IssueRequest};
use http::{Method, Request, StatusCode};
use ledger::{Ledger, LedgerOptions};
use serde_json::{Value, json};
use std::convert::Infallible;
use std::future::{Future, poll_fn};
use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::task::Poll;
use std::time::Duration;
use tempfile::TempDir;
use tower::ServiceExt;
use uuid::Uuid;

const DEADLINE: Duration = Duration::from_secs(60);
/// More than the calls of a test, each of which has a coupon of its own.
const STOCK: u32 = 200;

/// The service with an open campaign.
struct Shop {
    _folder: TempDir,
    ledger: Ledger,
    engine: EmbeddedEngine,
    routes: Router,
    key: String,
    sale: CampaignId,
}

impl Shop {
    async fn open() -> Self {
        Self::with(Arc::new(NothingOnItsWay)).await
    }

    async fn with(on_their_way: Arc<dyn OnTheirWay>) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let ledger = Ledger::connect(&SCHEMA.embedded_url(folder.path()), &SCHEMA, LedgerOptions::default())
            .await
            .expect("connects");
        ledger.migrate().await.expect("migrates");
        let engine = EmbeddedEngine::open(folder.path(), JournalOptions::default()).expect("opens");
        let key = make(&ledger, &Caller::Administrator, clock::now()).await.expect("made").text;
        let service = CouponService {
            port: Arc::new(engine.clone()),
            ledger: ledger.clone(),
            on_their_way,
            callers: Callers::by_table(KeyRing::load(ledger.clone()).await.expect("read"), false),
            redeem_hold_seconds: 900,
        };
        let sale = CampaignId::new(TenantName::default_tenant(), EventName::new("sale").expect("a name"));
        service.create_campaign(open_with_stock(sale.clone(), "Sale", STOCK)).await.expect("created");
        Self { _folder: folder, ledger, engine, routes: routes(service), key, sale }
    }

    /// A call, which begins when it is first polled.
    fn call(&self, path: &str, body: &Value) -> impl Future<Output = Result<Response, Infallible>> + use<> {
        let request = Request::builder().method(Method::POST).uri(path).header("x-api-key", &self.key);
        let request = request.header("content-type", "application/json").body(Body::from(body.to_string()));
        self.routes.clone().oneshot(request.expect("a request"))
    }

    /// Gives the user a coupon that is in the hot state and in the tables.
    async fn give(&self, user: &str) -> CouponId {
        let user = UserId::new(user).expect("a name");
        let request = IssueRequest {
            campaign: self.sale.clone(),
            user: user.clone(),
            key: None,
            admitted: false,
            coupon_id: None,
        };
        self.engine.issue(vec![request], clock::now()).await.remove(0).expect("decided");
        let held = self.engine.coupons_of(&self.sale, &user).await.expect("read").expect("there");
        let coupon = held.first().expect("it was given");
        let row = CouponIssued {
            tenant: self.sale.tenant.to_string(),
            campaign_id: self.sale.event.to_string(),
            coupon_id: coupon.coupon_id,
            user_id: user.to_string(),
            serial: coupon.serial,
            nth_of_user: coupon.nth_of_user,
            issued_at_ms: coupon.issued_at.0,
        };
        let change = self.ledger.begin().await.expect("begins");
        let refused = coupons::keep_issued(&change, &[(Uuid::new_v4(), row)]).await.expect("kept");
        assert!(refused.is_empty(), "{refused:?}");
        change.commit().await.expect("commits");
        coupon.coupon_id
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

/// A bus with one message on its way, until it has been asked this many times.
struct SlowBus(AtomicU64);

#[async_trait]
impl OnTheirWay for SlowBus {
    async fn count(&self) -> Result<u64, String> {
        let left = self.0.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |left| Some(left.saturating_sub(1)));
        Ok(left.unwrap_or_default().min(1))
    }

    async fn coupons(&self) -> Result<Vec<CouponIssued>, String> {
        Ok(Vec::new())
    }
}

/// While coupons are on their way to the tables, an unknown one may be among them. It is read again, and reported as
/// unknown only when they have arrived without it.
#[tokio::test]
async fn an_unknown_coupon_is_not_found_once_nothing_is_on_its_way() {
    let unknown = "/api/v1/coupons/00000000-0000-4000-8000-000000000000/redeem";
    let order = json!({"order_id": "order-1", "amount": 1});
    for (reads, status) in
        [(0, StatusCode::NOT_FOUND), (3, StatusCode::NOT_FOUND), (u64::MAX, StatusCode::SERVICE_UNAVAILABLE)]
    {
        let shop = Shop::with(Arc::new(SlowBus(AtomicU64::new(reads)))).await;
        let answer = shop.call(unknown, &order).await.expect("never fails");
        assert_eq!(answer.status(), status, "after {reads} reads");
    }
}
