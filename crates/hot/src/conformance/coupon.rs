//! One suite for every engine: random histories on the engine and on `domain::coupon::model` must give equal replies.
//!
//! A new engine calls [`run`] with a function that makes an empty engine, and, if it can restart, one that restarts it.

use super::Histories;
use crate::port::{Completeness, CouponPort, IssueRequest, LocalQuestion, SaleCounts};
use domain::coupon::campaign::Switches;
use domain::coupon::issue::{IdempotencyKey, IssueOutcome, IssuedCoupon};
use domain::coupon::model::{Model, Request};
use domain::{Campaign, CampaignId, CouponId, EventName, TenantName, Timestamp, UserId};
use proptest::prelude::*;
use proptest::strategy::ValueTree;
use std::collections::BTreeSet;
use std::future::Future;
use uuid::Uuid;

/// The numbers of campaigns, users and keys: few, so that steps concern the same ones.
const CAMPAIGNS: u8 = 3;
const USERS: u8 = 8;
const KEYS: u8 = 3;
/// Attempts of a user.
const ATTEMPTS: u8 = 2;

/// One request of a batch: campaign, user, key (0: none), admitted, attempt that it is part of (0: none).
type Ask = (u8, u8, u8, bool, u8);

/// One step of a history.
#[derive(Clone, Debug)]
enum Step {
    Put {
        campaign: u8,
        stock: u32,
        limit: u32,
        gated: bool,
        opens_in: Option<i64>,
        closes_in: Option<i64>,
        switches: Switches,
    },
    PutStale {
        campaign: u8,
    },
    Issue(Vec<Ask>),
    Revoke {
        campaign: u8,
        user: u8,
        nth: u8,
        return_to_stock: bool,
    },
    Wait(i64),
    Restart,
}

fn any_step() -> impl Strategy<Value = Step> {
    let switches = (any::<bool>(), proptest::bool::weighted(0.15), proptest::bool::weighted(0.1))
        .prop_map(|(opened, paused, closed)| Switches { opened, paused, closed });
    let moment = || proptest::option::weighted(0.3, 0i64..40);
    let put = (0..CAMPAIGNS, 1u32..9, 1u32..4, proptest::bool::weighted(0.2), moment(), moment(), switches).prop_map(
        |(campaign, stock, limit, gated, opens_in, closes_in, switches)| Step::Put {
            campaign,
            stock,
            limit,
            gated,
            opens_in,
            closes_in,
            switches,
        },
    );
    let attempt = prop_oneof![2 => Just(0), 1 => 1..=ATTEMPTS];
    let ask = (0..=CAMPAIGNS, 0..USERS, 0..=KEYS, any::<bool>(), attempt);
    let revoke = (0..CAMPAIGNS, 0..USERS, 0u8..2, any::<bool>())
        .prop_map(|(campaign, user, nth, return_to_stock)| Step::Revoke { campaign, user, nth, return_to_stock });
    prop_oneof![
        3 => put,
        1 => (0..CAMPAIGNS).prop_map(|campaign| Step::PutStale { campaign }),
        12 => proptest::collection::vec(ask, 1..6).prop_map(Step::Issue),
        2 => revoke,
        2 => (1i64..20).prop_map(Step::Wait),
        1 => Just(Step::Restart),
    ]
}

/// Names of one history, so that histories can share servers.
#[derive(Clone, Debug)]
struct Names(String);

impl Names {
    fn campaign_id(&self, n: u8) -> CampaignId {
        // Two tenants share a campaign name: neither may read the other's.
        let (tenant, event) = match n {
            0 => ("default", "shoes"),
            1 => ("acme", "shoes"),
            _ => ("acme", "hats"),
        };
        let event = if n >= CAMPAIGNS { "no-such-campaign" } else { event };
        let event = EventName::new(&format!("{event}-{}", self.0)).expect("valid");
        CampaignId::new(TenantName::new(tenant).expect("valid"), event)
    }

    fn user(&self, n: u8) -> UserId {
        UserId::new(&format!("user-{}-{n}", self.0)).expect("valid")
    }

    fn coupon_id(&self, campaign: u8, user: u8, attempt: u8) -> Option<CouponId> {
        let attempt_of = format!("{} {campaign} {user} {attempt}", self.0);
        (attempt > 0).then(|| CouponId(Uuid::new_v5(&Uuid::NAMESPACE_OID, attempt_of.as_bytes())))
    }
}

/// The id of no coupon.
const NO_COUPON: CouponId = CouponId(Uuid::nil());

