//! One pass gives one coupon, on every route and however often it is used.

use super::faulty_lines::FaultyLines;
use super::{coupons, settings};
use crate::campaigns::open_with_stock;
use crate::gate::passes::IssueResult;
use crate::gate::queueing::{EnqueueStatus, RankStatus};
use crate::gate::{DispatchMode, GateService, GateSettings};
use crate::issue::{CouponIssuing, Decider, Pending};
use domain::line::{LineId, LineStatus};
use domain::{Campaign, CampaignId, CouponId, EventName, IdempotencyKey, IssueOutcome, PassId, TenantName, UserId};
use futures::future::join_all;
use hot::IssueRequest;
use hot::embedded::{EmbeddedLines, JournalOptions};
use hot::line::{Clock, LinePort, LineUser};
use lines::LineClient;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;
use tempfile::TempDir;
use uuid::Uuid;

const PATIENCE: Duration = Duration::from_secs(60);
/// Calls at once.
const CALLS: usize = 24;

/// A campaign behind a gate, with two coupons for each user.
struct Scene {
    _folder: TempDir,
    lines: Arc<FaultyLines>,
    gate: GateService,
    issuing: CouponIssuing,
    sale: CampaignId,
    ann: UserId,
}

/// The reply to a call, with the key of the call.
#[derive(Debug)]
enum Reply {
    GateRoute(IssueResult),
    CouponRoute(Option<IdempotencyKey>, IssueOutcome),
}

impl Reply {
    /// Whether the call succeeded, and the coupon that the reply names, if it names one.
    fn success_and_coupon(&self) -> (bool, Option<CouponId>) {
        match self {
            Self::GateRoute(result) => (*result == IssueResult::Success, None),
            Self::CouponRoute(_, IssueOutcome::Issued { coupon, .. }) => (true, Some(coupon.coupon_id)),
            Self::CouponRoute(_, IssueOutcome::AlreadyIssued { coupon, .. }) => (false, Some(coupon.coupon_id)),
            Self::CouponRoute(..) => (false, None),
        }
    }
}

fn key(number: usize) -> Option<IdempotencyKey> {
    IdempotencyKey::new(format!("key-{number}").as_bytes())
}

impl Scene {
    async fn new() -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let coupons = coupons(folder.path()).await;
        let sale = CampaignId::new(TenantName::default_tenant(), EventName::new("shoes").expect("a name"));
        let campaign = Campaign { gated: true, per_user_limit: 2, ..open_with_stock(sale.clone(), "Shoes", 10) };
        coupons.create_campaign(campaign).await.expect("created");
        let lines = EmbeddedLines::open(folder.path(), JournalOptions::default()).expect("opened");
        let lines = Arc::new(FaultyLines::new(lines));
        let settings = GateSettings { mode: DispatchMode::ActiveQueue, dispatch_per_second: 1_000, ..settings() };
        let gate = GateService::new(LineClient::new(lines.clone()), coupons.clone(), settings);
        let decider = Decider::new(gate.coupons.port.clone());
        let issuing = CouponIssuing::new(decider, Some(Arc::new(gate.clone())));
        let ann = UserId::new("ann").expect("a name");
        Self { _folder: folder, lines, gate, issuing, sale, ann }
    }

    fn line_user(&self) -> LineUser {
        LineUser { line: LineId::Gate(self.sale.clone()), user: self.ann.clone() }
    }

    async fn is_inside(&self) -> bool {
        let status = self.lines.check_in(vec![self.line_user()], Clock::Engine).await.remove(0).expect("answers");
        matches!(status, LineStatus::Inside { .. })
    }

    /// Queues until the user has a pass.
    async fn admit(&self) {
        let enqueued = self.gate.enqueue(&self.sale, &self.ann, None).await.expect("enqueued");
        assert_eq!(enqueued.status, EnqueueStatus::Enqueued);
        let begun = std::time::Instant::now();
        while !self.is_inside().await {
            assert!(begun.elapsed() < PATIENCE, "no pass in time");
            self.lines
                .admit(&self.line_user().line, vec![PassId(Uuid::new_v4())], Clock::Engine)
                .await
                .expect("admitted");
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    }

    /// Ends the pass without an outcome, as when it expires after the outcome was lost.
    async fn pass_ends(&self) {
        assert!(self.lines.leave(&self.line_user(), Clock::Engine).await.expect("answers"));
    }

    async fn ask(&self, key: Option<IdempotencyKey>) -> IssueOutcome {
        let (campaign, user) = (self.sale.clone(), self.ann.clone());
        let request = IssueRequest { campaign, user, key, admitted: false, coupon_id: None };
        self.issuing.finish(Pending { request, is_gated: false }).await.expect("decided")
    }

    /// Calls both routes concurrently, half of the calls each; on the coupon route without a key and with keys of their own.
    async fn ask_on_both_routes(&self, keys_from: usize) -> Vec<Reply> {
        let calls = (0..CALLS).map(async |number| match number % 4 {
            0 | 2 => Reply::GateRoute(self.gate.issue(&self.sale, &self.ann).await.expect("decided")),
            1 => Reply::CouponRoute(None, self.ask(None).await),
            _ => Reply::CouponRoute(key(keys_from + number), self.ask(key(keys_from + number)).await),
        });
        join_all(calls).await
    }

    async fn coupons(&self) -> Vec<CouponId> {
        let held = self.gate.coupons.port.coupons_of(&self.sale, &self.ann).await.expect("answers").expect("is there");
        held.iter().map(|coupon| coupon.coupon_id).collect()
    }

    /// Every success under a key is repeated for the same key, now that there is no pass.
    async fn successes_are_repeated_by_their_keys(&self, replies: &[Reply]) {
        for reply in replies {
            let Reply::CouponRoute(Some(key), IssueOutcome::Issued { coupon, .. }) = reply else { continue };
            let again = self.ask(Some(*key)).await;
            assert!(matches!(again, IssueOutcome::Issued { coupon: same, .. } if same == *coupon), "{again:?}");
        }
    }
}

