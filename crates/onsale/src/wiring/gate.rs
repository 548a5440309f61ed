//! Waiting lines and the gate: their routes, and what they tell the coupon service.

use super::Deciding;
use crate::config::Config;
use async_trait::async_trait;
use axum::Router;
use domain::line::{LineId, Verdict};
use domain::{CampaignId, UserId};
use hot::line::{LinePort, LineUser};
use services::coupon::{CouponService, Gatekeeper};
use services::gate::api::GateApi;
use services::gate::{self, GateService, GateSettings};
use services::queue::api::QueueApi;
use services::queue::operation::Defaults;
use services::queue::{self, Board, Desk};
use std::sync::Arc;

/// The gate over these engines.
pub(super) fn service(config: &Config, lines: Arc<dyn LinePort>, coupons: &CouponService) -> GateService {
    let settings = GateSettings {
        dispatch_per_second: config.gate.dispatch_per_second,
        dispatch_interval_ms: config.gate.dispatch_interval_ms,
        active_ttl_ms: config.gate.active_ttl_seconds * 1_000,
    };
    GateService::new(Desk::new(lines), coupons.port.clone(), settings)
}

/// The routes of lines and gate.
pub(super) fn routes(config: &Config, deciding: &Deciding) -> Router {
    let callers = deciding.coupons.callers.clone();
    let gate_routes = gate::api::routes(GateApi { gate: deciding.gate.clone(), callers: callers.clone() });
    let defaults =
        Defaults { rate_per_second: config.gate.dispatch_per_second, interval_ms: config.gate.dispatch_interval_ms };
    let desk = deciding.gate.desk.clone();
    let board = Board::new(desk.port.clone());
    gate_routes.merge(queue::api::routes(QueueApi { desk, board, callers, defaults }))
}

/// Tells the coupon service who was let in.
pub(super) struct Passes(pub GateService);

#[async_trait]
impl Gatekeeper for Passes {
    async fn is_admitted(&self, campaign: &CampaignId, user: &UserId) -> bool {
        self.0.is_admitted(campaign, user).await
    }

    async fn used(&self, campaign: &CampaignId, user: &UserId, has_coupon: bool) {
        let verdict = if has_coupon { Verdict::Issued } else { Verdict::SoldOut };
        let who = LineUser { line: LineId::Gate(campaign.clone()), user: user.clone() };
        if let Err(error) = self.0.desk.port.finish(&who, verdict).await {
            tracing::warn!(%error, "a verdict was not noted in the line");
        }
    }
}
