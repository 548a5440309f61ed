//! Admits the next users of each line. Any number of schedulers may run, since the engine admits no more than a line's
//! rule allows.

use crate::labels::{is_named, label};
use crate::metrics::count_admitted;
use async_trait::async_trait;
use domain::PassId;
use domain::line::{Admits, Admitted, DrawStep, LineId, LineRule};
use hot::HotError;
use hot::lease::Hold;
use hot::line::{Clock, LinePort};
use metrics::{counter, gauge};
use onsale_http::failures::{Failures, caught};
use std::collections::{HashMap, HashSet};
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::sync::watch::{Receiver, Sender};
use tokio::task::JoinHandle;
use uuid::Uuid;

/// How often the list of lines is read.
const LINES_EVERY: Duration = Duration::from_secs(1);
/// Most people admitted in one call.
const BATCH_MAX: u64 = 1_000;
/// Longest wait between two calls for a line, since people may enter at any time.
const PAUSE_MAX: Duration = Duration::from_millis(250);
/// Shortest wait between two calls that admit no user.
const PAUSE_MIN: Duration = Duration::from_millis(5);
/// Wait after a call that failed.
const UNAVAILABLE_PAUSE: Duration = Duration::from_secs(1);
/// Longest wait at the stop until the work of the users admitted last is requested.
const STOP_TIMEOUT: Duration = Duration::from_secs(5);
/// How often users whose processing has timed out are put back.
const PUT_BACK_EVERY: Duration = Duration::from_secs(1);

/// Requests the work for admitted users, in lines that give no passes.
#[async_trait]
pub trait Dispatch: Send + Sync + 'static {
    /// Whether this process may admit users of the line now. Only one process at a time may: concurrent requests of two
    /// would arrive out of the line's order.
    async fn hold(&self, line: &LineId) -> Result<Hold, HotError>;

    /// Requests the work for these users, in order. Returns when that is done or impossible, or when another process
    /// has taken over the line. No other user is admitted meanwhile, for any length of time. Returns whether all work
    /// was requested.
    async fn dispatch(&self, line: &LineId, admitted: &[Admitted]) -> bool;

    /// Gives up admission, so that another process may admit at once. Returns within a bounded time.
    async fn release(&self);
}

/// Which lines of an engine are a scheduler's: each role admits people to its own.
pub type Serves = fn(&LineId) -> bool;

/// Admits users in lines of an engine until it is stopped or dropped.
pub struct Scheduler {
    task: JoinHandle<()>,
    dispatch: Option<Arc<dyn Dispatch>>,
    stop: Sender<bool>,
}

impl Scheduler {
    /// Starts for the lines that `serves` accepts. A line whose task panics is reported to `failures`, and its task is
    /// started again within a second. Needs a tokio runtime.
    pub fn start(
        port: Arc<dyn LinePort>,
        serves: Serves,
        dispatch: Option<Arc<dyn Dispatch>>,
        failures: Failures,
    ) -> Self {
        let stop = Sender::new(false);
        let watching = watch(port, serves, dispatch.clone(), failures, stop.clone());
        Self { task: tokio::spawn(watching), dispatch, stop }
    }

    /// Runs until `stopped`, then as [`Scheduler::stop`]. Returns earlier only when its own task has failed.
    pub async fn run(
        port: Arc<dyn LinePort>,
        serves: Serves,
        dispatch: Option<Arc<dyn Dispatch>>,
        failures: Failures,
        stopped: impl Future<Output = ()>,
    ) {
        let mut scheduler = Self::start(port, serves, dispatch, failures);
        tokio::select! {
            () = stopped => scheduler.stop().await,
            _ = &mut scheduler.task => tracing::error!("the scheduler of lines failed"),
        }
    }