#[tokio::test]
async fn a_pass_gives_one_coupon_to_concurrent_calls_on_both_routes() {
    let scene = Scene::new().await;
    // The line tells no call about the others.
    scene.lines.lose_outcomes.store(true, Ordering::SeqCst);
    let mut all_replies = Vec::new();
    for passes in 1..=2 {
        scene.admit().await;
        let replies = scene.ask_on_both_routes(CALLS * passes).await;
        let coupons = scene.coupons().await;
        assert_eq!(coupons.len(), passes, "one coupon for each pass: {replies:?}");
        assert_eq!(replies.iter().filter(|reply| reply.success_and_coupon().0).count(), 1, "one success: {replies:?}");
        for (is_success, coupon) in replies.iter().map(Reply::success_and_coupon) {
            let expected = if is_success { coupons[passes - 1] } else { coupons[0] };
            assert!(coupon.is_none_or(|coupon| coupon == expected), "{replies:?}");
        }
        all_replies.extend(replies);
        scene.pass_ends().await;
        scene.successes_are_repeated_by_their_keys(&all_replies).await;
    }
    scene.admit().await;
    for reply in scene.ask_on_both_routes(CALLS * 3).await {
        let is_limit = match reply {
            Reply::GateRoute(result) => result == IssueResult::AlreadyIssued,
            Reply::CouponRoute(_, ref outcome) => matches!(outcome, IssueOutcome::AlreadyIssued { .. }),
        };
        assert!(is_limit, "{reply:?}");
    }
    assert_eq!(scene.coupons().await.len(), 2);
}

#[tokio::test]
async fn a_success_is_repeated_only_for_the_key_that_led_to_it() {
    let scene = Scene::new().await;
    scene.lines.lose_outcomes.store(true, Ordering::SeqCst);
    scene.admit().await;
    let IssueOutcome::Issued { coupon, .. } = scene.ask(key(1)).await else { panic!("the first call") };
    let again = scene.ask(key(1)).await;
    assert!(matches!(again, IssueOutcome::Issued { coupon: same, .. } if same == coupon), "{again:?}");
    assert_eq!(scene.gate.issue(&scene.sale, &scene.ann).await.expect("decided"), IssueResult::AlreadyIssued);
    for other in [key(2), None] {
        let reply = scene.ask(other).await;
        assert!(matches!(reply, IssueOutcome::AlreadyIssued { coupon: same, .. } if same == coupon), "{reply:?}");
    }
    assert_eq!(scene.coupons().await, [coupon.coupon_id]);
}

#[tokio::test]
async fn a_success_repeated_for_its_key_uses_no_other_pass() {
    let scene = Scene::new().await;
    scene.lines.lose_outcomes.store(true, Ordering::SeqCst);
    scene.admit().await;
    let IssueOutcome::Issued { coupon: first, .. } = scene.ask(key(1)).await else { panic!("the first call") };
    scene.pass_ends().await;
    scene.lines.lose_outcomes.store(false, Ordering::SeqCst);
    scene.admit().await;
    // Decided at the gate, as on a server that does not know the key yet.
    let (campaign, user) = (scene.sale.clone(), scene.ann.clone());
    let request = IssueRequest { campaign, user, key: key(1), admitted: false, coupon_id: None };
    let again = scene.issuing.finish(Pending { request, is_gated: true }).await.expect("decided");
    assert!(matches!(again, IssueOutcome::Issued { coupon, .. } if coupon == first), "{again:?}");
    assert!(scene.is_inside().await, "the pass is still good");
    let second = scene.ask(None).await;
    assert!(matches!(second, IssueOutcome::Issued { coupon, .. } if coupon != first), "{second:?}");
    assert!(!scene.is_inside().await);
}

/// The line keeps the outcome, so the user cannot queue again, whatever the campaign's limit.
#[tokio::test]
async fn a_user_who_used_a_pass_cannot_queue_again() {
    let scene = Scene::new().await;
    scene.admit().await;
    assert_eq!(scene.gate.issue(&scene.sale, &scene.ann).await.expect("decided"), IssueResult::Success);
    let again = scene.gate.enqueue(&scene.sale, &scene.ann, None).await.expect("answers");
    assert_eq!((again.status, again.rank), (EnqueueStatus::AlreadyEnqueued, Some(0)));
    assert_eq!(scene.gate.rank(&scene.sale, &scene.ann).await.expect("answers").status, RankStatus::Issued);
    assert_eq!(scene.gate.issue(&scene.sale, &scene.ann).await.expect("decided"), IssueResult::AlreadyIssued);
    let outcome = scene.ask(None).await;
    assert!(matches!(outcome, IssueOutcome::NotAdmitted { .. }), "{outcome:?}");
    let known = scene.gate.coupons.port.status(&scene.sale, clock::now()).await.expect("answers").expect("is there");
    assert_eq!(known.remaining, 9);
}
