//! The role `coupon`: issues coupons, and everything about campaigns.

use super::Opening;
use crate::cli;
use crate::wiring::calls;
use crate::wiring::engines::CouponContext;
use crate::wiring::hot_routes::HotRoute;
use crate::wiring::internal;
use crate::wiring::outboxes;
use crate::wiring::probes;
use crate::wiring::role::{MakeHotRoute, Outbox, Role};
use crate::wiring::schemas::{COUPON, ContextSchema};
use crate::wiring::supervisor::Task;
use anyhow::Context;
use axum::Router;
use coupon::api;
use coupon::issuer::HotOutbox;
use coupon::looks::LookService;
use coupon::messages::RevocationGroup;
use coupon::reads::ReadRoute;
use coupon::{IssueMetrics, IssueParts, IssueRoute};
use onsale_http::{with_body_limit, with_calls};
use operators::behalf::around as on_behalf;
use operators::with_appeals;
use std::sync::Arc;
use std::time::Duration;
use utoipa::OpenApi;

/// How often keys are read again: a revoked key works at most so long.
const KEYS_READ_EVERY: Duration = Duration::from_secs(2);

/// The schemas that the role needs.
pub(super) const SCHEMAS: &[&ContextSchema] = &[&COUPON];

/// Opens the role.
///
/// # Errors
/// When a key cannot be read, or the outbox cannot be read as the configuration says.
pub async fn open(opening: &Opening<'_>) -> anyhow::Result<Role> {
    let context = opening.engines.coupon.as_ref().context("the role coupon has no engines")?;
    let hot = opening.engines.hot.as_ref().context("the role coupon has no hot state")?;
    let coupons = context.coupons.clone();
    let (port, ledger) = (coupons.port.clone(), coupons.ledger.clone());
    let (steps, of_steps) = outboxes::of(opening, ("steps", "coupon-steps"), &ledger).await?;
    let mut tasks = tasks(opening, &coupons);
    tasks.extend(calls::tasks(&coupons.ledger, &hot.calls));
    tasks.push(read_keys(context));
    tasks.extend(of_steps);
    let purchases = internal::accepted(opening.config, &["payment", "reservation", "coupon"])?;
    let keys = internal::accepted_by_coupon(opening.config)?;
    let internal_routes = api::internal_routes(coupons.clone(), purchases)
        .merge(access::api::internal_routes(context.keys.clone(), keys))
        .merge(on_behalf(api::operator_routes(
            coupons.clone(),
            internal::accepted(opening.config, &["gateway", "coupon"])?,
        )));
    let mut documents =
        vec![api::ApiDocument::openapi(), api::InternalDocument::openapi(), api::LookDocument::openapi()];
    // Where the gateway is, it joins the roles.
    if !opening.engines.has(cli::Role::Gateway) {
        documents.push(api::ApartDocument::openapi());
    }
    let role = Role {
        internal_routes,
        callers: Some(coupons.callers.clone()),
        hot: vec![hot_route(opening)?, reads(opening, &coupons)],
        documents,
        handlers: vec![Arc::new(RevocationGroup::new(port.clone()))],
        outboxes: vec![Outbox { name: "decisions", source: Arc::new(HotOutbox(port.clone())), lease: None }, steps],
        tasks,
        ..Role::default()
    };
    Ok(probes::with_ledger(probes::with_hot(role, hot), &coupons.ledger))
}

fn tasks(opening: &Opening<'_>, coupons: &coupon::CouponService) -> Vec<Task> {
    let (metrics, follow, reconcile) = (coupons.clone(), coupons.clone(), coupons.clone());
    let mut tasks = vec![
        Task::new("coupon metrics", move || metrics.clone().report_metrics()),
        Task::new("campaigns", move || follow.clone().follow_ledger_in_background()),
    ];
    if opening.config.reconcile.interval_seconds > 0 {
        let every = Duration::from_secs(opening.config.reconcile.interval_seconds);
        tasks.push(Task::new("reconcile", move || reconcile.clone().reconcile_in_background(every)));
    }
    tasks
}

/// Reads the API keys and the quotas of tenants again and again, and writes when keys were used last.
pub(super) fn read_keys(context: &CouponContext) -> Task {
    let (keys, quotas, ledger) = (context.keys.clone(), context.coupons.quotas.clone(), context.coupons.ledger.clone());
    Task::new("API keys", move || {
        let (keys, quotas, ledger) = (keys.clone(), quotas.clone(), ledger.clone());
        async move {
            loop {
                tokio::time::sleep(KEYS_READ_EVERY).await;
                if let Err(error) = keys.refresh().await {
                    tracing::warn!(%error, "API keys could not be read");
                }
                if let Err(error) = quotas.refresh(&ledger).await {
                    tracing::warn!(%error, "the quotas of tenants could not be read");
                }
                if let Err(error) = keys.write_usage().await {
                    tracing::warn!(%error, "the last uses of API keys could not be written");
                }
            }
        }
    })
}

fn reads(opening: &Opening<'_>, coupons: &coupon::CouponService) -> MakeHotRoute {
    let (coupons, limits, metrics) = (coupons.clone(), opening.limits.clone(), opening.metrics.clone());
    let log_every = opening.log_every();
    Arc::new(move || {
        let route = ReadRoute::new(coupons.clone(), limits.clone(), &metrics, log_every);
        (HotRoute::Reads(Box::new(route)), Router::new())
    })
}

fn hot_route(opening: &Opening<'_>) -> anyhow::Result<MakeHotRoute> {
    let context = opening.engines.coupon.clone().context("the role coupon has no engines")?;
    let coupons = context.coupons;
    let parts = Arc::new(IssueParts {
        port: coupons.port.clone(),
        gate: Some(Arc::new(context.gate)),
        keys: context.keys,
        routes: coupons.callers.scopes.clone(),
        quotas: coupons.quotas.clone(),
        limits: opening.limits.clone(),
        open_issue: coupons.callers.open,
        log_every: opening.log_every(),
    });
    let body_bytes_max = opening.config.coupon.body_limit_bytes;
    let calls = calls::over_ledger(opening.config, &coupons.callers, &coupons.ledger);
    let looks = LookService::new(coupons.ledger.clone(), coupons.callers.clone());
    let recorder = opening.appeals.recorder("coupon");
    let is_apart = !opening.engines.has(cli::Role::Gateway);
    Ok(Arc::new(move || {
        let recorder = recorder.of_worker();
        let route = IssueRoute::new(parts.clone(), Arc::new(IssueMetrics::new())).with_appeals(recorder.clone());
        let routes = api::routes(coupons.clone()).merge(api::issue_routes(route.clone()));
        let routes = if is_apart { routes.merge(api::apart_routes(coupons.clone())) } else { routes };
        // A logo is larger than other bodies, which have limits of their own.
        let routes = with_body_limit(routes, body_bytes_max).merge(api::look_routes(looks.clone()));
        let router = with_appeals(with_calls(routes, calls.clone()), recorder);
        (HotRoute::Issue(route), router)
    }))
}
