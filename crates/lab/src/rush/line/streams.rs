//! People who hear of the public document over server-sent events: connections that are opened and only ever read.

use super::super::Reached;
use super::super::answer::Heard;
use super::latest::Latest;
use super::said;
use mio::net::TcpStream;
use mio::{Events, Interest, Poll, Token};
use std::io::{ErrorKind, Read, Write};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

/// Most streams at once: descriptors are limited, and the crowd needs some.
const STREAMS_MAX: usize = 10_000;
/// Streams opened at once: servers listen with a short backlog.
const OPENING_MAX: usize = 128;
/// A stream that ended, or was refused, is opened again after this time, as a browser would.
const AGAIN: Duration = Duration::from_millis(500);
/// A short crowd may be through before every stream is open.
const LAST_CALL: Duration = Duration::from_secs(60);
const LOOK: Duration = Duration::from_millis(100);
/// More than the longest document.
const UNREAD_BYTES_MAX: usize = 256 * 1024;

/// What the streams came to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Streamed {
    /// Streams that were wanted.
    pub(super) wanted: usize,
    /// Those that have told at least one document.
    pub(super) told: usize,
    /// Documents told by all together.
    pub(super) documents: u64,
    /// Streams that ended, having told something.
    pub(super) ended: u64,
}

/// One stream: the connection may come and go.
struct Stream {
    connection: Option<TcpStream>,
    /// The request has been sent.
    asked: bool,
    unread: Vec<u8>,
    told: bool,
    again_at: Instant,
}

/// How many streams a crowd has.
pub(super) fn count_of(users: u32, percent: u8) -> usize {
    (users as usize * usize::from(percent) / 100).min(STREAMS_MAX)
}

/// Holds `count` streams open and puts what they tell into `latest`, until `stop`.
///
/// # Errors
/// When there is no poller.
pub(super) fn listen(
    reached: &Reached,
    line: &str,
    count: usize,
    latest: &Latest,
    stop: &AtomicBool,
) -> std::io::Result<Streamed> {
    let host = &reached.target.host;
    let request =
        format!("GET /queue/stream/{line} HTTP/1.1\r\nHost: {host}\r\nAccept: text/event-stream\r\n\r\n").into_bytes();
    let now = Instant::now();
    let stream = || Stream { connection: None, asked: false, unread: Vec::new(), told: false, again_at: now };
    let mut listener = Listener {
        poll: Poll::new()?,
        streams: (0..count).map(|_| stream()).collect(),
        opening: 0,
        latest,
        streamed: Streamed { wanted: count, ..Streamed::default() },
    };
    let mut events = Events::with_capacity(1024);
    let mut last_call = None;
    while listener.goes_on(stop, &mut last_call) {
        listener.open_some(reached)?;
        match listener.poll.poll(&mut events, Some(LOOK)) {
            Err(error) if error.kind() != ErrorKind::Interrupted => return Err(error),
            _ => {}
        }
        for event in &events {
            listener.on_event(event.token().0, &request);
        }
    }
    latest.set_streamed(false);
    Ok(listener.streamed)
}

struct Listener<'a> {
    poll: Poll,
    streams: Vec<Stream>,
    opening: usize,
    latest: &'a Latest,
    streamed: Streamed,
}

