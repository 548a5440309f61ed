//! Pushes a line's document to all readers: one frame for all, made once.
//!
//! ```text
//! engine --once a second--> publisher, one a line --one frame--> watch --> reader, reader, reader ...
//! ```
//!
//! A reader holds only a receiver of the watch. A slow reader delays no other, and reads the newest frame next. A
//! stalled reader is disconnected by the connection's write timeout.

use super::client::LineClient;
use super::publisher;
use super::returned::Returned;
use super::serving::{Serving, ServingCache};
use bytes::Bytes;
use domain::ErrorCode;
use domain::TenantName;
use domain::line::LineId;
use futures::Stream;
use futures::stream::unfold;
use hot::line::LineUser;
use metrics::{Counter, Gauge, counter, gauge};
use onsale_http::shares::{Share, Shares};
use onsale_http::{ApiError, Failures, Network};
use sha2::{Digest, Sha256};
use std::collections::HashMap;
use std::convert::Infallible;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};
use tokio::runtime::Handle;
use tokio::sync::{Notify, watch};

/// `Retry-After` when all streams are in use, in seconds.
const FULL_RETRY_SECONDS: u32 = 5;
/// Milliseconds until a browser reopens an ended stream. Each gets a random value in this range, so that the browsers
/// of a stopped server do not all return at once.
const RETRY_MS: std::ops::Range<u64> = 1_000..6_000;

/// A document as sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Frame {
    /// Identifies the document; equal on every server.
    pub id: Arc<str>,
    /// The bytes of the server-sent event.
    pub bytes: Bytes,
}

impl Frame {
    /// The frame of a document. Its time is not part of its id, so that documents that differ only in time have one id.
    pub fn of(document: &Serving) -> Self {
        let text = serde_json::to_string(document).unwrap_or_default();
        let undated = serde_json::to_string(&document.undated()).unwrap_or_default();
        let id = format!("{}-{}", document.serving, hex::encode(&Sha256::digest(undated)[..8]));
        Self { bytes: format!("id: {id}\ndata: {text}\n\n").into(), id: id.into() }
    }
}

/// The latest frame and heartbeat of a line, for its readers.
#[derive(Clone, Debug)]
pub(super) struct Update {
    pub frame: Frame,
    /// Frames so far. A reader that sees it grow by more than one has skipped frames.
    pub number: u64,
    /// Heartbeats so far.
    pub beat: u64,
    /// How often a reader checks its user in.
    pub check_in_every: Duration,
}

/// The channel of a line with readers, or with readers until recently.
pub(super) struct Channel {
    pub updates: watch::Sender<Update>,
    /// Notified when the line changes.
    pub changed: Notify,
}

struct StreamMetrics {
    open: Gauge,
    frames: Counter,
    skipped: Counter,
    refused: Counter,
}

impl StreamMetrics {
    fn new() -> Self {
        Self {
            open: gauge!("onsale_line_streams"),
            frames: counter!("onsale_line_stream_frames_total"),
            skipped: counter!("onsale_line_stream_frames_skipped_total"),
            refused: counter!("onsale_line_streams_refused_total"),
        }
    }
}

/// Streams of all lines. Cheap to clone.
#[derive(Clone)]
pub struct Streams(Arc<Hub>);

pub(super) struct Hub {
    pub cache: ServingCache,
    pub channels: Mutex<HashMap<LineId, Arc<Channel>>>,
    pub failures: Failures,
    lines: LineClient,
    runtime: Handle,
    streams_max: usize,
    open: AtomicUsize,
    shares: Shares,
    of_tenants: Shares<TenantName>,
    tenant_max: TenantMax,
    ended: AtomicBool,
    metrics: StreamMetrics,
}

/// The most streams of a tenant's lines at this server.
pub type TenantMax = Arc<dyn Fn(&TenantName) -> u64 + Send + Sync>;

/// Counts a stream for as long as it lives.
struct StreamGuard {
    hub: Arc<Hub>,
    _share: Option<Share>,
    _of_tenant: Option<Share<TenantName>>,
}

impl Drop for StreamGuard {
    fn drop(&mut self) {
        self.hub.open.fetch_sub(1, Ordering::Relaxed);
        self.hub.metrics.open.decrement(1.0);
    }
}

