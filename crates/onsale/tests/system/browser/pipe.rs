//! The debugging pipe: JSON messages, each ended by a zero byte; commands of several tests at once, and what pages tell.

use serde_json::{Value, json};
use std::collections::HashMap;
use std::io::{BufRead, BufReader, Write};
use std::process::{ChildStdin, ChildStdout};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Instant;
use testkit::onsale::PATIENCE;

/// What came over the pipe and was not taken yet.
#[derive(Default)]
struct Heard {
    replies: HashMap<u64, Value>,
    /// What pages told, by their sessions, oldest first.
    events: HashMap<String, Vec<Value>>,
}

#[derive(Default)]
struct Ear {
    heard: Mutex<Heard>,
    changed: Condvar,
}

impl Ear {
    fn heard(&self) -> MutexGuard<'_, Heard> {
        self.heard.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn hear(&self, message: Value) {
        let mut heard = self.heard();
        if let Some(number) = message["id"].as_u64() {
            heard.replies.insert(number, message);
        } else if let Some(session) = message["sessionId"].as_str() {
            // Nobody listens any more to a page that was closed.
            if let Some(events) = heard.events.get_mut(session) {
                events.push(message);
            }
        }
        self.changed.notify_all();
    }
}

/// The pipe to the browser.
pub(super) struct Pipe {
    to: Mutex<(ChildStdin, u64)>,
    ear: Arc<Ear>,
}

impl Pipe {
    pub fn new(to: ChildStdin, from: ChildStdout) -> Self {
        let ear = Arc::new(Ear::default());
        let hears = Arc::clone(&ear);
        std::thread::spawn(move || {
            for message in BufReader::new(from).split(0).map_while(Result::ok) {
                hears.hear(serde_json::from_slice(&message).expect("Chromium speaks JSON"));
            }
        });
        Self { to: Mutex::new((to, 0)), ear }
    }

    /// Sends a command to the browser or to a page, and returns the reply.
    #[track_caller]
    pub fn tell(&self, session: Option<&str>, method: &str, parameters: &Value) -> Result<Value, String> {
        let number = self.send(session, method, parameters);
        let deadline = Instant::now() + PATIENCE;
        let mut heard = self.ear.heard();
        loop {
            if let Some(answer) = heard.replies.remove(&number) {
                return match answer["error"]["message"].as_str() {
                    Some(error) => Err(format!("{method}: {error}")),
                    None => Ok(answer["result"].clone()),
                };
            }
            let left = deadline.saturating_duration_since(Instant::now());
            assert!(!left.is_zero(), "{method}: Chromium does not answer");
            heard = self.ear.changed.wait_timeout(heard, left).unwrap_or_else(PoisonError::into_inner).0;
        }
    }

    /// Sends a command to the browser, and waits for nothing: for what is done at the end, whatever has happened.
    pub fn say(&self, method: &str, parameters: &Value) {
        let mut to = self.to.lock().unwrap_or_else(PoisonError::into_inner);
        to.1 += 1;
        let mut bytes = json!({"id": to.1, "method": method, "params": parameters}).to_string().into_bytes();
        bytes.push(0);
        let _ = to.0.write_all(&bytes);
    }

    fn send(&self, session: Option<&str>, method: &str, parameters: &Value) -> u64 {
        let mut to = self.to.lock().unwrap_or_else(PoisonError::into_inner);
        to.1 += 1;
        let mut message = json!({"id": to.1, "method": method, "params": parameters});
        if let Some(session) = session {
            message["sessionId"] = session.into();
        }
        let mut bytes = message.to_string().into_bytes();
        bytes.push(0);
        to.0.write_all(&bytes).expect("Chromium listens");
        to.1
    }

    /// Keeps what a page tells from now on, until [`forget`](Self::forget).
    pub fn listen(&self, session: &str) {
        self.ear.heard().events.insert(session.to_owned(), Vec::new());
    }

    pub fn forget(&self, session: &str) {
        self.ear.heard().events.remove(session);
    }

    /// What a page has told so far of these kinds.
    pub fn told(&self, session: &str, methods: &[&str]) -> Vec<Value> {
        let heard = self.ear.heard();
        let events = heard.events.get(session).map_or(&[][..], Vec::as_slice);
        events.iter().filter(|event| methods.iter().any(|method| event["method"] == *method)).cloned().collect()
    }

    /// The `number`th event of that kind that a page tells, from 0: waits for it.
    #[track_caller]
    pub fn wait_for(&self, session: &str, method: &str, number: usize) -> Value {
        let deadline = Instant::now() + PATIENCE;
        let mut heard = self.ear.heard();
        loop {
            let events = heard.events.get(session).map_or(&[][..], Vec::as_slice);
            if let Some(event) = events.iter().filter(|event| event["method"] == method).nth(number) {
                return event["params"].clone();
            }
            let left = deadline.saturating_duration_since(Instant::now());
            assert!(!left.is_zero(), "waited in vain for {method} number {number}");
            heard = self.ear.changed.wait_timeout(heard, left).unwrap_or_else(PoisonError::into_inner).0;
        }
    }
}