fn key(n: u8) -> Option<IdempotencyKey> {
    (n > 0).then(|| IdempotencyKey::new(&[b'k', n + b'0'])).flatten()
}

/// The content of an outcome, without the coupon's id, which each side chooses for itself.
fn content(outcome: &IssueOutcome) -> (&'static str, Option<u32>, Option<u32>) {
    match *outcome {
        IssueOutcome::Issued { coupon, remaining } | IssueOutcome::AlreadyIssued { coupon, remaining } => {
            (outcome.code(), Some(coupon.serial), Some(remaining))
        }
        IssueOutcome::NotOpen { remaining }
        | IssueOutcome::Closed { remaining }
        | IssueOutcome::Paused { remaining }
        | IssueOutcome::NotAdmitted { remaining } => (outcome.code(), None, Some(remaining)),
        IssueOutcome::SoldOut | IssueOutcome::KeyReused | IssueOutcome::NoCampaign => (outcome.code(), None, None),
    }
}

fn coupon_of(outcome: &IssueOutcome) -> Option<IssuedCoupon> {
    match outcome {
        IssueOutcome::Issued { coupon, .. } | IssueOutcome::AlreadyIssued { coupon, .. } => Some(*coupon),
        _ => None,
    }
}

/// A history as it runs on both sides.
struct History<P> {
    engine: P,
    names: Names,
    model: Model,
    now: Timestamp,
    revisions: [u64; CAMPAIGNS as usize],
    stocks: [u32; CAMPAIGNS as usize],
    last_put: [Option<Campaign>; CAMPAIGNS as usize],
    /// The engine's coupon for each of the model's, in the order of giving.
    heard: BTreeSet<(CouponId, CouponId)>,
    coupons_made: u128,
}

impl<P: CouponPort> History<P> {
    fn new(engine: P) -> Self {
        Self {
            engine,
            names: Names(Uuid::new_v4().simple().to_string()),
            model: Model::default(),
            now: Timestamp(1_000),
            revisions: [0; CAMPAIGNS as usize],
            stocks: [0; CAMPAIGNS as usize],
            last_put: [const { None }; CAMPAIGNS as usize],
            heard: BTreeSet::new(),
            coupons_made: 0,
        }
    }

    async fn put(&mut self, mut campaign: Campaign, n: usize) {
        self.revisions[n] += 1;
        // Stock only grows, as the ledger ensures.
        self.stocks[n] = self.stocks[n].max(campaign.stock);
        campaign.stock = self.stocks[n];
        campaign.revision = self.revisions[n];
        self.last_put[n] = Some(campaign.clone());
        let standing = self.engine.put_campaign(campaign.clone()).await.expect("the engine takes a campaign");
        if standing == Completeness::Incomplete {
            self.engine.complete(&campaign.id).await.expect("a campaign without coupons is complete");
        }
        self.model.put_campaign(campaign);
    }

    /// Puts all campaigns again, as every process does at its start.
    async fn follow(&self) {
        for campaign in self.last_put.iter().flatten() {
            self.engine.put_campaign(campaign.clone()).await.expect("the engine takes a campaign");
        }
    }

    async fn issue(&mut self, asks: &[Ask]) {
        let requests: Vec<IssueRequest> = asks
            .iter()
            .map(|&(c, u, k, admitted, attempt)| IssueRequest {
                campaign: self.names.campaign_id(c),
                user: self.names.user(u),
                key: key(k),
                admitted,
                coupon_id: self.names.coupon_id(c, u, attempt),
            })
            .collect();
        for request in &requests {
            self.check_local_answer(request);
        }
        let answers = self.engine.issue(requests.clone(), self.now).await;
        assert_eq!(answers.len(), requests.len());
        for (request, answer) in requests.into_iter().zip(answers) {
            let answer = answer.expect("the engine decides");
            self.coupons_made += 1;
            let IssueRequest { campaign, user, key, admitted, coupon_id } = request.clone();
            let coupon_id = coupon_id.unwrap_or(CouponId(Uuid::from_u128(self.coupons_made)));
            let expected = self.model.issue(&Request { campaign, user, key, admitted }, coupon_id, self.now);
            assert_eq!(content(&answer), content(&expected), "{request:?}");
            self.check_same_coupon(&answer, &expected);
        }
    }

