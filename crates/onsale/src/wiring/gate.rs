//! Waiting lines and the gate: their routes.

use super::{Deciding, Lines, Parts, internal};
use crate::config::{Config, DispatchMode};
use anyhow::Context;
use axum::Router;
use bus::Publisher;
use coupon::CouponService;
use coupon::gate::api::GateApi;
use coupon::gate::{self, GateService, GateSettings, ToIssuers};
use coupon::issuer::{GateCall, TellGate};
use hot::line::LinePort;
use lines::LineClient;
use lines::operation::Defaults;
use lines::scheduler::Dispatch;
use queue::api::QueueApi;
use queue::api::draw::DrawApi;
use std::sync::Arc;

/// The gate over these engines.
pub(super) fn service(config: &Config, lines: Arc<dyn LinePort>, coupons: &CouponService) -> GateService {
    let settings = GateSettings {
        campaigns: config.gate.event_ids.clone(),
        mode: match config.gate.dispatch_mode {
            DispatchMode::ActiveQueue => gate::DispatchMode::ActiveQueue,
            DispatchMode::Kafka => gate::DispatchMode::Kafka,
        },
        dispatch_per_second: config.gate.dispatch_per_second,
        dispatch_interval_ms: config.gate.dispatch_interval_ms,
        active_ttl_ms: config.gate.active_ttl_seconds * 1_000,
        stale_timeout_ms: config.gate.stale_timeout_ms,
        put_back_max: config.gate.max_requeue,
    };
    GateService::new(LineClient::new(lines), coupons.clone(), settings)
}

/// Who has the work done for people whose turn has come, where they do not ask themselves.
pub fn dispatch(config: &Config, deciding: &Deciding, publisher: Arc<dyn Publisher>) -> Option<Arc<dyn Dispatch>> {
    (config.gate.dispatch_mode == DispatchMode::Kafka)
        .then(|| Arc::new(ToIssuers::new(publisher, deciding.keys.clone())) as Arc<dyn Dispatch>)
}

/// How the issuer of this process reaches the gate.
///
/// # Errors
/// When it has no key and needs one.
pub(super) fn told_by_issuer(config: &Config, parts: &Parts) -> anyhow::Result<Arc<dyn TellGate>> {
    if let Some(deciding) = parts.queue_service() {
        return Ok(Arc::new(deciding.gate.clone()));
    }
    let key = match internal::issuer_key(config)? {
        Some(key) => key,
        None if config.gate.dispatch_mode == DispatchMode::Kafka => internal::demand_issuer_key(config)?,
        // Nothing is asked for then, but for what is left of another mode: the gate refuses, and the log says so.
        None => String::new(),
    };
    let urls = &config.internal.url.queue;
    Ok(Arc::new(GateCall::new(urls, key).with_context(|| format!("internal.url.queue {urls} can not be used"))?))
}

/// The routes of lines and gate for people.
pub(super) fn routes(config: &Config, deciding: &Deciding, lines: &Lines) -> anyhow::Result<Router> {
    let api = queue_api(config, deciding, lines);
    let gate_routes = gate::api::routes(gate_api(config, deciding)?);
    let draws =
        DrawApi { lines: api.lines.clone(), callers: api.callers.clone(), receipts: deciding.gate.receipts().cloned() };
    let lines = queue::api::routes(api.clone()).merge(queue::site::api::routes(api));
    Ok(gate_routes.merge(lines).merge(queue::api::draw::routes(draws)))
}

/// The routes that proxies ask for everybody's sake, and our own services.
pub(super) fn routes_without_limits(config: &Config, deciding: &Deciding, lines: &Lines) -> anyhow::Result<Router> {
    let internal = gate::api::internal_routes(gate_api(config, deciding)?);
    Ok(internal.merge(queue::site::api::proxy_routes(queue_api(config, deciding, lines))))
}

fn gate_api(config: &Config, deciding: &Deciding) -> anyhow::Result<GateApi> {
    let callers = deciding.coupons.callers.clone();
    Ok(GateApi { gate: deciding.gate.clone(), callers, internal: internal::accepted_by_gate(config)? })
}

fn queue_api(config: &Config, deciding: &Deciding, lines: &Lines) -> QueueApi {
    QueueApi {
        lines: deciding.gate.lines.clone(),
        cache: lines.cache.clone(),
        streams: lines.streams.clone(),
        site: lines.site.clone(),
        callers: deciding.coupons.callers.clone(),
        defaults: Defaults {
            rate_per_second: config.queue.rate_per_second,
            interval_ms: config.queue.batch_interval_ms,
        },
    }
}
