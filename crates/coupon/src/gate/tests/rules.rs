//! The rule of a gate's line under concurrent changes and changed configurations.

use super::faulty_lines::FaultyLines;
use super::{coupons, settings};
use crate::CouponService;
use crate::campaigns::open_with_stock;
use crate::gate::{GateService, GateSettings};
use domain::line::{DrawPlan, DrawSeed, LineId, LineRule, LineTerms, Notice, Randomness};
use domain::{Campaign, CampaignId, ErrorCode, EventName, TenantName};
use hot::embedded::{EmbeddedLines, JournalOptions};
use hot::line::LinePort;
use lines::LineClient;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use tempfile::TempDir;

struct Scene {
    _folder: TempDir,
    lines: Arc<FaultyLines>,
    coupons: CouponService,
}

impl Scene {
    async fn new() -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let coupons = coupons(folder.path()).await;
        let lines = EmbeddedLines::open(folder.path(), JournalOptions::default()).expect("opened");
        Self { lines: Arc::new(FaultyLines::new(lines)), coupons, _folder: folder }
    }

    async fn campaign(&self, name: &str) -> LineId {
        let id = CampaignId::new(TenantName::default_tenant(), EventName::new(name).expect("a name"));
        let campaign = Campaign { gated: true, ..open_with_stock(id.clone(), name, 10) };
        self.coupons.create_campaign(campaign).await.expect("created");
        LineId::Gate(id)
    }

    /// A server that starts with this rate.
    async fn started(&self, dispatch_per_second: u32) -> GateService {
        let settings = GateSettings { dispatch_per_second, ..settings() };
        let gate = GateService::new(LineClient::new(self.lines.clone()), self.coupons.clone(), settings);
        gate.follow().await.expect("followed");
        gate
    }

    async fn rule(&self, line: &LineId) -> LineRule {
        self.lines.rule(line).await.expect("answers").expect("is there")
    }

    async fn rate(&self, line: &LineId) -> u32 {
        self.rule(line).await.rate_per_second
    }
}

async fn set_rate(gate: &GateService, line: &LineId, rate_per_second: u32) {
    gate.lines.change(line, |rule| LineRule { rate_per_second, ..rule }).await.expect("changed");
}

#[tokio::test]
async fn concurrent_changes_of_a_rule_are_all_kept() {
    let scene = Scene::new().await;
    let line = scene.campaign("shoes").await;
    let gate = scene.started(100).await;
    scene.lines.rivals.store(3, Ordering::SeqCst);
    let reply = gate.lines.change(&line, |rule| LineRule { paused: true, ..rule }).await.expect("changed");
    assert_eq!((reply.paused, reply.rate_per_second), (true, 103));
    assert_eq!(scene.rule(&line).await, reply);
}

#[tokio::test]
async fn a_change_that_always_loses_the_race_fails_and_changes_nothing() {
    let scene = Scene::new().await;
    let line = scene.campaign("shoes").await;
    let gate = scene.started(100).await;
    scene.lines.rivals.store(u32::MAX, Ordering::SeqCst);
    let reply = gate.lines.change(&line, |rule| LineRule { paused: true, ..rule }).await.expect_err("not changed");
    assert_eq!(reply.code, ErrorCode::ServiceUnavailable);
    let rule = scene.rule(&line).await;
    assert!(!rule.paused && rule.rate_per_second > 100, "{rule:?}");
}

#[tokio::test]
async fn following_the_campaign_keeps_an_administrators_change() {
    let scene = Scene::new().await;
    let line = scene.campaign("shoes").await;
    let gate = scene.started(100).await;
    let LineId::Gate(id) = &line else { panic!("a gate") };
    let campaign = scene.coupons.port.campaign(id).await.expect("answers").expect("is there");
    let closed = Campaign { closes_at: Some(domain::Timestamp(1)), revision: campaign.revision + 1, ..campaign };
    scene.coupons.port.put_campaign(closed).await.expect("closed");
    scene.lines.rivals.store(1, Ordering::SeqCst);
    gate.follow().await.expect("followed");
    let rule = scene.rule(&line).await;
    assert_eq!((rule.closed, rule.rate_per_second), (true, 101));
}

#[tokio::test]
async fn an_administrators_rate_stands_until_the_configuration_changes() {
    let scene = Scene::new().await;
    let line = scene.campaign("shoes").await;
    scene.started(100).await;
    let gate = scene.started(200).await;
    assert_eq!(scene.rate(&line).await, 200);
    set_rate(&gate, &line, 7).await;
    gate.follow().await.expect("followed");
    scene.started(200).await;
    assert_eq!(scene.rate(&line).await, 7, "the configuration has not changed");
    scene.lines.rivals.store(1, Ordering::SeqCst);
    let gate = scene.started(300).await;
    assert_eq!(scene.rate(&line).await, 300);
    set_rate(&gate, &line, 200).await;
    scene.started(300).await;
    assert_eq!(scene.rate(&line).await, 200, "an earlier configuration with this rate does not matter");
}

#[tokio::test]
async fn servers_with_different_configurations_do_not_overwrite_each_other() {
    let scene = Scene::new().await;
    let line = scene.campaign("shoes").await;
    let old = scene.started(100).await;
    let new = scene.started(200).await;
    let made_since = scene.campaign("hats").await;
    new.follow().await.expect("followed");
    let rules = (scene.rule(&line).await, scene.rule(&made_since).await);
    assert_eq!((rules.0.rate_per_second, rules.1.rate_per_second), (200, 200));
    for gate in [&old, &new, &old] {
        gate.follow().await.expect("followed");
    }
    assert_eq!((scene.rule(&line).await, scene.rule(&made_since).await), rules, "their revisions are the same too");
}

/// Kind: a gate that Redis had lost came back first come, first served, although a draw had been announced, and open,
/// although an administrator had paused it.
#[tokio::test]
async fn a_lost_gate_comes_back_with_its_draw_its_pause_its_rate_and_its_notice() {
    let scene = Scene::new().await;
    let line = scene.campaign("shoes").await;
    let LineId::Gate(id) = &line else { panic!("a gate") };
    let gate = scene.started(100).await;
    let opens_at = clock::now().plus_seconds(3_600);
    let draw = DrawPlan::new(DrawSeed([7; 32]), opens_at, Randomness::None);
    let terms = LineTerms { notice: Notice::of(Some("잠시 후".to_owned()), None), ..LineTerms::default() };
    let change = |rule| LineRule {
        rate_per_second: 7,
        paused: true,
        opens_at: Some(opens_at),
        draw: Some(draw.clone()),
        terms: terms.clone(),
        ..rule
    };
    gate.lines.change(&line, change).await.expect("changed");
    gate.follow_campaign(id).await.expect("followed");
    let before = scene.rule(&line).await;
    assert_eq!((before.opens_at, before.paused, before.rate_per_second), (Some(opens_at), true, 7));
    assert_eq!((&before.draw, &before.terms), (&Some(draw), &terms));
    scene.lines.lose(&line).await;
    gate.follow_campaign(id).await.expect("followed");
    assert_eq!(scene.rule(&line).await, before, "by a server that knows it");
    scene.lines.lose(&line).await;
    scene.started(100).await;
    assert_eq!(scene.rule(&line).await, before, "by a server that has just started");
}