    /// A local answer must be the one that a decision would give to a request outside of an attempt.
    fn check_local_answer(&self, request: &IssueRequest) {
        let question = LocalQuestion {
            tenant: request.campaign.tenant.as_str(),
            event: request.campaign.event.as_str(),
            user: request.user.as_str(),
            key: request.key,
            admitted: request.admitted,
        };
        let Some(local) = self.engine.answer_locally(&question, self.now) else { return };
        let IssueRequest { campaign, user, key, admitted, .. } = request.clone();
        let request = Request { campaign, user, key, admitted };
        let expected = self.model.clone().issue(&request, NO_COUPON, self.now);
        assert_eq!(content(&local), content(&expected), "answered locally: {request:?}");
    }

    /// Each coupon of the model corresponds to one coupon of the engine, always the same.
    fn check_same_coupon(&mut self, answer: &IssueOutcome, expected: &IssueOutcome) {
        if let (Some(ours), Some(theirs)) = (coupon_of(expected), coupon_of(answer)) {
            self.heard.insert((ours.coupon_id, theirs.coupon_id));
            let known = self.heard.iter().filter(|(a, b)| *a == ours.coupon_id || *b == theirs.coupon_id).count();
            assert_eq!(known, 1, "a coupon changed its id");
        }
    }

    async fn revoke(&mut self, n: u8, u: u8, nth: u8, return_to_stock: bool) {
        let (id, user) = (self.names.campaign_id(n), self.names.user(u));
        let ours = self.model.coupons_of(&id, &user).get(usize::from(nth)).map(|coupon| coupon.coupon_id);
        let held = self.engine.coupons_of(&id, &user).await.expect("the engine reads").unwrap_or_default();
        let theirs = held.get(usize::from(nth)).map(|coupon| coupon.coupon_id);
        assert_eq!(ours.is_some(), theirs.is_some());
        let (ours, theirs) = (ours.unwrap_or(NO_COUPON), theirs.unwrap_or(NO_COUPON));
        let found = self.engine.revoke(&id, &user, theirs, return_to_stock).await.expect("the engine revokes");
        assert_eq!(found, self.model.revoke(&id, ours, return_to_stock));
    }

    async fn check_books(&self) {
        for n in 0..CAMPAIGNS {
            self.check_book(n).await;
        }
        self.check_outbox().await;
    }

    async fn check_book(&self, n: u8) {
        let id = self.names.campaign_id(n);
        let status = self.engine.status(&id, self.now).await.expect("the engine reads");
        let status = status.map(|status| (status.status, status.remaining, status.participants));
        assert_eq!(status, self.model.status(&id, self.now));
        let theirs = self.engine.coupons(&id).await.expect("the engine reads");
        let told = |coupon: &domain::Coupon| {
            (coupon.serial, coupon.user.clone(), coupon.nth_of_user, coupon.issued_at, coupon.revoked)
        };
        let ours: Vec<_> = self.model.coupons(&id).iter().map(told).collect();
        assert_eq!(theirs.iter().map(told).collect::<Vec<_>>(), ours);
        let revoked = theirs.iter().filter(|coupon| coupon.revoked).count() as u64;
        let counts = status.map(|_| SaleCounts { given: ours.len() as u64, revoked });
        assert_eq!(self.engine.counts(&id).await.expect("the engine counts"), counts);
    }

    /// A campaign that was deleted: nothing is known of it any more, and nothing of the others has changed.
    async fn check_forgotten(&self, n: u8) {
        let (id, user) = (self.names.campaign_id(n), self.names.user(0));
        assert_eq!(self.engine.campaign(&id).await.expect("the engine reads"), None);
        assert_eq!(self.engine.status(&id, self.now).await.expect("the engine reads"), None);
        assert_eq!(self.engine.counts(&id).await.expect("the engine counts"), None);
        assert_eq!(self.engine.coupons_of(&id, &user).await.expect("the engine reads"), None);
        assert_eq!(self.engine.coupons(&id).await.expect("the engine reads"), []);
        assert!(!self.engine.revoke(&id, &user, NO_COUPON, true).await.expect("the engine revokes"));
        let request =
            IssueRequest { campaign: id.clone(), user: user.clone(), key: None, admitted: true, coupon_id: None };
        let decided = self.engine.issue(vec![request], self.now).await;
        assert_eq!(decided, [Ok(IssueOutcome::NoCampaign)]);
        for known in [self.engine.campaigns().await, self.engine.known_campaigns().await] {
            let known = known.expect("the engine reads");
            assert!(!known.contains(&id), "{known:?}");
            for other in (0..CAMPAIGNS).filter(|other| *other != n) {
                let is_there = self.last_put[usize::from(other)].is_some();
                assert_eq!(known.contains(&self.names.campaign_id(other)), is_there, "{known:?}");
            }
        }
        for other in (0..CAMPAIGNS).filter(|other| *other != n) {
            self.check_book(other).await;
        }
        assert_eq!(self.engine.outbox(10_000).await.expect("the engine reads").len(), 0);
    }

