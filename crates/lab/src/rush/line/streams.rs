//! Users that receive the public document as server-sent events, over connections that are only read.

use super::super::Reached;
use super::super::answer::Interpretation;
use super::latest::Latest;
use super::replies;
use mio::net::TcpStream;
use mio::{Events, Interest, Poll, Token};
use std::io::{ErrorKind, Read, Write};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

/// Maximum number of streams; the other connections need descriptors, too.
const STREAMS_MAX: usize = 10_000;
/// Number of streams opened at a time, because the backlog of servers is short.
const OPENING_MAX: usize = 128;
/// A refused or ended stream is reopened after this time, as in a browser.
const AGAIN: Duration = Duration::from_millis(500);
/// Extra time for opening all streams when the load test is short.
const LAST_CALL: Duration = Duration::from_secs(60);
const LOOK: Duration = Duration::from_millis(100);
/// Larger than the longest document.
const UNREAD_BYTES_MAX: usize = 256 * 1024;

/// The results of all streams.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Streamed {
    /// Requested streams.
    pub(super) wanted: usize,
    /// Streams with at least one document.
    pub(super) told: usize,
    /// Documents received over all streams.
    pub(super) documents: u64,
    /// Streams that ended after at least one document.
    pub(super) ended: u64,
}

/// One stream, over one connection after another.
struct Stream {
    connection: Option<TcpStream>,
    /// The request has been sent.
    asked: bool,
    unread: Vec<u8>,
    told: bool,
    again_at: Instant,
}

/// The number of streams for this many users.
pub(super) fn count_of(users: u32, percent: u8) -> usize {
    (users as usize * usize::from(percent) / 100).min(STREAMS_MAX)
}

/// Keeps `count` streams open and writes their documents into `latest`, until `stop`.
///
/// # Errors
/// When the system refuses a poller.
pub(super) fn listen(
    reached: &Reached,
    line: &str,
    count: usize,
    latest: &Latest,
    stop: &AtomicBool,
) -> std::io::Result<Streamed> {
    let host = &reached.target.host;
    // The line of another tenant's campaign is known by its name to holders of keys alone.
    let key = reached.admin_key.as_ref().filter(|_| line.contains('~'));
    let key = key.map(|key| format!("X-Api-Key: {key}\r\n")).unwrap_or_default();
    let request =
        format!("GET /queue/stream/{line} HTTP/1.1\r\nHost: {host}\r\n{key}Accept: text/event-stream\r\n\r\n");
    let request = request.into_bytes();
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
    /// Continues until `stop`, and then a short time for streams without a document.
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
                // A request of a hundred bytes fits into the buffer of a new connection, unless the connection is broken.
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
                    if !self.process_lines(at) {
                        return self.end(at);
                    }
                }
                Err(error) if error.kind() == ErrorKind::WouldBlock => return,
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(_) => return self.end(at),
            }
        }
    }

    /// Processes the complete lines of the buffer. Returns whether the stream continues.
    fn process_lines(&mut self, at: usize) -> bool {
        let stream = &mut self.streams[at];
        while let Some(end) = memchr::memchr(b'\n', &stream.unread) {
            let line: Vec<u8> = stream.unread.drain(..=end).collect();
            if line.starts_with(b"HTTP/1.1 ") && !line.starts_with(b"HTTP/1.1 200") {
                // The line does not exist yet, or the server has reached its maximum of streams.
                return false;
            }
            // The server sends an event as one chunk, so that no chunk length appears within a line.
            let Some(data) = line.strip_prefix(b"data:") else { continue };
            let Interpretation::Decision(document) = replies::document(data) else { return false };
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
            // Refused, then cut within a document, then complete.
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
            unreachable!("the last one is kept open");
        });
        let reached = Reached {
            target: Target::parse(&address).expect("an address"),
            admin_key: None,
            process: None,
            data: None,
        };
        let (latest, stop) = (Latest::default(), AtomicBool::new(false));
        let streamed = std::thread::scope(|scope| {
            let listening = scope.spawn(|| listen(&reached, "gate:a", 1, &latest, &stop));
            let deadline = Instant::now() + Duration::from_secs(60);
            while latest.document().serving < 7 {
                assert!(Instant::now() < deadline, "the last document was not received");
                std::thread::sleep(Duration::from_millis(5));
            }
            stop.store(true, Ordering::Relaxed);
            listening.join().expect("no panic").expect("a poller")
        });
        drop(serving.join().expect("no panic"));
        assert_eq!(streamed, Streamed { wanted: 1, told: 1, documents: 2, ended: 1 });
    }
}
