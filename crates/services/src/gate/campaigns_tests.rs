//! Gates of several campaigns, of which one is before a line that does not answer.

use super::{DispatchMode, GateService, GateSettings};
use crate::callers::Callers;
use crate::coupon::CouponService;
use crate::coupon::campaigns::open_with_stock;
use crate::coupon::on_their_way::NothingOnItsWay;
use crate::keys::KeyRing;
use crate::queue::Desk;
use async_trait::async_trait;
use domain::line::{DrawStep, Figures, LineId, LineRule, Standing, Verdict};
use domain::{Campaign, CampaignId, ErrorCode, EventName, TenantName, UserId};
use hot::HotError;
use hot::embedded::{EmbeddedEngine, EmbeddedLines, JournalOptions};
use hot::line::{Admission, Clock, LinePort, LineUser};
use ledger::{Ledger, LedgerOptions, embedded_url};
use std::path::Path;
use std::sync::{Arc, OnceLock};
use std::time::Duration;
use uuid::Uuid;

/// Lines on two nodes, one of which is away: it would have this line.
struct OneAway {
    lines: EmbeddedLines,
    away: OnceLock<LineId>,
}

impl OneAway {
    fn node_of(&self, line: &LineId) -> Result<&EmbeddedLines, HotError> {
        if self.away.get() == Some(line) { Err(HotError::Unavailable("away".into())) } else { Ok(&self.lines) }
    }
}

#[async_trait]
impl LinePort for OneAway {
    async fn put_line(&self, line: &LineId, rule: LineRule) -> Result<(), HotError> {
        self.node_of(line)?.put_line(line, rule).await
    }

    async fn rule(&self, line: &LineId) -> Result<Option<LineRule>, HotError> {
        self.node_of(line)?.rule(line).await
    }

    async fn lines(&self) -> Result<Vec<LineId>, HotError> {
        self.lines.lines().await
    }

    async fn enter(&self, batch: Vec<LineUser>, clock: Clock) -> Vec<Result<Standing, HotError>> {
        self.lines.enter(batch, clock).await
    }

    /// Hangs for the line that is away, as calls do that nobody answers.
    async fn look(&self, batch: Vec<LineUser>, clock: Clock) -> Vec<Result<Standing, HotError>> {
        if batch.iter().any(|who| self.node_of(&who.line).is_err()) {
            std::future::pending::<()>().await;
        }
        self.lines.look(batch, clock).await
    }

    async fn leave(&self, who: &LineUser, clock: Clock) -> Result<bool, HotError> {
        self.node_of(&who.line)?.leave(who, clock).await
    }

    async fn admit(&self, line: &LineId, passes: Vec<Uuid>, clock: Clock) -> Result<Admission, HotError> {
        self.node_of(line)?.admit(line, passes, clock).await
    }

    async fn put_back(&self, line: &LineId, clock: Clock) -> Result<Vec<(UserId, u64)>, HotError> {
        self.node_of(line)?.put_back(line, clock).await
    }

    async fn finish(&self, who: &LineUser, verdict: Verdict) -> Result<bool, HotError> {
        match self.node_of(&who.line) {
            Ok(lines) => lines.finish(who, verdict).await,
            Err(_) => std::future::pending().await,
        }
    }

    async fn draw(&self, line: &LineId, clock: Clock) -> Result<DrawStep, HotError> {
        self.node_of(line)?.draw(line, clock).await
    }

    async fn figures(&self, line: &LineId, gone_max: usize, clock: Clock) -> Result<Option<Figures>, HotError> {
        self.node_of(line)?.figures(line, gone_max, clock).await
    }
}

async fn coupons(folder: &Path) -> CouponService {
    let ledger = Ledger::connect(&embedded_url(folder), LedgerOptions::default()).await.expect("connects");
    ledger.migrate().await.expect("migrates");
    CouponService {
        port: Arc::new(EmbeddedEngine::open(folder, JournalOptions::default()).expect("opens")),
        callers: Callers { keys: KeyRing::load(ledger.clone()).await.expect("read"), open: false },
        ledger,
        on_their_way: Arc::new(NothingOnItsWay),
        redeem_hold_seconds: 900,
    }
}

fn settings() -> GateSettings {
    GateSettings {
        campaigns: Vec::new(),
        mode: DispatchMode::ActiveQueue,
        dispatch_per_second: 100,
        dispatch_interval_ms: 1_000,
        active_ttl_ms: 60_000,
        stale_timeout_ms: 60_000,
        put_back_max: 200,
    }
}

#[tokio::test]
async fn a_campaign_that_can_not_be_followed_keeps_no_other_from_its_gate() {
    let folder = tempfile::tempdir().expect("a folder");
    let coupons = coupons(folder.path()).await;
    for name in ["boots", "hats", "shoes"] {
        let id = CampaignId::new(TenantName::default_tenant(), EventName::new(name).expect("a name"));
        let campaign = Campaign { gated: true, ..open_with_stock(id, name, 10) };
        coupons.create_campaign(campaign).await.expect("created");
    }
    let all = coupons.port.campaigns().await.expect("read");
    let lines = EmbeddedLines::open(folder.path(), JournalOptions::default()).expect("opened");
    let port = Arc::new(OneAway { lines, away: OnceLock::new() });
    // Whichever is followed first.
    port.away.set(LineId::Gate(all[0].clone())).expect("set once");
    let gate = GateService::new(Desk::new(port.clone()), coupons, settings());
    assert!(gate.follow().await.is_err(), "it is told that one could not be followed");
    let mut made = port.lines().await.expect("read");
    made.sort();
    let mut wanted: Vec<LineId> = all[1..].iter().cloned().map(LineId::Gate).collect();
    wanted.sort();
    assert_eq!(made, wanted);
}

#[tokio::test]
async fn a_line_that_hangs_holds_up_nobody_who_asks_for_a_coupon() {
    let folder = tempfile::tempdir().expect("a folder");
    let coupons = coupons(folder.path()).await;
    let lines = EmbeddedLines::open(folder.path(), JournalOptions::default()).expect("opened");
    let id = CampaignId::new(TenantName::default_tenant(), EventName::new("shoes").expect("a name"));
    let port = Arc::new(OneAway { lines, away: OnceLock::from(LineId::Gate(id.clone())) });
    let gate = GateService::new(Desk::new(port), coupons, settings());
    let user = UserId::new("ann").expect("a name");
    tokio::time::pause();
    let asked = async {
        let told = gate.is_admitted(&id, &user).await.expect_err("nobody knows");
        assert_eq!(told.code, ErrorCode::ServiceUnavailable);
        gate.note(&id, &user, Verdict::Issued).await;
    };
    tokio::time::timeout(Duration::from_secs(30), asked).await.expect("an answer");
}
