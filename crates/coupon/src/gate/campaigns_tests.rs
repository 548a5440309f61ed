//! Gates of several campaigns, of which one is before a line that does not answer.

use super::faulty_lines::FaultyLines;
use super::{DispatchMode, GateService, GateSettings};
use crate::campaigns::open_with_stock;
use crate::on_their_way::NothingOnItsWay;
use crate::schema::SCHEMA;
use crate::{CouponService, Gatekeeper};
use access::callers::Callers;
use access::keys::KeyRing;
use domain::line::{LineId, LineOutcome};
use domain::{Campaign, CampaignId, ErrorCode, EventName, TenantName, UserId};
use hot::embedded::{EmbeddedEngine, EmbeddedLines, JournalOptions};
use hot::line::LinePort;
use ledger::{Ledger, LedgerOptions};
use lines::LineClient;
use onsale_http::ApiError;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

pub(super) async fn coupons(folder: &Path) -> CouponService {
    let ledger =
        Ledger::connect(&SCHEMA.embedded_url(folder), &SCHEMA, LedgerOptions::default()).await.expect("connects");
    ledger.migrate().await.expect("migrates");
    CouponService {
        port: Arc::new(EmbeddedEngine::open(folder, JournalOptions::default()).expect("opens")),
        callers: Callers::by_table(KeyRing::load(ledger.clone()).await.expect("read"), false),
        ledger,
        on_their_way: Arc::new(NothingOnItsWay),
        redeem_hold_seconds: 900,
    }
}

pub(super) fn settings() -> GateSettings {
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
    let port = Arc::new(FaultyLines::new(lines));
    // Whichever is followed first.
    port.away.set(LineId::Gate(all[0].clone())).expect("set once");
    let gate = GateService::new(LineClient::new(port.clone()), coupons, settings());
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
    let port = Arc::new(FaultyLines::new(lines));
    port.away.set(LineId::Gate(id.clone())).expect("set once");
    let gate = GateService::new(LineClient::new(port), coupons, settings());
    let user = UserId::new("ann").expect("a name");
    tokio::time::pause();
    let asked = async {
        let error = gate.active_pass(&id, &user).await.expect_err("the line does not answer");
        assert_eq!(ApiError::from(error).code, ErrorCode::ServiceUnavailable);
        gate.note(&id, &user, LineOutcome::Issued).await;
    };
    tokio::time::timeout(Duration::from_secs(30), asked).await.expect("an answer");
}