    /// Every coupon given has its message, in the order of giving, once.
    async fn check_outbox(&self) {
        let messages = self.engine.outbox(10_000).await.expect("the engine reads");
        assert!(messages.is_sorted_by_key(|message| message.position));
        for n in 0..CAMPAIGNS {
            let id = self.names.campaign_id(n).to_string();
            let told: Vec<u64> = messages
                .iter()
                .filter(|message| message.envelope.aggregate_id == id && message.envelope.event_type == "CouponIssued")
                .filter_map(|message| message.envelope.payload["serial"].as_u64())
                .collect();
            let given = self.model.coupons(&self.names.campaign_id(n)).iter().map(|coupon| u64::from(coupon.serial));
            assert_eq!(told, given.collect::<Vec<_>>());
        }
        if let Some(last) = messages.last() {
            self.engine.acknowledge(last.position).await.expect("the engine forgets");
        }
        let left = self.engine.outbox(10_000).await.expect("the engine reads").len();
        assert_eq!(left, 0, "acknowledged messages are offered again");
    }
}

async fn play<P, F>(engine: P, steps: &[Step], restart: &impl Fn(P) -> F)
where
    P: CouponPort,
    F: Future<Output = P>,
{
    let mut history = History::new(engine);
    for step in steps {
        match step.clone() {
            Step::Put { campaign, stock, limit, gated, opens_in, closes_in, switches } => {
                let at = |ms: i64| Timestamp(history.now.millis() + ms);
                let made = Campaign {
                    name: "a campaign".into(),
                    per_user_limit: limit,
                    gated,
                    opens_at: opens_in.map(at),
                    closes_at: closes_in.map(at),
                    switches,
                    revision: 0,
                    ..Campaign::new(history.names.campaign_id(campaign), stock)
                };
                history.put(made, usize::from(campaign)).await;
            }
            Step::PutStale { campaign } => {
                if let Some(old) = history.last_put[usize::from(campaign)].clone() {
                    let stale = Campaign { revision: old.revision.saturating_sub(1), per_user_limit: 999, ..old };
                    history.engine.put_campaign(stale.clone()).await.expect("the engine takes a campaign");
                    history.model.put_campaign(stale);
                }
            }
            Step::Issue(asks) => history.issue(&asks).await,
            Step::Revoke { campaign, user, nth, return_to_stock } => {
                history.revoke(campaign, user, nth, return_to_stock).await;
            }
            Step::Wait(ms) => history.now = Timestamp(history.now.millis() + ms),
            Step::Restart => {
                history.engine = restart(history.engine).await;
                history.follow().await;
            }
        }
    }
    history.check_books().await;
    end(history, restart).await;
}

/// The last step of every history: the first campaign that there is is deleted, twice, and stays deleted.
async fn end<P, F>(mut history: History<P>, restart: &impl Fn(P) -> F)
where
    P: CouponPort,
    F: Future<Output = P>,
{
    let Some(n) = (0..CAMPAIGNS).find(|n| history.last_put[usize::from(*n)].is_some()) else { return };
    let id = history.names.campaign_id(n);
    history.last_put[usize::from(n)] = None;
    for _ in 0..2 {
        history.engine.forget(&id).await.expect("the engine forgets");
        history.check_forgotten(n).await;
    }
    history.engine = restart(history.engine).await;
    history.follow().await;
    history.check_forgotten(n).await;
}

/// Plays random histories on fresh engines.
///
/// # Panics
/// When an engine gives other replies than the rules; the message has the history and its number.
pub async fn run<P, E, F>(histories: Histories, fresh: impl Fn() -> E, restart: impl Fn(P) -> F)
where
    P: CouponPort,
    E: Future<Output = P>,
    F: Future<Output = P>,
{
    let mut runner = histories.runner();
    let strategy = proptest::collection::vec(any_step(), histories.steps);
    for number in 0..histories.count {
        let history = strategy.new_tree(&mut runner).expect("a history").current();
        let shown = Shown { number, history: &history };
        play(fresh().await, &history, &restart).await;
        std::mem::forget(shown);
    }
}

/// Prints the history when an assertion in it fails.
struct Shown<'a> {
    number: u32,
    history: &'a [Step],
}

impl Drop for Shown<'_> {
    fn drop(&mut self) {
        eprintln!("history {}: {:?}", self.number, self.history);
    }
}
