//! What health asks of the engines: whether a write passed lately, and what an operator should look at.

use super::engines::HotEngines;
use super::role::{Look, Probe, Role};
use hot::HotHealth;
use ledger::Ledger;
use std::sync::Arc;

/// All engines of the hot state: one that decides on coupons and cannot keep lines or seats is not well.
async fn hot_health(hot: HotEngines) -> HotHealth {
    let mut health = hot.lines.health().await;
    let mut more = Vec::new();
    if let Some(seats) = &hot.seats {
        more.push(seats.health().await);
    }
    if let Some(coupons) = &hot.coupons {
        more.push(coupons.health().await);
    }
    for of_engine in more {
        health.down = of_engine.down.or(health.down);
        health.warnings.extend(of_engine.warnings);
    }
    health.warnings.sort_unstable();
    health.warnings.dedup();
    health
}

/// Adds the hot state to what the role cannot work without.
pub(super) fn with_hot(role: Role, hot: &HotEngines) -> Role {
    let (asked, looked_at) = (hot.clone(), hot.clone());
    let probe: Probe = Arc::new(move || {
        let hot = asked.clone();
        Box::pin(async move { hot_health(hot).await.down.map_or(Ok(()), Err) })
    });
    let look: Look = Arc::new(move || {
        let hot = looked_at.clone();
        Box::pin(async move { hot_health(hot).await.warnings })
    });
    with(role, "hot", probe, look)
}

/// Adds the database to what the role cannot work without.
pub(super) fn with_ledger(role: Role, ledger: &Ledger) -> Role {
    let (asked, looked_at) = (ledger.clone(), ledger.clone());
    let probe: Probe = Arc::new(move || {
        let ledger = asked.clone();
        Box::pin(async move { ledger.health().await.down.map_or(Ok(()), Err) })
    });
    let look: Look = Arc::new(move || {
        let ledger = looked_at.clone();
        Box::pin(async move { ledger.health().await.warnings })
    });
    with(role, "ledger", probe, look)
}

fn with(mut role: Role, name: &'static str, probe: Probe, look: Look) -> Role {
    role.probes.push((name, probe));
    role.looks.push((name, look));
    role
}