impl Streams {
    /// No streams yet, and at most `streams_max`, of one network at most `per_network_max` (0: without a limit), of the lines of
    /// one tenant `tenant_max`. Frames are
    /// made on the runtime of this call. A panic while they are made is reported to `failures`; the streams stay open, and
    /// frames are made again after a second.
    pub fn new(
        lines: LineClient,
        cache: ServingCache,
        streams_max: usize,
        per_network_max: usize,
        failures: Failures,
        tenant_max: TenantMax,
    ) -> Self {
        Self(Arc::new(Hub {
            cache,
            channels: Mutex::default(),
            failures,
            lines,
            runtime: Handle::current(),
            streams_max,
            open: AtomicUsize::new(0),
            shares: Shares::new(per_network_max),
            of_tenants: Shares::new(0),
            tenant_max,
            ended: AtomicBool::new(false),
            metrics: StreamMetrics::new(),
        }))
    }

    /// Publishes a change of the line at once instead of within a second.
    pub fn changed(&self, line: &LineId) {
        let channels = self.0.channels.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(channel) = channels.get(line) {
            channel.changed.notify_one();
        }
    }

    /// Ends every stream and refuses new ones, when the server stops.
    pub fn end(&self) {
        self.0.ended.store(true, Ordering::Relaxed);
        let mut channels = self.0.channels.lock().unwrap_or_else(PoisonError::into_inner);
        for (_, channel) in channels.drain() {
            // Dropping the sender ends the streams of all readers.
            channel.changed.notify_one();
        }
    }

    /// A stream of the line's documents; none if there is no such line. `newest`: the id of the document that the
    /// reader has. `watcher`: the user who stays active as long as the stream is read. `network`: the reader's, which holds
    /// the stream.
    ///
    /// # Errors
    /// `SERVICE_UNAVAILABLE` when all streams are in use, or the engine is unavailable. `RATE_LIMIT_EXCEEDED` when the
    /// network has its share of streams. `TENANT_QUOTA_EXCEEDED` when the line's tenant has.
    pub async fn open(
        &self,
        line: &LineId,
        newest: Option<&str>,
        watcher: Option<LineUser>,
        network: Option<Network>,
    ) -> Result<Option<impl Stream<Item = Result<Bytes, Infallible>> + Send + use<>>, ApiError> {
        let guard = self.reserve(line, network)?;
        let Some(document) = self.0.cache.serving(line).await? else { return Ok(None) };
        let updates = self.subscribe(line, &document)?;
        Ok(Some(unfold(Reader::new(guard, updates, newest, watcher), Reader::next)))
    }

    fn reserve(&self, line: &LineId, network: Option<Network>) -> Result<StreamGuard, ApiError> {
        let share = match network.map(|network| self.0.shares.take(network)) {
            Some(None) => {
                self.0.metrics.refused.increment(1);
                let detail = "your network has too many streams open; poll /queue/serving/ instead";
                let refusal = ApiError::new(ErrorCode::RateLimitExceeded).detail(detail);
                return Err(refusal.retry_after(FULL_RETRY_SECONDS));
            }
            share => share.flatten(),
        };
        let of_tenant = self.reserve_of_tenant(line)?;
        let before = self.0.open.fetch_add(1, Ordering::Relaxed);
        self.0.metrics.open.increment(1.0);
        let guard = StreamGuard { hub: self.0.clone(), _share: share, _of_tenant: of_tenant };
        if before >= self.0.streams_max || self.0.ended.load(Ordering::Relaxed) {
            self.0.metrics.refused.increment(1);
            return Err(ApiError::unavailable()
                .retry_after(FULL_RETRY_SECONDS)
                .detail("all streams are in use; poll /queue/serving/ instead"));
        }
        Ok(guard)
    }

    /// The share of the tenant whose campaign is behind the line; lines before sites belong to none.
    fn reserve_of_tenant(&self, line: &LineId) -> Result<Option<Share<TenantName>>, ApiError> {
        let LineId::Gate(campaign) = line else { return Ok(None) };
        let tenant = &campaign.tenant;
        let most = (self.0.tenant_max)(tenant);
        let max = usize::try_from(most).unwrap_or(usize::MAX);
        // A limit of 0 is one, and not none.
        let share = if max == 0 { None } else { self.0.of_tenants.take_within(tenant.clone(), max) };
        if share.is_none() {
            self.0.metrics.refused.increment(1);
            let detail =
                format!("the streams of this tenant, {most} at a server, are in use; poll /queue/serving/ instead");
            return Err(ApiError::new(ErrorCode::TenantQuotaExceeded).detail(detail).with("quota", "streams"));
        }
        Ok(share)
    }

