//! Lets the next go. Any number of schedulers may run: the engine admits what a line's rule allows, whoever asks.

use async_trait::async_trait;
use domain::Timestamp;
use domain::line::{Admits, Admitted, DrawStep, LineId, LineRule};
use hot::HotError;
use hot::lease::Hold;
use hot::line::{Clock, LinePort};
use metrics::{counter, gauge};
use std::collections::HashMap;
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::sync::watch::{Receiver, Sender};
use tokio::task::JoinHandle;
use uuid::Uuid;

/// How often new lines are looked for.
const LINES_EVERY: Duration = Duration::from_secs(1);
/// Most people let go in one call.
const BATCH_MAX: u64 = 1_000;
/// Longest wait between two calls for a line: people may have come meanwhile.
const PAUSE_MAX: Duration = Duration::from_millis(250);
/// Shortest wait between two calls that let nobody go.
const PAUSE_MIN: Duration = Duration::from_millis(5);
/// Wait after a call that failed.
const AWAY_PAUSE: Duration = Duration::from_secs(1);
/// Longest wait at the end for those who have just been let go to be asked for.
const STOP_TIMEOUT: Duration = Duration::from_secs(5);
/// After every moment at which somebody went: all have been dealt with for too long by then.
const FOR_EVER: Timestamp = Timestamp(1 << 50);
/// How often those who have been dealt with for too long are put back.
const PUT_BACK_EVERY: Duration = Duration::from_secs(1);

/// Has the work done for those whose turn has come, in lines that give no passes.
#[async_trait]
pub trait Dispatch: Send + Sync + 'static {
    /// Whether this process may let people of the line go now. One at a time may: what two ask for at once would arrive
    /// in another order than the line's.
    async fn hold(&self, line: &LineId) -> Result<Hold, HotError>;

    /// Asks for these, in order; returns when that is done, or can not be, or when another process goes on with the line.
    /// Nobody else goes meanwhile, however long it takes. Whether all were asked for.
    async fn dispatch(&self, line: &LineId, admitted: &[Admitted]) -> bool;

    /// This process lets nobody go any more: another may at once. Returns within a bounded time.
    async fn release(&self);
}

/// Which lines of an engine are a scheduler's: each role admits people to its own.
pub type Serves = fn(&LineId) -> bool;

/// Admits people in lines of an engine until it is stopped or dropped.
pub struct Scheduler {
    task: JoinHandle<()>,
    dispatch: Option<Arc<dyn Dispatch>>,
    stop: Sender<bool>,
}

impl Scheduler {
    /// Starts for the lines that `serves` accepts. Needs a tokio runtime.
    pub fn start(port: Arc<dyn LinePort>, serves: Serves, dispatch: Option<Arc<dyn Dispatch>>) -> Self {
        let stop = Sender::new(false);
        Self { task: tokio::spawn(watch(port, serves, dispatch.clone(), stop.clone())), dispatch, stop }
    }

    /// Runs until `stopped`, then as [`Scheduler::stop`]. Returns earlier only when its own task has failed.
    pub async fn run(
        port: Arc<dyn LinePort>,
        serves: Serves,
        dispatch: Option<Arc<dyn Dispatch>>,
        stopped: impl Future<Output = ()>,
    ) {
        let mut scheduler = Self::start(port, serves, dispatch);
        tokio::select! {
            () = stopped => scheduler.stop().await,
            _ = &mut scheduler.task => tracing::error!("the scheduler of lines failed"),
        }
    }

    /// Lets nobody go any more, once the work is asked for of those who went, and lets other processes go on at once.
    pub async fn stop(mut self) {
        self.stop.send_replace(true);
        if tokio::time::timeout(STOP_TIMEOUT, &mut self.task).await.is_err() {
            tracing::warn!("letting people go did not end in time; whoever was not asked for will be put back");
        }
        self.task.abort();
        if let Some(dispatch) = &self.dispatch {
            dispatch.release().await;
        }
    }
}