    /// Stops admission once the work of the admitted users is requested, and lets other processes continue at once.
    pub async fn stop(mut self) {
        self.stop.send_replace(true);
        if tokio::time::timeout(STOP_TIMEOUT, &mut self.task).await.is_err() {
            tracing::warn!("admission did not stop in time; users whose work was not requested will be put back");
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

/// What is done for a line.
enum LineWork {
    /// Its task runs; aborted on drop.
    Running(JoinHandle<Option<LineState>>),
    /// Nobody is in it: it has no task, and one look at all such lines sees who comes.
    Resting(LineState),
}

impl Drop for LineWork {
    fn drop(&mut self) {
        if let Self::Running(task) = self {
            task.abort();
        }
    }
}

impl LineWork {
    /// Starts what has to be done now. None when the task ended although its line is there: it has panicked.
    async fn next(mut self, start: impl FnOnce(LineState) -> Self, is_quiet: impl Fn() -> bool) -> Option<Self> {
        match &mut self {
            Self::Running(task) if task.is_finished() => task.await.ok().flatten().map(Self::Resting),
            Self::Resting(state) if !is_quiet() => Some(start(std::mem::take(state))),
            _ => Some(self),
        }
    }
}

async fn watch(
    port: Arc<dyn LinePort>,
    serves: Serves,
    dispatch: Option<Arc<dyn Dispatch>>,
    failures: Failures,
    stop: Sender<bool>,
) {
    let mut works: HashMap<LineId, LineWork> = HashMap::new();
    let mut stopping = stop.subscribe();
    let mut listed_at: Option<Instant> = None;
    let start = |line: &LineId, state: LineState| {
        let serve = serve(port.clone(), line.clone(), dispatch.clone(), stop.subscribe(), state);
        LineWork::Running(tokio::spawn(reporting(failures.clone(), line.clone(), serve)))
    };
    while !*stopping.borrow() {
        for (line, work) in std::mem::take(&mut works) {
            let next = work.next(|state| start(&line, state), || port.is_quiet(&line)).await;
            works.extend(next.map(|work| (line, work)));
        }
        if listed_at.is_none_or(|at| at.elapsed() >= LINES_EVERY) {
            listed_at = Some(Instant::now());
            match port.lines().await {
                Ok(lines) => {
                    let lines: HashSet<LineId> = lines.into_iter().filter(serves).collect();
                    works.retain(|line, _| lines.contains(line));
                    for line in lines {
                        works.entry(line).or_insert_with_key(|line| start(line, LineState::default()));
                    }
                }
                Err(error) => tracing::warn!(%error, "lines cannot be listed"),
            }
        }
        pause_for(PAUSE_MAX, &mut stopping).await;
    }
    for work in works.values_mut() {
        // Each task ends after its present tick.
        if let LineWork::Running(task) = work {
            let _ = task.await;
        }
    }
}

/// Waits, or returns early when the scheduler stops.
async fn pause_for(pause: Duration, stopping: &mut Receiver<bool>) {
    let _ = tokio::time::timeout(pause, stopping.wait_for(|stops| *stops)).await;
}

/// Serves a line until that ends, and reports a panic.
async fn reporting<T>(failures: Failures, line: LineId, serve: impl Future<Output = Option<T>>) -> Option<T> {
    caught(serve).await.unwrap_or_else(|panic| {
        failures.report("line", &format!("{line}: {panic}"));
        None
    })
}

/// Serves a line until the scheduler stops, or until nothing is left to do: then the state from which it goes on.
async fn serve(
    port: Arc<dyn LinePort>,
    line: LineId,
    dispatch: Option<Arc<dyn Dispatch>>,
    mut stopping: Receiver<bool>,
    mut state: LineState,
) -> Option<LineState> {
    while !*stopping.borrow() {
        if state.may_rest() && port.is_quiet(&line) {
            return Some(state);
        }
        let pause = match tick(port.as_ref(), &line, dispatch.as_deref(), &mut state).await {
            Ok(pause) => pause,
            Err(error) => {
                tracing::warn!(%line, %error, "nobody can be admitted right now");
                UNAVAILABLE_PAUSE
            }
        };
        pause_for(pause, &mut stopping).await;
    }
    None
}

/// The state of a line's task between ticks.
struct LineState {
    put_back_at: Instant,
    /// Whether the opening draw was held, as far as known.
    is_drawn: bool,
    /// Number of participants of the last observed draw.
    drawn: Option<u32>,
    /// Whether users may be admitted whose work was not requested: by a call whose answer was lost, by the process that
    /// held the line before, or because the bus refused. Their work would be requested after that of users behind them.
    is_unsure: bool,
    /// Whether the line's opening draw is still to be held.
    awaits_draw: bool,
    ticks: u64,
}

/// Of a line that this process has just found.
impl Default for LineState {
    fn default() -> Self {
        Self {
            put_back_at: Instant::now(),
            is_drawn: false,
            drawn: None,
            is_unsure: true,
            awaits_draw: false,
            ticks: 0,
        }
    }
}

impl LineState {
    /// Whether nothing is left to do that nobody asks for.
    fn may_rest(&self) -> bool {
        self.ticks > 0 && !self.awaits_draw && !self.is_unsure
    }

    /// Holds the line's opening draw when it is due, until it is complete.
    async fn draw(&mut self, port: &dyn LinePort, line: &LineId) -> Result<(), HotError> {
        let count = loop {
            match port.draw(line, Clock::Engine).await? {
                DrawStep::NotDue | DrawStep::AwaitsValue { .. } => return Ok(()),
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

/// Puts back all users in processing at once. A second request of a user's work does no harm.
async fn put_all_back(port: &dyn LinePort, line: &LineId) -> Result<(), HotError> {
    loop {
        let back = port.put_all_back(line, Clock::Engine).await?;
        if back.is_empty() {
            return Ok(());
        }
        tracing::warn!(%line, count = back.len(), "the work of admitted users may not have been requested; they have their positions again");
        count_put_back(line, back.len());
    }
}

fn count_put_back(line: &LineId, count: usize) {
    counter!("onsale_line_put_back_total", "line" => label(line)).increment(count as u64);
}

/// Admits the next users once. Returns the wait until the next tick.
async fn tick(
    port: &dyn LinePort,
    line: &LineId,
    dispatch: Option<&dyn Dispatch>,
    state: &mut LineState,
) -> Result<Duration, HotError> {
    let Some(rule) = port.rule(line).await? else { return Ok(PAUSE_MAX) };
    if matches!(rule.admits, Admits::Processing { .. }) && state.put_back_at <= Instant::now() {
        state.put_back_at = Instant::now() + PUT_BACK_EVERY;
        let back = port.put_back(line, Clock::Engine).await?;
        if !back.is_empty() {
            tracing::warn!(%line, count = back.len(), "processing timed out; the users have their positions again");
            count_put_back(line, back.len());
        }
    }
    state.ticks += 1;
    state.awaits_draw = rule.draw.is_some() && !state.is_drawn;
    if state.awaits_draw {
        state.draw(port, line).await?;
        state.awaits_draw = !state.is_drawn;
        if !state.is_drawn {
            return Ok(PAUSE_MAX);
        }
    }
    if let (Admits::Processing { .. }, Some(dispatch)) = (rule.admits, dispatch) {
        match dispatch.hold(line).await? {
            Hold::Kept => {}
            // Another process may have admitted users meanwhile without requesting their work.
            Hold::Taken => state.is_unsure = true,
            Hold::Others => return Ok(PAUSE_MAX),
        }
    }
    let dispatches = matches!(rule.admits, Admits::Processing { .. }) && dispatch.is_some();
    if state.is_unsure && dispatches {
        put_all_back(port, line).await?;
    }
    state.is_unsure = false;
    let passes: Vec<PassId> = (0..batch_of(&rule)).map(|_| PassId(Uuid::new_v4())).collect();
    let most = passes.len();
    let admission = port.admit(line, passes, Clock::Engine).await;
    state.is_unsure = matches!(admission, Err(HotError::Unknown(_)));
    let admission = admission?;
    if admission.admitted.is_empty() {
        // A line that was lost and made again needs its draw again.
        state.is_drawn = false;
    } else {
        count_admitted(line, admission.admitted.len() as u64);
        if is_named(line) {
            gauge!("onsale_line_serving", "line" => line.to_string())
                .set(admission.admitted.iter().map(|admitted| admitted.number.get()).max().unwrap_or_default() as f64);
        }
        if let (Admits::Processing { .. }, Some(dispatch)) = (rule.admits, dispatch) {
            state.is_unsure = !dispatch.dispatch(line, &admission.admitted).await;
            if state.is_unsure {
                return Ok(UNAVAILABLE_PAUSE);
            }
        }
    }
    Ok(match admission.next_in_ms {
        // The rate allows more, but no user waits, or there is no room inside.
        Some(0) if admission.admitted.is_empty() => PAUSE_MAX,
        // The rate allows more, and more users may wait than one call admits.
        Some(0) if admission.admitted.len() == most => Duration::ZERO,
        Some(ms) => Duration::from_millis(ms).clamp(PAUSE_MIN, PAUSE_MAX),
        None => PAUSE_MAX,
    })
}

/// The number of users that the rate allows in an interval, up to the limit of one call; the limit in a line of the
/// automatic switch, where the rate does not count while few are inside.
fn batch_of(rule: &LineRule) -> u64 {
    if rule.terms.auto_above().is_some() {
        return BATCH_MAX;
    }
    let earned = u64::from(rule.rate_per_second) * u64::from(rule.interval_ms) / 1_000;
    earned.clamp(1, BATCH_MAX)
}