    fn subscribe(&self, line: &LineId, document: &Serving) -> Result<watch::Receiver<Update>, ApiError> {
        let mut channels = self.0.channels.lock().unwrap_or_else(PoisonError::into_inner);
        // Checked under the lock, so that no channel is made after the end.
        if self.0.ended.load(Ordering::Relaxed) {
            return Err(ApiError::unavailable().retry_after(FULL_RETRY_SECONDS));
        }
        if let Some(channel) = channels.get(line) {
            return Ok(channel.updates.subscribe());
        }
        let update =
            Update { frame: Frame::of(document), number: 0, beat: 0, check_in_every: publisher::BEAT_EVERY_MAX };
        let (updates, receiver) = watch::channel(update);
        let channel = Arc::new(Channel { updates, changed: Notify::new() });
        channels.insert(line.clone(), channel.clone());
        self.0.runtime.spawn(publisher::run(Arc::downgrade(&self.0), line.clone(), Arc::downgrade(&channel)));
        Ok(receiver)
    }
}

/// The reader of one stream.
struct Reader {
    guard: StreamGuard,
    updates: watch::Receiver<Update>,
    /// The bytes sent first.
    first: Option<Bytes>,
    number: u64,
    beat: u64,
    watcher: Option<Box<Watcher>>,
}

/// What a reader hears, beside the frames of all, whose check-in has made a new position (QUEUE-012).
const LATE: &[u8] = b"event: returned\ndata: {\"returned\":\"LATE\"}\n\n";

/// A user who stays active by reading a stream.
struct Watcher {
    user: LineUser,
    checked_in_at: Instant,
    /// A check-in has made a new position, and the reader has not heard it.
    is_late: Arc<AtomicBool>,
}

impl Reader {
    fn new(
        guard: StreamGuard,
        mut updates: watch::Receiver<Update>,
        newest: Option<&str>,
        watcher: Option<LineUser>,
    ) -> Self {
        let retry_ms = fastrand::u64(RETRY_MS);
        let mut first = format!("retry: {retry_ms}\n\n").into_bytes();
        let update = updates.borrow_and_update().clone();
        if newest != Some(&update.frame.id) {
            first.extend_from_slice(&update.frame.bytes);
            guard.hub.metrics.frames.increment(1);
        }
        let watcher =
            watcher.map(|user| Box::new(Watcher { user, checked_in_at: Instant::now(), is_late: Arc::default() }));
        Self { guard, updates, first: Some(first.into()), number: update.number, beat: update.beat, watcher }
    }

    async fn next(mut self) -> Option<(Result<Bytes, Infallible>, Self)> {
        if let Some(first) = self.first.take() {
            return Some((Ok(first), self));
        }
        loop {
            self.updates.changed().await.ok()?;
            let update = self.updates.borrow_and_update().clone();
            if self.watcher.as_ref().is_some_and(|watcher| watcher.is_late.swap(false, Ordering::Relaxed)) {
                // This frame comes with the next.
                return Some((Ok(Bytes::from_static(LATE)), self));
            }
            self.check_in_watcher(update.check_in_every);
            let new_frames = update.number - self.number;
            let has_beat = std::mem::replace(&mut self.beat, update.beat) != update.beat;
            if new_frames > 0 {
                self.number = update.number;
                self.guard.hub.metrics.frames.increment(1);
                self.guard.hub.metrics.skipped.increment(new_frames - 1);
                return Some((Ok(update.frame.bytes), self));
            }
            if has_beat {
                return Some((Ok(Bytes::from_static(b":\n\n")), self));
            }
        }
    }

    /// Checks the watching user in, so that the user stays active in the line.
    fn check_in_watcher(&mut self, check_in_every: Duration) {
        let Some(watcher) = self.watcher.as_mut().filter(|watcher| watcher.checked_in_at.elapsed() >= check_in_every)
        else {
            return;
        };
        watcher.checked_in_at = Instant::now();
        let (lines, user, is_late) = (self.guard.hub.lines.clone(), watcher.user.clone(), watcher.is_late.clone());
        tokio::spawn(async move {
            // After a failure the next check-in follows soon.
            if lines.check_in(user).await.is_ok_and(|status| Returned::of(&status).is_some()) {
                is_late.store(true, Ordering::Relaxed);
            }
        });
    }
}
