//! Pushes what changes to all readers of a schedule: the bytes of a change are made once for all.
//!
//! ```text
//! board --once a second--> publisher, one a schedule --one change--> watch --> reader, reader, reader ...
//! ```
//!
//! A reader that misses a change, because it is slow, gets the difference to what it had; one whose pass ends hears that and is
//! closed.

use super::board::Board;
use super::state::State;
use crate::peers::{Catalog, Queue, Schedule};
use crate::views::seats::{SeatChanges, StreamEnd};
use bytes::Bytes;
use domain::line::{IssuedPass, QueueNumber};
use domain::{AccountId, ErrorCode, PassId, ScheduleId};
use metrics::{counter, gauge};
use onsale_http::shares::{Share, Shares};
use onsale_http::{ApiError, Network};
use serde::Serialize;
use std::collections::HashMap;
use std::convert::Infallible;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError, Weak};
use std::time::Duration;
use tokio::sync::watch;

/// Time between two looks at the board.
const EVERY: Duration = Duration::from_secs(1);
/// Looks after which a reader hears that the stream lives, where nothing has changed.
const BEAT_LOOKS: u64 = 15;
/// Looks after which a pass is looked at again.
const PASS_LOOKS: u64 = 5;
/// `Retry-After` when all streams are in use, in seconds.
const FULL_RETRY_SECONDS: u32 = 5;
/// Milliseconds until a browser reopens an ended stream.
const RETRY_MS: u32 = 2_000;

/// What the board has shown last, and the change that led to it.
#[derive(Clone)]
struct Frame {
    state: Arc<State>,
    /// Sequence of the state before.
    from: u64,
    /// The event, for readers that have the state before.
    change: Bytes,
    is_cancelled: bool,
    /// Looks so far.
    looks: u64,
}

/// Streams of all schedules. Cheap to clone.
#[derive(Clone)]
pub(crate) struct SeatStreams(Arc<Hub>);

struct Hub {
    board: Board,
    catalog: Catalog,
    queue: Queue,
    channels: Mutex<HashMap<ScheduleId, watch::Sender<Frame>>>,
    open: AtomicUsize,
    streams_max: usize,
    shares: Shares,
    ended: AtomicBool,
}

/// Counts a stream for as long as it lives.
struct Guard {
    hub: Arc<Hub>,
    _share: Option<Share>,
}

impl Drop for Guard {
    fn drop(&mut self) {
        self.hub.open.fetch_sub(1, Ordering::Relaxed);
        gauge!("onsale_seat_streams").decrement(1.0);
    }
}

impl SeatStreams {
    /// At most `streams_max` at once, of one network at most `per_network_max` (0: no limit).
    pub fn new(board: Board, catalog: Catalog, queue: Queue, streams_max: usize, per_network_max: usize) -> Self {
        Self(Arc::new(Hub {
            board,
            catalog,
            queue,
            channels: Mutex::default(),
            open: AtomicUsize::new(0),
            streams_max,
            shares: Shares::new(per_network_max),
            ended: AtomicBool::new(false),
        }))
    }

    /// Ends every stream and refuses new ones, when the server stops.
    pub fn end(&self) {
        self.0.ended.store(true, Ordering::Relaxed);
        // Dropping a sender ends the streams of its readers.
        self.0.channels.lock().unwrap_or_else(PoisonError::into_inner).clear();
    }

    /// A stream for the holder of this pass.
    ///
    /// # Errors
    /// `SERVICE_UNAVAILABLE` when all streams are in use or nothing can be read, `RATE_LIMIT_EXCEEDED` when the network has its
    /// share.
    pub async fn open(
        &self,
        schedule: &Schedule,
        (id, pass): (PassId, IssuedPass),
        network: Option<Network>,
    ) -> Result<Reader, ApiError> {
        let guard = self.reserve(network)?;
        let state = self.0.board.state(schedule).await?;
        let frames = self.subscribe(schedule, state)?;
        Ok(Reader::new(guard, frames, schedule.show.id, id, pass))
    }

    fn reserve(&self, network: Option<Network>) -> Result<Guard, ApiError> {
        let share = match network.map(|network| self.0.shares.take(network)) {
            Some(None) => {
                counter!("onsale_seat_streams_refused_total").increment(1);
                let detail = "your network has too many streams open; read the state instead";
                let refusal = ApiError::new(ErrorCode::RateLimitExceeded).detail(detail);
                return Err(refusal.retry_after(FULL_RETRY_SECONDS));
            }
            share => share.flatten(),
        };
        let before = self.0.open.fetch_add(1, Ordering::Relaxed);
        gauge!("onsale_seat_streams").increment(1.0);
        let guard = Guard { hub: self.0.clone(), _share: share };
        if before >= self.0.streams_max || self.0.ended.load(Ordering::Relaxed) {
            counter!("onsale_seat_streams_refused_total").increment(1);
            let refusal = ApiError::unavailable().retry_after(FULL_RETRY_SECONDS);
            return Err(refusal.detail("all streams are in use; read the state instead"));
        }
        Ok(guard)
    }

    fn subscribe(&self, schedule: &Schedule, state: Arc<State>) -> Result<watch::Receiver<Frame>, ApiError> {
        let id = schedule.show.id;
        let mut channels = self.0.channels.lock().unwrap_or_else(PoisonError::into_inner);
        // Checked under the lock, so that no channel is made after the end.
        if self.0.ended.load(Ordering::Relaxed) {
            return Err(ApiError::unavailable().retry_after(FULL_RETRY_SECONDS));
        }
        if let Some(channel) = channels.get(&id) {
            return Ok(channel.subscribe());
        }
        let is_cancelled = schedule.window.is_cancelled;
        let frame = Frame { from: state.sequence, state, change: Bytes::new(), is_cancelled, looks: 0 };
        let (sender, receiver) = watch::channel(frame);
        channels.insert(id, sender);
        tokio::spawn(publish(Arc::downgrade(&self.0), id));
        Ok(receiver)
    }
}

