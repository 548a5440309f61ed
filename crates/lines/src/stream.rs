//! A line's document pushed to everybody who watches: one frame for all, made once.
//!
//! ```text
//! engine --once a second--> pump, one a line --one frame--> watch --> reader, reader, reader ...
//! ```
//!
//! A reader holds a place in the watch and nothing else: who is slow is not waited for and finds the newest frame when
//! it comes back. Who does not come back is cut by the connection's own time limit.

use super::client::LineClient;
use super::publisher;
use super::serving::{Serving, ServingCache};
use bytes::Bytes;
use domain::Timestamp;
use domain::line::LineId;
use futures::Stream;
use futures::stream::unfold;
use hot::line::LineUser;
use metrics::{Counter, Gauge, counter, gauge};
use onsale_http::ApiError;
use sha2::{Digest, Sha256};
use std::collections::HashMap;
use std::convert::Infallible;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};
use tokio::runtime::Handle;
use tokio::sync::{Notify, watch};

/// Seconds after which one stream too many may come again.
const FULL_RETRY_SECONDS: u32 = 5;
/// When a browser whose stream has ended opens it again: each is told its own moment between the two, or all of a server's
/// would come back at once.
const RETRY_MS: std::ops::Range<u64> = 1_000..6_000;

/// A document as it is sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Frame {
    /// Tells documents apart, on every server alike.
    pub id: Arc<str>,
    /// As it goes over the wire.
    pub bytes: Bytes,
}

impl Frame {
    /// The frame of a document. Its moment is not part of its id: an older copy of the same is no news.
    pub fn of(document: &Serving) -> Self {
        let text = serde_json::to_string(document).unwrap_or_default();
        let undated = serde_json::to_string(&Serving { at: Timestamp(0), ..document.clone() }).unwrap_or_default();
        let id = format!("{}-{}", document.serving, hex::encode(&Sha256::digest(undated)[..8]));
        Self { bytes: format!("id: {id}\ndata: {text}\n\n").into(), id: id.into() }
    }
}

/// What readers of a line are told.
#[derive(Clone, Debug)]
pub(super) struct News {
    pub frame: Frame,
    /// Frames so far: who finds more than one new has missed some.
    pub number: u64,
    /// Signs of life so far.
    pub beat: u64,
    /// How often a reader is to be noted as being there.
    pub heard_every: Duration,
}

/// A line that somebody watches, or has lately.
pub(super) struct Channel {
    pub news: watch::Sender<News>,
    /// Something has changed just now.
    pub changed: Notify,
}

struct Figures {
    open: Gauge,
    frames: Counter,
    skipped: Counter,
    refused: Counter,
}

impl Figures {
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
    lines: LineClient,
    runtime: Handle,
    streams_max: usize,
    open: AtomicUsize,
    ended: AtomicBool,
    figures: Figures,
}

/// Counts a stream for as long as it lives.
struct Counted(Arc<Hub>);

impl Drop for Counted {
    fn drop(&mut self) {
        self.0.open.fetch_sub(1, Ordering::Relaxed);
        self.0.figures.open.decrement(1.0);
    }
}

impl Streams {
    /// No streams yet, `streams_max` at most. Frames are made on the runtime that this is called on.
    pub fn new(lines: LineClient, cache: ServingCache, streams_max: usize) -> Self {
        Self(Arc::new(Hub {
            cache,
            channels: Mutex::default(),
            lines,
            runtime: Handle::current(),
            streams_max,
            open: AtomicUsize::new(0),
            ended: AtomicBool::new(false),
            figures: Figures::new(),
        }))
    }

    /// Something about the line has changed: its readers hear of it now and not in a second.
    pub fn changed(&self, line: &LineId) {
        let channels = self.0.channels.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(channel) = channels.get(line) {
            channel.changed.notify_one();
        }
    }

    /// Ends every stream, and takes no new one: the server stops.
    pub fn end(&self) {
        self.0.ended.store(true, Ordering::Relaxed);
        let mut channels = self.0.channels.lock().unwrap_or_else(PoisonError::into_inner);
        for (_, channel) in channels.drain() {
            // Without its sender a channel tells its readers that there is no more to come.
            channel.changed.notify_one();
        }
    }

