//! The role `gate`: the lines before campaigns, and who goes on from them.

use super::Opening;
use super::coupon::read_keys;
use crate::cli;
use crate::config::{Config, DispatchMode};
use crate::wiring::hot_routes::HotRoute;
use crate::wiring::role::{MakeHotRoute, Role};
use crate::wiring::schemas::{COUPON, ContextSchema};
use crate::wiring::supervisor::Task;
use crate::wiring::{calls, draws, internal, probes};
use anyhow::Context;
use axum::Router;
use coupon::gate::api::{self, GateApi};
use coupon::gate::route::{GateParts, GateRoute};
use coupon::gate::{GateService, ToIssuers};
use domain::line::LineId;
use hot::KeyPort;
use lines::scheduler::{Dispatch, Scheduler};
use onsale_http::with_calls;
use std::sync::Arc;
use utoipa::OpenApi;

fn is_gate(line: &LineId) -> bool {
    matches!(line, LineId::Gate(_))
}

/// The schemas that the role needs.
pub(super) const SCHEMAS: &[&ContextSchema] = &[&COUPON];

/// Opens the role.
///
/// # Errors
/// When a key cannot be read.
pub fn open(opening: &Opening<'_>) -> anyhow::Result<Role> {
    let context = opening.engines.coupon.as_ref().context("the role gate has no engines")?;
    let hot = opening.engines.hot.as_ref().context("the role gate has no hot state")?;
    let gate = context.gate.clone();
    let gate_api = GateApi {
        gate: gate.clone(),
        callers: context.coupons.callers.clone(),
        internal: internal::accepted_by_gate(opening.config)?,
    };
    let (follow, port) = (gate.clone(), hot.lines.clone());
    let mut tasks = vec![
        Task::new("gates", move || follow.clone().follow_in_background()),
        Task::new("gate metrics", move || lines::metrics::report_metrics(port.clone(), is_gate)),
        draws::task("gate draws", opening.config, hot.lines.clone(), is_gate)?,
        scheduler(opening.config, gate, hot.keys.clone()),
    ];
    if !opening.engines.has(cli::Role::Coupon) {
        tasks.push(read_keys(context));
    }
    let calls = calls::over_ledger(opening.config, &context.coupons.callers, &context.coupons.ledger);
    let role = Role {
        routes: opening.with_appeals(with_calls(api::routes(gate_api.clone()), calls), "gate"),
        internal_routes: api::internal_routes(gate_api),
        callers: Some(context.coupons.callers.clone()),
        hot: vec![hot_route(opening)?],
        documents: vec![api::ApiDocument::openapi()],
        tasks,
        ..Role::default()
    };
    Ok(probes::with_ledger(probes::with_hot(role, hot), &context.coupons.ledger))
}

/// Admits people at gates. With the dispatch mode `kafka` issuers do the work for those who were admitted.
fn scheduler(config: &Config, gate: GateService, keys: Arc<dyn KeyPort>) -> Task {
    let has_issuers = config.gate.dispatch_mode == DispatchMode::Kafka;
    Task::ending("gate scheduler", move |context| {
        let dispatch =
            has_issuers.then(|| Arc::new(ToIssuers::new(context.publisher, keys.clone())) as Arc<dyn Dispatch>);
        let port = gate.lines.port.clone();
        async move { Scheduler::run(port, is_gate, dispatch, context.failures, context.shutdown.stopped()).await }
    })
}

fn hot_route(opening: &Opening<'_>) -> anyhow::Result<MakeHotRoute> {
    let context = opening.engines.coupon.clone().context("the role gate has no engines")?;
    let callers = context.coupons.callers;
    let parts = Arc::new(GateParts { callers, limits: opening.limits.clone(), log_every: opening.log_every() });
    let metrics = opening.metrics.clone();
    Ok(Arc::new(move || {
        let route = GateRoute::new(parts.clone(), context.gate.clone(), &metrics);
        (HotRoute::Gate(Box::new(route)), Router::new())
    }))
}
