//! One pass is one coupon, by whichever route and however often it is used.

use super::campaigns_tests::{coupons, settings};
use super::faulty_lines::FaultyLines;
use super::passes::IssueResult;
use super::service::{EnqueueStatus, RankStatus};
use super::{DispatchMode, GateService, GateSettings};
use crate::campaigns::open_with_stock;
use crate::issue::{CouponIssuing, Decider, Pending};
use domain::line::{LineId, LineStatus};
use domain::{Campaign, CampaignId, EventName, IdempotencyKey, IssueOutcome, TenantName, UserId};
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

/// A campaign of which everybody may have two, behind a gate.
struct Scene {
    _folder: TempDir,
    lines: Arc<FaultyLines>,
    gate: GateService,
    issuing: CouponIssuing,
    sale: CampaignId,
    ann: UserId,
}

/// What a call heard, and the key that it was made with.
#[derive(Debug)]
enum Heard {
    OnTheGatesRoute(IssueResult),
    OnTheCouponRoute(Option<IdempotencyKey>, IssueOutcome),
}

impl Heard {
    /// Whether it is a yes; and which coupon it names, if it names any.
    fn yes_and_coupon(&self) -> (bool, Option<Uuid>) {
        match self {
            Self::OnTheGatesRoute(result) => (*result == IssueResult::Success, None),
            Self::OnTheCouponRoute(_, IssueOutcome::Issued { coupon, .. }) => (true, Some(coupon.coupon_id)),
            Self::OnTheCouponRoute(_, IssueOutcome::AlreadyIssued { coupon, .. }) => (false, Some(coupon.coupon_id)),
            Self::OnTheCouponRoute(..) => (false, None),
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

    fn who(&self) -> LineUser {
        LineUser { line: LineId::Gate(self.sale.clone()), user: self.ann.clone() }
    }

    async fn is_inside(&self) -> bool {
        let standing = self.lines.check_in(vec![self.who()], Clock::Engine).await.remove(0).expect("answers");
        matches!(standing, LineStatus::Inside { .. })
    }

    /// Queues until there is a pass.
    async fn let_in(&self) {
        let enqueued = self.gate.enqueue(&self.sale, &self.ann).await.expect("enqueued");
        assert_eq!(enqueued.status, EnqueueStatus::Enqueued);
        let begun = std::time::Instant::now();
        while !self.is_inside().await {
            assert!(begun.elapsed() < PATIENCE, "waited in vain for a pass");
            self.lines.admit(&self.who().line, vec![Uuid::new_v4()], Clock::Engine).await.expect("admitted");
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    }

    /// The pass is over without a verdict: as when it runs out, the verdict having been lost.
    async fn pass_ends(&self) {
        assert!(self.lines.leave(&self.who(), Clock::Engine).await.expect("answers"));
    }

    async fn ask(&self, key: Option<IdempotencyKey>) -> IssueOutcome {
        let (campaign, user) = (self.sale.clone(), self.ann.clone());
        let request = IssueRequest { campaign, user, key, admitted: false, coupon_id: None };
        self.issuing.finish(Pending { request, is_gated: false }).await.expect("decided")
    }

    /// Half of the calls on either route, those on the coupon route without a key and with keys of their own.
    async fn ask_everywhere_at_once(&self, keys_from: usize) -> Vec<Heard> {
        let calls = (0..CALLS).map(async |number| match number % 4 {
            0 | 2 => Heard::OnTheGatesRoute(self.gate.issue(&self.sale, &self.ann).await.expect("decided")),
            1 => Heard::OnTheCouponRoute(None, self.ask(None).await),
            _ => Heard::OnTheCouponRoute(key(keys_from + number), self.ask(key(keys_from + number)).await),
        });
        join_all(calls).await
    }

    async fn coupons(&self) -> Vec<Uuid> {
        let held = self.gate.coupons.port.coupons_of(&self.sale, &self.ann).await.expect("answers").expect("is there");
        held.iter().map(|coupon| coupon.coupon_id).collect()
    }

    /// Whoever heard a yes under a key hears it again now that there is no pass.
    async fn every_yes_under_a_key_is_heard_again(&self, heard: &[Heard]) {
        for heard in heard {
            let Heard::OnTheCouponRoute(Some(key), IssueOutcome::Issued { coupon, .. }) = heard else { continue };
            let again = self.ask(Some(*key)).await;
            assert!(matches!(again, IssueOutcome::Issued { coupon: same, .. } if same == *coupon), "{again:?}");
        }
    }
}

#[tokio::test]
async fn a_pass_is_one_coupon_on_both_routes_at_once() {
    let scene = Scene::new().await;
    // Nobody hears of the other calls from the line.
    scene.lines.lose_verdicts.store(true, Ordering::SeqCst);
    let mut all_heard = Vec::new();
    for passes in 1..=2 {
        scene.let_in().await;
        let heard = scene.ask_everywhere_at_once(CALLS * passes).await;
        let coupons = scene.coupons().await;
        assert_eq!(coupons.len(), passes, "one coupon for each pass: {heard:?}");
        assert_eq!(heard.iter().filter(|heard| heard.yes_and_coupon().0).count(), 1, "one yes: {heard:?}");
        for (is_yes, coupon) in heard.iter().map(Heard::yes_and_coupon) {
            let expected = if is_yes { coupons[passes - 1] } else { coupons[0] };
            assert!(coupon.is_none_or(|coupon| coupon == expected), "{heard:?}");
        }
        all_heard.extend(heard);
        scene.pass_ends().await;
        scene.every_yes_under_a_key_is_heard_again(&all_heard).await;
    }
    scene.let_in().await;
    for heard in scene.ask_everywhere_at_once(CALLS * 3).await {
        let is_limit = match heard {
            Heard::OnTheGatesRoute(result) => result == IssueResult::AlreadyIssued,
            Heard::OnTheCouponRoute(_, ref outcome) => matches!(outcome, IssueOutcome::AlreadyIssued { .. }),
        };
        assert!(is_limit, "{heard:?}");
    }
    assert_eq!(scene.coupons().await.len(), 2);
}

#[tokio::test]
async fn the_key_that_led_to_the_coupon_hears_the_yes_again_and_nothing_else_does() {
    let scene = Scene::new().await;
    scene.lines.lose_verdicts.store(true, Ordering::SeqCst);
    scene.let_in().await;
    let IssueOutcome::Issued { coupon, .. } = scene.ask(key(1)).await else { panic!("the first call") };
    let again = scene.ask(key(1)).await;
    assert!(matches!(again, IssueOutcome::Issued { coupon: same, .. } if same == coupon), "{again:?}");
    assert_eq!(scene.gate.issue(&scene.sale, &scene.ann).await.expect("decided"), IssueResult::AlreadyIssued);
    for other in [key(2), None] {
        let heard = scene.ask(other).await;
        assert!(matches!(heard, IssueOutcome::AlreadyIssued { coupon: same, .. } if same == coupon), "{heard:?}");
    }
    assert_eq!(scene.coupons().await, [coupon.coupon_id]);
}

#[tokio::test]
async fn a_yes_heard_again_by_its_key_uses_up_no_other_pass() {
    let scene = Scene::new().await;
    scene.lines.lose_verdicts.store(true, Ordering::SeqCst);
    scene.let_in().await;
    let IssueOutcome::Issued { coupon: first, .. } = scene.ask(key(1)).await else { panic!("the first call") };
    scene.pass_ends().await;
    scene.lines.lose_verdicts.store(false, Ordering::SeqCst);
    scene.let_in().await;
    // Decided at the gate, as on a server that does not know the key.
    let (campaign, user) = (scene.sale.clone(), scene.ann.clone());
    let request = IssueRequest { campaign, user, key: key(1), admitted: false, coupon_id: None };
    let again = scene.issuing.finish(Pending { request, is_gated: true }).await.expect("decided");
    assert!(matches!(again, IssueOutcome::Issued { coupon, .. } if coupon == first), "{again:?}");
    assert!(scene.is_inside().await, "the pass is still good");
    let second = scene.ask(None).await;
    assert!(matches!(second, IssueOutcome::Issued { coupon, .. } if coupon != first), "{second:?}");
    assert!(!scene.is_inside().await);
}

/// Who was admitted can not queue again while the verdict stands, whatever the campaign's limit.
#[tokio::test]
async fn whoever_used_a_pass_can_not_queue_again() {
    let scene = Scene::new().await;
    scene.let_in().await;
    assert_eq!(scene.gate.issue(&scene.sale, &scene.ann).await.expect("decided"), IssueResult::Success);
    let again = scene.gate.enqueue(&scene.sale, &scene.ann).await.expect("answers");
    assert_eq!((again.status, again.rank), (EnqueueStatus::AlreadyEnqueued, Some(0)));
    assert_eq!(scene.gate.rank(&scene.sale, &scene.ann).await.expect("answers").status, RankStatus::Issued);
    assert_eq!(scene.gate.issue(&scene.sale, &scene.ann).await.expect("decided"), IssueResult::AlreadyIssued);
    let outcome = scene.ask(None).await;
    assert!(matches!(outcome, IssueOutcome::NotAdmitted { .. }), "{outcome:?}");
    let known = scene.gate.coupons.port.status(&scene.sale, clock::now()).await.expect("answers").expect("is there");
    assert_eq!(known.remaining, 9);
}