/// Shows the readers of a schedule what the board shows, until there are none.
async fn publish(hub: Weak<Hub>, id: ScheduleId) {
    loop {
        tokio::time::sleep(EVERY).await;
        let Some(hub) = hub.upgrade() else { return };
        let looked = look(&hub, id).await;
        let mut channels = hub.channels.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(channel) = channels.get(&id) else { return };
        if channel.receiver_count() == 0 {
            channels.remove(&id);
            return;
        }
        match looked {
            Ok((state, is_cancelled)) => channel.send_modify(|frame| frame.show(state, is_cancelled)),
            // Readers keep what they have; a schedule that is gone is shown as cancelled.
            Err(error) => channel.send_modify(|frame| {
                frame.looks += 1;
                frame.is_cancelled |= error.code == ErrorCode::NotFound;
            }),
        }
    }
}

async fn look(hub: &Hub, id: ScheduleId) -> Result<(Arc<State>, bool), ApiError> {
    let schedule = hub.catalog.schedule(id).await?;
    Ok((hub.board.state(&schedule).await?, schedule.window.is_cancelled))
}

impl Frame {
    fn show(&mut self, state: Arc<State>, is_cancelled: bool) {
        self.looks += 1;
        self.is_cancelled = is_cancelled;
        if state.sequence != self.state.sequence {
            self.from = self.state.sequence;
            self.change = event(&changes(&self.state, &state, None));
        }
        self.state = state;
    }
}

fn changes(before: &State, state: &State, open: Option<Vec<u32>>) -> SeatChanges {
    SeatChanges { from: before.sequence, to: state.sequence, changes: state.changes_since(before), open }
}

fn event(changes: &SeatChanges) -> Bytes {
    format!("id: {}\ndata: {}\n\n", changes.to, json(changes)).into()
}

fn json(value: &impl Serialize) -> String {
    // Numbers and lists of numbers: writing them cannot fail.
    serde_json::to_string(value).unwrap_or_default()
}

/// The reader of one stream.
pub(crate) struct Reader {
    guard: Guard,
    frames: watch::Receiver<Frame>,
    schedule: ScheduleId,
    id: PassId,
    user: AccountId,
    ticket: QueueNumber,
    /// What the reader has been told; none before the first event.
    told: Option<Arc<State>>,
    open: Vec<u32>,
    /// Looks at the last event, and at the last look at the pass.
    told_at: u64,
    checked_at: u64,
    is_over: bool,
}

impl Reader {
    fn new(guard: Guard, frames: watch::Receiver<Frame>, schedule: ScheduleId, id: PassId, pass: IssuedPass) -> Self {
        let looks = frames.borrow().looks;
        Self {
            guard,
            frames,
            schedule,
            id,
            user: pass.user_id,
            ticket: pass.ticket,
            told: None,
            open: Vec::new(),
            told_at: looks,
            checked_at: looks,
            is_over: false,
        }
    }

    /// The next bytes for the reader; `None` at the end.
    pub async fn next(mut self) -> Option<(Result<Bytes, Infallible>, Self)> {
        if self.is_over {
            return None;
        }
        loop {
            let frame = match self.told {
                None => self.frames.borrow_and_update().clone(),
                Some(_) => {
                    self.frames.changed().await.ok()?;
                    self.frames.borrow_and_update().clone()
                }
            };
            if let Some(code) = self.end(&frame).await {
                self.is_over = true;
                let end = format!("event: end\ndata: {}\n\n", json(&StreamEnd { code: code.as_str() }));
                return Some((Ok(end.into()), self));
            }
            if let Some(bytes) = self.tell(&frame) {
                return Some((Ok(bytes), self));
            }
        }
    }

    /// Why the stream ends now.
    async fn end(&mut self, frame: &Frame) -> Option<ErrorCode> {
        if frame.is_cancelled {
            return Some(ErrorCode::EventCancelled);
        }
        if frame.looks.saturating_sub(self.checked_at) < PASS_LOOKS {
            return None;
        }
        self.checked_at = frame.looks;
        let still_opens = self.guard.hub.queue.still_opens(self.id, self.user, self.schedule).await;
        (!still_opens).then_some(ErrorCode::QueueTokenExpired)
    }

    /// The event of a frame, if there is something to tell.
    fn tell(&mut self, frame: &Frame) -> Option<Bytes> {
        let open = frame.state.open_to(self.ticket);
        let told = self.told.replace(frame.state.clone());
        let is_new = told.as_ref().is_none_or(|told| told.sequence != frame.state.sequence);
        let is_other_open = told.is_none() || open != self.open;
        let bytes = match told {
            None => {
                let first = event(&changes(&frame.state, &frame.state, Some(open.clone())));
                [format!("retry: {RETRY_MS}\n\n").as_bytes(), &first].concat().into()
            }
            Some(told) if is_new && !is_other_open && told.sequence == frame.from => frame.change.clone(),
            Some(told) if is_new || is_other_open => {
                event(&changes(&told, &frame.state, is_other_open.then(|| open.clone())))
            }
            Some(_) if frame.looks.saturating_sub(self.told_at) >= BEAT_LOOKS => Bytes::from_static(b":\n\n"),
            Some(_) => return None,
        };
        self.open = open;
        self.told_at = frame.looks;
        Some(bytes)
    }
}
