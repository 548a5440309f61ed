//! Brings the public randomness of drand to the draws that await it. A line stays undrawn until it is there.

use super::drand::{Drand, DrandError};
use domain::line::{LineId, Randomness, ValueOutcome};
use hot::HotError;
use hot::line::LinePort;
use std::collections::HashSet;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// How often lines are looked through, and a round that does not exist yet is asked for.
const EVERY: Duration = Duration::from_secs(1);
/// A line that nobody is in, and that had no draw, is looked at again so often: a draw may have been announced since. Whoever
/// enters it makes it looked at in the next round.
const RESTING_EVERY: Duration = Duration::from_secs(30);
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
    let (mut pause, mut resting) = (EVERY, Resting::default());
    loop {
        match fetch_all(port.as_ref(), serves, &drand, &mut resting).await {
            Ok(()) => pause = EVERY,
            Err(error) => {
                tracing::warn!(%error, "an opening draw waits for its public randomness");
                pause = (pause * 2).min(PAUSE_MAX);
            }
        }
        tokio::time::sleep(pause).await;
    }
}

/// The lines that need no look: nobody was in them and they had no draw that awaits a value.
#[derive(Default)]
struct Resting {
    lines: HashSet<LineId>,
    since: Option<Instant>,
}

impl Resting {
    /// Begins a pass over all lines; all are looked at after [`RESTING_EVERY`].
    fn begin(&mut self) {
        if self.since.is_none_or(|since| since.elapsed() >= RESTING_EVERY) {
            (self.lines, self.since) = (HashSet::new(), Some(Instant::now()));
        }
    }

    fn has(&self, port: &dyn LinePort, line: &LineId) -> bool {
        self.lines.contains(line) && port.is_quiet(line)
    }
}

/// One pass over all lines but those at rest. A line that fails does not stop the others.
async fn fetch_all(
    port: &dyn LinePort,
    serves: fn(&LineId) -> bool,
    drand: &Drand,
    resting: &mut Resting,
) -> Result<(), ValueError> {
    let mut fetched = Ok(());
    resting.begin();
    for line in port.lines().await?.into_iter().filter(serves) {
        if resting.has(port, &line) {
            continue;
        }
        resting.lines.remove(&line);
        match fetch(port, &line, drand).await {
            Ok(true) => {}
            Ok(false) => drop(resting.lines.insert(line)),
            Err(error) => fetched = fetched.and(Err(error)),
        }
    }
    fetched
}

/// Returns whether the line awaited a value.
async fn fetch(port: &dyn LinePort, line: &LineId, drand: &Drand) -> Result<bool, ValueError> {
    let Some(plan) = port.rule(line).await?.and_then(|rule| rule.draw) else { return Ok(false) };
    let Randomness::Drand { chain, public_key, round, .. } = &plan.randomness else { return Ok(false) };
    if !plan.awaits_value() {
        return Ok(false);
    }
    if !plan.may_take_value(clock::now()) {
        return Ok(true);
    }
    let Some(value) = drand.value(chain, public_key, *round).await? else { return Ok(true) };
    if port.give_draw_value(line, &value).await? == ValueOutcome::OtherStands {
        tracing::error!(%line, round, "a draw has another value than its round");
    }
    Ok(true)
}
