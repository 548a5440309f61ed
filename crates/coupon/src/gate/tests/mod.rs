//! The gate on the real engine, the real tables, and lines that fail on purpose.

mod campaigns;
mod dispatch;
mod faulty_lines;
mod passes;
mod rules;

use super::{DispatchMode, GateSettings};
use crate::CouponService;
use crate::in_flight::NothingInFlight;
use crate::schema::SCHEMA;
use crate::steps::CouponSteps;
use access::callers::Callers;
use access::keys::KeyRing;
use hot::embedded::{EmbeddedEngine, JournalOptions};
use ledger::group::GroupCommit;
use ledger::{Ledger, LedgerOptions};
use std::path::Path;
use std::sync::Arc;

async fn coupons(folder: &Path) -> CouponService {
    let ledger =
        Ledger::connect(&SCHEMA.embedded_url(folder), &SCHEMA, LedgerOptions::default()).await.expect("connects");
    ledger.migrate().await.expect("migrates");
    CouponService {
        public_lists: Some(Arc::default()),
        port: Arc::new(EmbeddedEngine::open(folder, JournalOptions::default()).expect("opens")),
        callers: Callers::by_table(KeyRing::load(ledger.clone()).await.expect("read"), false),
        steps: GroupCommit::start(&ledger, CouponSteps),
        ledger,
        in_flight: Arc::new(NothingInFlight),
        arrivals: Arc::default(),
        changed: Arc::default(),
        quotas: Arc::default(),
        gated_campaigns: Arc::default(),
        gates: None,
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
        abandon_after_ms: 0,
        return_ms: 600_000,
        positions_per_network: 0,
        challenge: domain::line::Challenge::None,
    }
}
