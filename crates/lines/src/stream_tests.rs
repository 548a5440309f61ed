//! Streams without sockets: slow readers, readers with the newest frame, and the end of streams.

use crate::{LineClient, ServingCache, Streams};
use bytes::Bytes;
use domain::ErrorCode;
use domain::line::{LineId, LineRule};
use futures::{Stream, StreamExt};
use hot::embedded::{EmbeddedLines, JournalOptions};
use hot::line::LinePort;
use onsale_http::{Failures, NetworkPrefixes};
use std::convert::Infallible;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;
use tempfile::TempDir;

const PATIENCE: Duration = Duration::from_secs(60);

type Frames = Pin<Box<dyn Stream<Item = Result<Bytes, Infallible>> + Send>>;

struct World {
    port: Arc<dyn LinePort>,
    streams: Streams,
    line: LineId,
    _folder: TempDir,
}

async fn world(streams_max: usize) -> World {
    let folder = tempfile::tempdir().expect("a folder");
    let lines = EmbeddedLines::open(folder.path(), JournalOptions::default()).expect("opened");
    let port: Arc<dyn LinePort> = Arc::new(lines);
    let line: LineId = "queue:shop".parse().expect("a line");
    let rule = LineRule { capacity: 100, ..LineRule::new(0) };
    port.make_line(&line, rule).await.expect("made");
    let lines = LineClient::new(port.clone());
    let streams =
        Streams::new(lines, ServingCache::new(port.clone()), streams_max, 2, Failures::default(), Arc::new(|_| 2));
    World { port, streams, line, _folder: folder }
}

impl World {
    async fn open(&self, newest: Option<&str>) -> Frames {
        let stream = self.streams.open(&self.line, newest, None, None).await.expect("taken");
        Box::pin(stream.expect("there is such a line"))
    }

    async fn change_rate(&self, rate_per_second: u32) {
        let rule = self.port.rule(&self.line).await.expect("answers").expect("is there");
        self.port.change_rule(&self.line, LineRule { rate_per_second, ..rule }).await.expect("changed");
        self.streams.changed(&self.line);
    }
}

/// The next event; none at the end.
async fn next(frames: &mut Frames) -> Option<String> {
    let next = tokio::time::timeout(PATIENCE, frames.next()).await.expect("in time");
    next.map(|frame| match frame {
        Ok(bytes) => String::from_utf8(bytes.to_vec()).expect("text"),
        Err(never) => match never {},
    })
}

#[tokio::test]
async fn a_slow_reader_gets_the_newest_frame_and_skips_the_others() {
    let world = world(10).await;
    let (mut fast, mut slow) = (world.open(None).await, world.open(None).await);
    for frames in [&mut fast, &mut slow] {
        assert!(next(frames).await.expect("the first").contains("\"ratePerSecond\":0.0"));
    }
    for rate in 1..=5 {
        world.change_rate(rate).await;
        let frame = next(&mut fast).await.expect("a frame");
        assert!(frame.contains(&format!("\"ratePerSecond\":{rate}.0")), "{frame}");
    }
    let frame = next(&mut slow).await.expect("a frame");
    assert!(frame.contains("\"ratePerSecond\":5.0"), "{frame}");
}

#[tokio::test]
async fn a_reader_with_the_newest_frame_does_not_get_it_again() {
    let world = world(10).await;
    let first = next(&mut world.open(None).await).await.expect("the first");
    let id = first.split_once("id: ").and_then(|(_, rest)| rest.split_once('\n')).expect("an id").0.to_owned();
    let mut again = world.open(Some(&id)).await;
    let only = next(&mut again).await.expect("the first");
    assert!(only.starts_with("retry: ") && !only.contains("data:"), "{only}");
    world.change_rate(1).await;
    assert!(next(&mut again).await.expect("a frame").contains("\"ratePerSecond\":1.0"));
}

#[tokio::test]
async fn all_streams_end_and_new_ones_are_refused() {
    let world = world(10).await;
    let mut frames = [world.open(None).await, world.open(None).await];
    world.streams.end();
    for frames in &mut frames {
        assert!(next(frames).await.is_some(), "the frame already sent");
        assert_eq!(next(frames).await, None);
    }
    assert!(world.streams.open(&world.line, None, None, None).await.is_err());
}

#[tokio::test]
async fn a_closed_stream_makes_room_for_another() {
    let world = world(2).await;
    let first = world.open(None).await;
    let second = world.open(None).await;
    assert!(world.streams.open(&world.line, None, None, None).await.is_err());
    drop(first);
    let third = world.open(None).await;
    assert!(world.streams.open(&world.line, None, None, None).await.is_err());
    drop((second, third));
    let missing = "queue:nothing".parse().expect("a line");
    for _ in 0..5 {
        assert!(world.streams.open(&missing, None, None, None).await.expect("answers").is_none());
    }
    drop(world.open(None).await);
}

/// A stream is held, so it has a share for each holder: a whole /64 is one.
#[tokio::test]
async fn a_network_has_its_share_of_streams() {
    let world = world(10).await;
    let network = |text: &str| Some(NetworkPrefixes::default().network(text.parse().expect("an address")));
    let open = async |text: &str| world.streams.open(&world.line, None, None, network(text)).await.map(Option::unwrap);
    let (first, _second) = (open("2001:db8::1").await.expect("one"), open("2001:db8::2").await.expect("two"));
    let refused = open("2001:db8::3").await.err().expect("its share is two");
    assert_eq!((refused.code, refused.retry_after_seconds), (ErrorCode::RateLimitExceeded, Some(5)));
    assert!(open("2001:db8:0:1::1").await.is_ok(), "another network is served meanwhile");
    drop(first);
    assert!(open("2001:db8::4").await.is_ok());
}

/// The lines of one tenant do not take the streams of another's, nor those of sites.
#[tokio::test]
async fn a_tenant_has_its_share_of_streams() {
    let world = world(10).await;
    let line = |text: &str| text.parse::<LineId>().expect("a line");
    let (one, other, foreign) = (line("gate:acme/one"), line("gate:acme/other"), line("gate:bolt/one"));
    for line in [&one, &other, &foreign] {
        world.port.make_line(line, LineRule { capacity: 100, ..LineRule::new(0) }).await.expect("made");
    }
    let open = async |line: &LineId| world.streams.open(line, None, None, None).await.map(Option::unwrap);
    let (first, _second) = (open(&one).await.expect("one"), open(&other).await.expect("two"));
    let refused = open(&one).await.err().expect("its share is two");
    assert_eq!((refused.code, refused.extra), (ErrorCode::TenantQuotaExceeded, vec![("quota", "streams".to_owned())]));
    assert!(open(&foreign).await.is_ok() && open(&world.line).await.is_ok());
    drop(first);
    assert!(open(&one).await.is_ok());
}