impl Drop for Scheduler {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// A line's task; ends with it.
struct Serving(JoinHandle<()>);

impl Drop for Serving {
    fn drop(&mut self) {
        self.0.abort();
    }
}

async fn watch(port: Arc<dyn LinePort>, serves: Serves, dispatch: Option<Arc<dyn Dispatch>>, stop: Sender<bool>) {
    let mut served: HashMap<LineId, Serving> = HashMap::new();
    let mut stopping = stop.subscribe();
    while !*stopping.borrow() {
        match port.lines().await {
            Ok(lines) => {
                served.retain(|line, serving| {
                    if serving.0.is_finished() {
                        // It ends with its line or the process only: it has panicked, and is started again below.
                        tracing::error!(%line, "the task of a line failed");
                        counter!("onsale_task_failures_total", "task" => "line").increment(1);
                    }
                    lines.contains(line) && !serving.0.is_finished()
                });
                for line in lines.into_iter().filter(serves) {
                    let task = |line: &LineId| {
                        let serve = serve(port.clone(), line.clone(), dispatch.clone(), stop.subscribe());
                        Serving(tokio::spawn(serve))
                    };
                    served.entry(line).or_insert_with_key(task);
                }
            }
            Err(error) => tracing::warn!(%error, "lines can not be listed"),
        }
        rest(LINES_EVERY, &mut stopping).await;
    }
    for serving in served.values_mut() {
        // Each ends after its turn.
        let _ = (&mut serving.0).await;
    }
}

/// Waits, but no longer than until the end.
async fn rest(pause: Duration, stopping: &mut Receiver<bool>) {
    let _ = tokio::time::timeout(pause, stopping.wait_for(|stops| *stops)).await;
}

async fn serve(
    port: Arc<dyn LinePort>,
    line: LineId,
    dispatch: Option<Arc<dyn Dispatch>>,
    mut stopping: Receiver<bool>,
) {
    let mut round = Round { put_back_at: Instant::now(), is_drawn: false, drawn: None, is_unsure: true };
    while !*stopping.borrow() {
        let pause = match turn(port.as_ref(), &line, dispatch.as_deref(), &mut round).await {
            Ok(pause) => pause,
            Err(error) => {
                tracing::warn!(%line, %error, "nobody can be admitted right now");
                AWAY_PAUSE
            }
        };
        rest(pause, &mut stopping).await;
    }
}

/// What a line's task remembers from turn to turn.
struct Round {
    put_back_at: Instant,
    /// The opening draw was held, as far as is known.
    is_drawn: bool,
    /// How many took part in the last one that was seen.
    drawn: Option<u32>,
    /// People may have gone whom nobody asked for: in a call whose answer was lost, by a process that had the line before
    /// this one, or because the bus refused. They would be asked for after those behind them.
    is_unsure: bool,
}

impl Round {
    /// Holds the line's opening draw when it is time, to the end.
    async fn draw(&mut self, port: &dyn LinePort, line: &LineId) -> Result<(), HotError> {
        let count = loop {
            match port.draw(line, Clock::Engine).await? {
                DrawStep::NotDue => return Ok(()),
                DrawStep::UnderWay { .. } => {}
                DrawStep::Drawn { count } => break count,
            }
        };
        self.is_drawn = true;
        if self.drawn.replace(count) != Some(count) {
            tracing::info!(%line, count, "the opening draw was held");
        }
        Ok(())
    }
}

/// Puts everybody back at once who is being dealt with, or said to be. Who is asked for a second time loses nothing by it.
async fn put_all_back(port: &dyn LinePort, line: &LineId) -> Result<(), HotError> {
    loop {
        let back = port.put_back(line, Clock::At(FOR_EVER)).await?;
        if back.is_empty() {
            return Ok(());
        }
        tracing::warn!(%line, count = back.len(), "people who went may not have been asked for; they stand at their places again");
        count_put_back(line, back.len());
    }
}

fn count_put_back(line: &LineId, count: usize) {
    counter!("onsale_line_put_back_total", "line" => line.to_string()).increment(count as u64);
}

/// One call for the next people. How long to wait for the one after.
async fn turn(
    port: &dyn LinePort,
    line: &LineId,
    dispatch: Option<&dyn Dispatch>,
    round: &mut Round,
) -> Result<Duration, HotError> {
    let Some(rule) = port.rule(line).await? else { return Ok(PAUSE_MAX) };
    if matches!(rule.admits, Admits::Processing { .. }) && round.put_back_at <= Instant::now() {
        round.put_back_at = Instant::now() + PUT_BACK_EVERY;
        let back = port.put_back(line, Clock::Engine).await?;
        if !back.is_empty() {
            tracing::warn!(%line, count = back.len(), "people whose requests were not answered stand at their places again");
            count_put_back(line, back.len());
        }
    }
    if rule.draw.is_some() && !round.is_drawn {
        round.draw(port, line).await?;
        if !round.is_drawn {
            return Ok(PAUSE_MAX);
        }
    }
    if let (Admits::Processing { .. }, Some(dispatch)) = (rule.admits, dispatch) {
        match dispatch.hold(line).await? {
            Hold::Kept => {}
            // Whom another process has let go meanwhile, it may not have come to ask for.
            Hold::Taken => round.is_unsure = true,
            Hold::Others => return Ok(PAUSE_MAX),
        }
    }
    let is_asked_for = matches!(rule.admits, Admits::Processing { .. }) && dispatch.is_some();
    if round.is_unsure && is_asked_for {
        put_all_back(port, line).await?;
    }
    round.is_unsure = false;
    let passes: Vec<Uuid> = (0..batch_of(&rule)).map(|_| Uuid::new_v4()).collect();
    let most = passes.len();
    let admission = port.admit(line, passes, Clock::Engine).await;
    round.is_unsure = matches!(admission, Err(HotError::Unknown(_)));
    let admission = admission?;
    if admission.admitted.is_empty() {
        // A line that was lost and made again is drawn again.
        round.is_drawn = false;
    } else {
        counter!("onsale_line_admitted_total", "line" => line.to_string()).increment(admission.admitted.len() as u64);
        gauge!("onsale_line_serving", "line" => line.to_string())
            .set(admission.admitted.iter().map(|one| one.ticket).max().unwrap_or_default() as f64);
        if let (Admits::Processing { .. }, Some(dispatch)) = (rule.admits, dispatch) {
            round.is_unsure = !dispatch.dispatch(line, &admission.admitted).await;
            if round.is_unsure {
                return Ok(AWAY_PAUSE);
            }
        }
    }
    Ok(match admission.next_in_ms {
        // The rate would let more go, but nobody waits, or there is no room inside.
        Some(0) if admission.admitted.is_empty() => PAUSE_MAX,
        // It lets more go, and more may wait than one call bears.
        Some(0) if admission.admitted.len() == most => Duration::ZERO,
        Some(ms) => Duration::from_millis(ms).clamp(PAUSE_MIN, PAUSE_MAX),
        None => PAUSE_MAX,
    })
}

/// As many as the rate gives in an interval, and no more than one call bears.
fn batch_of(rule: &LineRule) -> u64 {
    let earned = u64::from(rule.rate_per_second) * u64::from(rule.interval_ms) / 1_000;
    earned.clamp(1, BATCH_MAX)
}
