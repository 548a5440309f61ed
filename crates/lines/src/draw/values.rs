//! Brings the public randomness of drand to the draws that await it. A line stays undrawn until it is there.

use super::drand::{Drand, DrandError};
use domain::line::{LineId, Randomness, ValueOutcome};
use hot::HotError;
use hot::line::LinePort;
use std::sync::Arc;
use std::time::Duration;

/// How often lines are looked through, and a round that does not exist yet is asked for.
const EVERY: Duration = Duration::from_secs(1);
/// Longest wait between two tries while drand does not answer.
const PAUSE_MAX: Duration = Duration::from_secs(15);

#[derive(Debug, thiserror::Error)]
enum ValueError {
    #[error(transparent)]
    Drand(#[from] DrandError),
    #[error(transparent)]
    Hot(#[from] HotError),
}

/// Brings values to the lines that `serves` accepts, until the process ends. Any number of processes may do so: a round
/// has one value.
pub async fn fetch_in_background(port: Arc<dyn LinePort>, serves: fn(&LineId) -> bool, drand: Drand) {
    let mut pause = EVERY;
    loop {
        match fetch_all(port.as_ref(), serves, &drand).await {
            Ok(()) => pause = EVERY,
            Err(error) => {
                tracing::warn!(%error, "an opening draw waits for its public randomness");
                pause = (pause * 2).min(PAUSE_MAX);
            }
        }
        tokio::time::sleep(pause).await;
    }
}

/// One pass over all lines. A line that fails does not stop the others.
async fn fetch_all(port: &dyn LinePort, serves: fn(&LineId) -> bool, drand: &Drand) -> Result<(), ValueError> {
    let mut fetched = Ok(());
    for line in port.lines().await?.iter().filter(|line| serves(line)) {
        fetched = fetched.and(fetch(port, line, drand).await);
    }
    fetched
}

async fn fetch(port: &dyn LinePort, line: &LineId, drand: &Drand) -> Result<(), ValueError> {
    let Some(plan) = port.rule(line).await?.and_then(|rule| rule.draw) else { return Ok(()) };
    let Randomness::Drand { chain, public_key, round, .. } = &plan.randomness else { return Ok(()) };
    if !plan.awaits_value() || !plan.may_take_value(clock::now()) {
        return Ok(());
    }
    let Some(value) = drand.value(chain, public_key, *round).await? else { return Ok(()) };
    if port.give_draw_value(line, &value).await? == ValueOutcome::OtherStands {
        tracing::error!(%line, round, "a draw has another value than its round");
    }
    Ok(())
}
