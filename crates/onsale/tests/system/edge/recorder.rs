//! An application server that records its requests.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Mutex};

/// The reaction to a complete request.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Manner {
    /// Responds 200.
    Answer,
    /// Closes the connection without a response.
    HangUp,
    /// Responds to the first request of each connection, and closes on the second.
    AnswerThenHangUp,
}

/// A running recorder. Its threads end with the test's process.
pub struct Recorder {
    pub address: SocketAddr,
    heads: Arc<Mutex<Vec<String>>>,
}

impl Recorder {
    pub fn start(manner: Manner) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
        let address = listener.local_addr().expect("an address");
        let heads = Arc::new(Mutex::new(Vec::new()));
        let kept = heads.clone();
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let kept = kept.clone();
                std::thread::spawn(move || serve(stream, manner, &kept));
            }
        });
        Self { address, heads }
    }

    /// The heads of all requests so far.
    pub fn heads(&self) -> Vec<String> {
        self.heads.lock().expect("not poisoned").clone()
    }

    /// Number of requests with this method.
    pub fn count(&self, method: &str) -> usize {
        self.heads().iter().filter(|head| head.starts_with(method)).count()
    }
}

fn serve(stream: TcpStream, manner: Manner, heads: &Mutex<Vec<String>>) {
    let mut reader = BufReader::new(stream);
    let mut count = 0;
    while let Some(head) = read_request(&mut reader) {
        // The testkit requests this until nginx is up.
        let is_counted = !head.starts_with("GET / ");
        if is_counted {
            heads.lock().expect("not poisoned").push(head);
            count += 1;
        }
        let answers = manner == Manner::Answer || manner == Manner::AnswerThenHangUp && count == 1;
        if is_counted && !answers
            || reader.get_mut().write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}").is_err()
        {
            return;
        }
    }
}

/// The head of the next request, after its body is read.
fn read_request(reader: &mut BufReader<TcpStream>) -> Option<String> {
    let mut head = String::new();
    while !head.ends_with("\r\n\r\n") {
        if reader.read_line(&mut head).ok()? == 0 {
            return None;
        }
    }
    let length = head.lines().find_map(|line| line.to_lowercase().strip_prefix("content-length: ")?.parse().ok());
    let mut body = vec![0; length.unwrap_or(0)];
    reader.read_exact(&mut body).ok()?;
    Some(head)
}