impl Listener<'_> {
    /// Until `stop`; then for those who have been told nothing yet, if that does not take long.
    fn goes_on(&self, stop: &AtomicBool, last_call: &mut Option<Instant>) -> bool {
        if !stop.load(Ordering::Relaxed) {
            return self.streamed.wanted > 0;
        }
        let since = last_call.get_or_insert_with(Instant::now);
        self.streamed.told < self.streamed.wanted && since.elapsed() < LAST_CALL
    }

    fn open_some(&mut self, reached: &Reached) -> std::io::Result<()> {
        let now = Instant::now();
        for (at, stream) in self.streams.iter_mut().enumerate() {
            if self.opening >= OPENING_MAX {
                return Ok(());
            }
            if stream.connection.is_some() || stream.again_at > now {
                continue;
            }
            let Ok(mut connection) = TcpStream::connect(reached.target.address) else {
                stream.again_at = now + AGAIN;
                continue;
            };
            self.poll.registry().register(&mut connection, Token(at), Interest::READABLE | Interest::WRITABLE)?;
            (stream.connection, stream.asked) = (Some(connection), false);
            self.opening += 1;
        }
        Ok(())
    }

    fn on_event(&mut self, at: usize, request: &[u8]) {
        let Some(stream) = self.streams.get_mut(at) else { return };
        let Some(connection) = &mut stream.connection else { return };
        if !stream.asked {
            match connection.write(request) {
                // A request of a hundred bytes fits into a new connection's buffer or the connection is of no use.
                Ok(sent) if sent == request.len() => stream.asked = true,
                Err(error) if matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::NotConnected) => return,
                _ => return self.end(at),
            }
            self.opening -= 1;
        }
        self.read(at);
    }

    fn read(&mut self, at: usize) {
        let mut bytes = [0; 16 * 1024];
        loop {
            let stream = &mut self.streams[at];
            let Some(connection) = &mut stream.connection else { return };
            match connection.read(&mut bytes) {
                Ok(0) => return self.end(at),
                Ok(read) => {
                    stream.unread.extend_from_slice(&bytes[..read]);
                    if !self.hear(at) {
                        return self.end(at);
                    }
                }
                Err(error) if error.kind() == ErrorKind::WouldBlock => return,
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(_) => return self.end(at),
            }
        }
    }

    /// Takes what is whole out of what was read. Whether the stream goes on.
    fn hear(&mut self, at: usize) -> bool {
        let stream = &mut self.streams[at];
        while let Some(end) = memchr::memchr(b'\n', &stream.unread) {
            let line: Vec<u8> = stream.unread.drain(..=end).collect();
            if line.starts_with(b"HTTP/1.1 ") && !line.starts_with(b"HTTP/1.1 200") {
                // The line is not there yet, or there are enough streams.
                return false;
            }
            // The server sends an event as one chunk, so that no chunk's length stands within a line.
            let Some(data) = line.strip_prefix(b"data:") else { continue };
            let Heard::Decision(document) = said::document(data) else { return false };
            self.latest.put(document);
            self.latest.set_streamed(true);
            self.streamed.documents += 1;
            self.streamed.told += usize::from(!std::mem::replace(&mut stream.told, true));
        }
        stream.unread.len() <= UNREAD_BYTES_MAX
    }

    fn end(&mut self, at: usize) {
        let stream = &mut self.streams[at];
        if !stream.asked {
            self.opening -= 1;
        }
        self.streamed.ended += u64::from(stream.told && stream.asked);
        (stream.connection, stream.again_at) = (None, Instant::now() + AGAIN);
        stream.unread.clear();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rush::target::Target;
    use std::io::{BufRead, BufReader};

    #[test]
    fn a_stream_is_read_and_opened_again_when_it_ends() {
        let server = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
        let address = server.local_addr().expect("bound").to_string();
        let serving = std::thread::spawn(move || {
            // Refused, cut in the middle of a document, then whole.
            for (number, answer) in [
                "HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n",
                "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n40\r\nid: 1\ndata: {\"serving\":1,\"ratePerSecond\":2.0,\"left\":[]}\n\n\r\n",
                "HTTP/1.1 200 OK\r\n\r\nid: 2\ndata: {\"serving\":7,\"ratePerSecond\":2.0,\"left\":[]}\n\n",
            ]
            .into_iter()
            .enumerate()
            {
                let (mut stream, _) = server.accept().expect("a stream");
                let mut asked = String::new();
                BufReader::new(stream.try_clone().expect("ours")).read_line(&mut asked).expect("asked");
                assert_eq!(asked, "GET /queue/stream/gate:a HTTP/1.1\r\n");
                let (first, rest) = answer.as_bytes().split_at(answer.len() / 2);
                stream.write_all(first).and_then(|()| stream.write_all(rest)).expect("sent");
                if number == 2 {
                    return stream;
                }
            }
            unreachable!("the last one is kept");
        });
        let reached = Reached { target: Target::parse(&address).expect("an address"), admin_key: None, process: None };
        let (latest, stop) = (Latest::default(), AtomicBool::new(false));
        let streamed = std::thread::scope(|scope| {
            let listening = scope.spawn(|| listen(&reached, "gate:a", 1, &latest, &stop));
            let deadline = Instant::now() + Duration::from_secs(60);
            while latest.document().serving < 7 {
                assert!(Instant::now() < deadline, "the last document was not heard");
                std::thread::sleep(Duration::from_millis(5));
            }
            stop.store(true, Ordering::Relaxed);
            listening.join().expect("no panic").expect("a poller")
        });
        drop(serving.join().expect("no panic"));
        assert_eq!(streamed, Streamed { wanted: 1, told: 1, documents: 2, ended: 1 });
    }
}