    /// A stream of the line's documents; none if there is no such line. `newest` is the id of the one that the reader
    /// has. `watcher` is noted as being there as long as the stream is read.
    ///
    /// # Errors
    /// `SERVICE_UNAVAILABLE` when all streams are taken, or the engine is away.
    pub async fn open(
        &self,
        line: &LineId,
        newest: Option<&str>,
        watcher: Option<LineUser>,
    ) -> Result<Option<impl Stream<Item = Result<Bytes, Infallible>> + Send + use<>>, ApiError> {
        let counted = self.count()?;
        let Some(document) = self.0.cache.serving(line).await? else { return Ok(None) };
        let news = self.subscribe(line, &document)?;
        Ok(Some(unfold(Reader::new(counted, news, newest, watcher), Reader::next)))
    }

    fn count(&self) -> Result<Counted, ApiError> {
        let before = self.0.open.fetch_add(1, Ordering::Relaxed);
        self.0.figures.open.increment(1.0);
        let counted = Counted(self.0.clone());
        if before >= self.0.streams_max || self.0.ended.load(Ordering::Relaxed) {
            self.0.figures.refused.increment(1);
            return Err(ApiError::unavailable()
                .retry_after(FULL_RETRY_SECONDS)
                .detail("all streams are taken; poll /queue/serving/"));
        }
        Ok(counted)
    }

    fn subscribe(&self, line: &LineId, document: &Serving) -> Result<watch::Receiver<News>, ApiError> {
        let mut channels = self.0.channels.lock().unwrap_or_else(PoisonError::into_inner);
        // Looked at under the lock: no channel is made after all were ended.
        if self.0.ended.load(Ordering::Relaxed) {
            return Err(ApiError::unavailable().retry_after(FULL_RETRY_SECONDS));
        }
        if let Some(channel) = channels.get(line) {
            return Ok(channel.news.subscribe());
        }
        let news = News { frame: Frame::of(document), number: 0, beat: 0, heard_every: publisher::BEAT_EVERY_MAX };
        let (news, receiver) = watch::channel(news);
        let channel = Arc::new(Channel { news, changed: Notify::new() });
        channels.insert(line.clone(), channel.clone());
        self.0.runtime.spawn(publisher::run(Arc::downgrade(&self.0), line.clone(), Arc::downgrade(&channel)));
        Ok(receiver)
    }
}

/// One stream's place in the watch.
struct Reader {
    counted: Counted,
    news: watch::Receiver<News>,
    /// What goes out first.
    first: Option<Bytes>,
    number: u64,
    beat: u64,
    watcher: Option<Box<Watcher>>,
}

/// Somebody who is there by watching.
struct Watcher {
    who: LineUser,
    heard_at: Instant,
}

impl Reader {
    fn new(counted: Counted, mut news: watch::Receiver<News>, newest: Option<&str>, watcher: Option<LineUser>) -> Self {
        let retry_ms = fastrand::u64(RETRY_MS);
        let mut first = format!("retry: {retry_ms}\n\n").into_bytes();
        let now = news.borrow_and_update().clone();
        if newest != Some(&now.frame.id) {
            first.extend_from_slice(&now.frame.bytes);
            counted.0.figures.frames.increment(1);
        }
        let watcher = watcher.map(|who| Box::new(Watcher { who, heard_at: Instant::now() }));
        Self { counted, news, first: Some(first.into()), number: now.number, beat: now.beat, watcher }
    }

    async fn next(mut self) -> Option<(Result<Bytes, Infallible>, Self)> {
        if let Some(first) = self.first.take() {
            return Some((Ok(first), self));
        }
        loop {
            self.news.changed().await.ok()?;
            let now = self.news.borrow_and_update().clone();
            self.note_watcher(now.heard_every);
            let missed = now.number - self.number;
            let has_beat = std::mem::replace(&mut self.beat, now.beat) != now.beat;
            if missed > 0 {
                self.number = now.number;
                self.counted.0.figures.frames.increment(1);
                self.counted.0.figures.skipped.increment(missed - 1);
                return Some((Ok(now.frame.bytes), self));
            }
            if has_beat {
                return Some((Ok(Bytes::from_static(b":\n\n")), self));
            }
        }
    }

    /// Whoever watches is there, and keeps the turn.
    fn note_watcher(&mut self, heard_every: Duration) {
        let Some(watcher) = self.watcher.as_mut().filter(|watcher| watcher.heard_at.elapsed() >= heard_every) else {
            return;
        };
        watcher.heard_at = Instant::now();
        let (lines, who) = (self.counted.0.lines.clone(), watcher.who.clone());
        tokio::spawn(async move {
            // Missed once, it is noted the next time.
            let _ = lines.look(who).await;
        });
    }
}
