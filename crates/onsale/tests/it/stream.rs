//! The stream of a line's document: frames, no duplicates, keep-alive comments, the end.

use serde_json::Value;
use testkit::http::{Client, Event, Events};
use testkit::onsale::visitor::{Visitor, open_the_line, shut};
use testkit::onsale::{World, wait_until};

/// After this many keep-alive comments there is no new document.
const COMMENTS_MAX: usize = 60;

/// An open stream.
struct Stream(Events);

impl Stream {
    fn open(world: &World, line: &str, headers: &[(&str, &str)]) -> Self {
        let client: Client = headers.iter().fold(world.anyone(), |client, (name, value)| client.with(name, value));
        Self(Events::open(&client, &format!("/queue/stream/{line}")))
    }

    fn status(&self) -> u16 {
        self.0.head.status
    }

    /// The next document, with its id.
    fn document(&mut self) -> (String, Value) {
        for _ in 0..COMMENTS_MAX {
            match self.0.event() {
                Event::Message { id, data } => return (id, serde_json::from_str(&data).expect("JSON")),
                Event::End => panic!("the stream has ended"),
                _ => {}
            }
        }
        panic!("no document among {COMMENTS_MAX} signs of life");
    }
}

#[test]
fn the_newest_document_comes_at_once_and_changes_as_they_happen() {
    let world = shut(&[]);
    let mut stream = Stream::open(&world, "shop", &[]);
    assert_eq!(stream.status(), 200);
    for (name, value) in
        [("content-type", "text/event-stream"), ("cache-control", "no-store"), ("x-accel-buffering", "no")]
    {
        let header = stream.0.head.header(name).unwrap_or_default();
        assert!(header.starts_with(value), "{:?}", stream.0.head);
    }
    assert!(matches!(stream.0.event(), Event::Retry(ms) if (1_000..6_000).contains(&ms)));
    let (first, document) = stream.document();
    assert_eq!((&document["line"], &document["serving"]), (&"queue:shop".into(), &0.into()));
    assert_eq!(document["ratePerSecond"], 0.0);
    open_the_line(&world, 7);
    let (second, document) = stream.document();
    assert_eq!(document["ratePerSecond"], 7.0);
    assert_ne!(first, second);
    let visitor = Visitor::new(&world);
    assert_eq!(visitor.wait().status, 200);
    while stream.document().1["serving"] != 1 {}
}

#[test]
fn a_document_is_not_sent_twice_to_a_reader() {
    let world = shut(&[]);
    let mut first = Stream::open(&world, "shop", &[]);
    let (id, _) = first.document();
    let mut again = Stream::open(&world, "shop", &[("Last-Event-ID", &id)]);
    assert!(matches!(again.0.event(), Event::Retry(_)));
    open_the_line(&world, 3);
    let (newer, document) = again.document();
    assert_eq!((newer != id, &document["ratePerSecond"]), (true, &3.0.into()), "the next that it hears is the change");
    let mut behind = Stream::open(&world, "shop", &[("Last-Event-ID", &id)]);
    assert_eq!(behind.document().0, newer, "who is behind has the newest at once");
    let mut confused = Stream::open(&world, "shop", &[("Last-Event-ID", "nonsense")]);
    assert_eq!(confused.document().0, newer);
}

#[test]
fn all_readers_receive_the_same() {
    let world = shut(&[]);
    let mut streams: Vec<Stream> = (0..200).map(|_| Stream::open(&world, "shop", &[])).collect();
    let firsts: Vec<String> = streams.iter_mut().map(|stream| stream.document().0).collect();
    open_the_line(&world, 5);
    let seconds: Vec<String> = streams.iter_mut().map(|stream| stream.document().0).collect();
    for ids in [firsts, seconds] {
        assert!(ids.iter().all(|id| *id == ids[0]), "{ids:?}");
    }
    let metrics = world.anyone().get("/metrics").text();
    assert!(metrics.contains("onsale_line_streams 200"), "{metrics}");
    drop(streams);
    wait_until("all are gone", || world.anyone().get("/metrics").text().contains("onsale_line_streams 0"));
}

#[test]
fn a_silent_stream_sends_comments() {
    let world = shut(&[("ONSALE__QUEUE__ABANDON_AFTER_SECONDS", "24"), ("ONSALE__HTTP__REQUEST_TIMEOUT_MS", "3000")]);
    let mut stream = Stream::open(&world, "shop", &[]);
    stream.document();
    for _ in 0..2 {
        assert_eq!(stream.0.event(), Event::Comment, "longer than requests may take, and not cut");
    }
}

/// A visitor with an open stream counts as present and keeps the turn without other requests.
#[test]
fn a_visitor_with_an_open_stream_counts_as_present() {
    let world = shut(&[("ONSALE__QUEUE__ABANDON_AFTER_SECONDS", "4")]);
    let (gone, there) = (Visitor::new(&world), Visitor::new(&world));
    assert_eq!((gone.wait().status, there.wait().status), (200, 200));
    let cookie = format!("onsale_visitor={}", there.cookie("onsale_visitor"));
    let mut stream = Stream::open(&world, "shop", &[("Cookie", &cookie), ("User-Agent", &there.agent)]);
    // Twice the time after which inactive users are skipped.
    for _ in 0..8 {
        while stream.0.event() != Event::Comment {}
    }
    open_the_line(&world, 1_000);
    // No request was sent: after a pause of the machine the next keep-alive comment restores the presence.
    let inside = || world.admin().get("/queue/admin/stats").ok()["scheduleStats"][0]["activeCount"].clone();
    wait_until("somebody is inside", || inside() == 1);
    assert_eq!(there.get("/queue/place/shop").ok()["status"], "ACTIVE");
    wait_until("who has been away has the turn on coming back", || {
        gone.get("/queue/place/shop").ok()["status"] == "ACTIVE"
    });
}

#[test]
fn a_stream_beyond_the_limit_is_refused_and_polls() {
    let world = shut(&[("ONSALE__QUEUE__STREAMS_MAX", "3")]);
    let streams: Vec<Stream> = (0..3).map(|_| Stream::open(&world, "shop", &[])).collect();
    assert!(streams.iter().all(|stream| stream.status() == 200));
    let refused = world.anyone().get("/queue/stream/shop");
    refused.is_error(503, "SERVICE_UNAVAILABLE");
    assert_eq!(refused.header("retry-after"), Some("5"));
    drop(streams);
    wait_until("there is room again", || Stream::open(&world, "shop", &[]).status() == 200);
    world.anyone().get("/queue/stream/nothing").is_error(404, "NOT_FOUND");
}

#[test]
fn a_shutdown_ends_streams_in_order() {
    let mut world = World::with(&[("ONSALE__QUEUE__LINES", "shop"), ("ONSALE__HTTP__DRAIN_SECONDS", "3600")]);
    let mut streams: Vec<Stream> = (0..20).map(|_| Stream::open(&world, "shop", &[])).collect();
    for stream in &mut streams {
        stream.document();
    }
    assert_eq!(world.server.terminate(), Some(0));
    for stream in &mut streams {
        assert!(stream.0.is_ended_in_order(), "ended, not broken off");
    }
}
