//! The provider's window: a few threads that pay at the sandbox's door, wherever it is, while the event loop goes on.

use super::super::target::Target;
use crate::load::parse;
use domain::id::PaymentKey;
use serde::Deserialize;
use std::io::{Read, Write};
use std::net::TcpStream;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::Duration;

const THREADS: usize = 6;
const TIMEOUT: Duration = Duration::from_secs(10);
/// Tries at a sandbox that does not answer.
const TRIES: u32 = 40;
const PAUSE: Duration = Duration::from_millis(250);
const BODY_BYTES_MAX: usize = 64 * 1024;

/// A person at the window.
pub(super) struct Order {
    pub(super) user: u32,
    pub(super) key: PaymentKey,
    /// Whether the card is refused.
    pub(super) fails: bool,
}

/// The window has closed.
pub(super) struct Closed {
    pub(super) user: u32,
    /// The transaction's name; none when the sandbox did not answer.
    pub(super) transaction: Option<String>,
}

/// The threads.
pub(super) struct Windows {
    orders: Option<Sender<Order>>,
    closed: Receiver<Closed>,
    threads: Vec<JoinHandle<()>>,
}

#[derive(Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct Paid {
    transaction_id: Option<String>,
}

impl Windows {
    pub(super) fn open(sandbox: &Target) -> Self {
        let (orders, waiting) = channel::<Order>();
        let (close, closed) = channel();
        let waiting = Arc::new(Mutex::new(waiting));
        let work = |_| {
            let (sandbox, waiting, close) = (sandbox.clone(), Arc::clone(&waiting), close.clone());
            std::thread::spawn(move || serve(&sandbox, &waiting, &close))
        };
        let threads = (0..THREADS).map(work).collect();
        Self { orders: Some(orders), closed, threads }
    }

    pub(super) fn pay(&self, order: Order) {
        if let Some(orders) = &self.orders {
            // The threads live as long as this.
            let _gone = orders.send(order);
        }
    }

    pub(super) fn next_closed(&self) -> Option<Closed> {
        self.closed.try_recv().ok()
    }
}

impl Drop for Windows {
    fn drop(&mut self) {
        self.orders = None;
        for thread in self.threads.drain(..) {
            let _panicked = thread.join();
        }
    }
}

fn serve(sandbox: &Target, waiting: &Mutex<Receiver<Order>>, close: &Sender<Closed>) {
    let mut stream = None;
    loop {
        let order = waiting.lock().unwrap_or_else(PoisonError::into_inner).recv();
        let Ok(order) = order else { return };
        let transaction = (0..TRIES).find_map(|tried| {
            if tried > 0 {
                std::thread::sleep(PAUSE);
            }
            let paid = pay(sandbox, &mut stream, &order);
            if paid.is_err() {
                stream = None;
            }
            paid.ok().flatten()
        });
        if close.send(Closed { user: order.user, transaction }).is_err() {
            return;
        }
    }
}

fn pay(sandbox: &Target, kept: &mut Option<TcpStream>, order: &Order) -> anyhow::Result<Option<String>> {
    let outcome = if order.fails { "FAILED" } else { "PAID" };
    let body = format!(r#"{{"outcome":"{outcome}","webhook":{}}}"#, order.user.is_multiple_of(2));
    let request = format!(
        "POST /sandbox/portone/payments/{}/pay HTTP/1.1\r\nHost: {}\r\nContent-Type: application/json\r\n\
         Content-Length: {}\r\n\r\n{body}",
        order.key,
        sandbox.host,
        body.len()
    );
    let mut stream = match kept.take() {
        Some(stream) => stream,
        None => {
            let stream = TcpStream::connect_timeout(&sandbox.address, TIMEOUT)?;
            stream.set_nodelay(true)?;
            stream.set_read_timeout(Some(TIMEOUT))?;
            stream
        }
    };
    stream.write_all(request.as_bytes())?;
    let (mut bytes, mut joined, mut chunk) = (Vec::new(), Vec::new(), [0; 4_096]);
    loop {
        if let Some((answer, _)) = parse(&bytes, BODY_BYTES_MAX, &mut joined)? {
            // Of a refused card there may be no transaction; of one that was paid before there is one (409).
            let is_answer = answer.status == 200 || answer.status == 409;
            let paid: Paid = serde_json::from_slice(answer.body).unwrap_or_default();
            if answer.keep_alive {
                *kept = Some(stream);
            }
            return Ok(is_answer.then(|| paid.transaction_id.unwrap_or_else(|| "none".to_owned())));
        }
        let count = stream.read(&mut chunk)?;
        anyhow::ensure!(count > 0, "the connection ended early");
        bytes.extend_from_slice(&chunk[..count]);
    }
}
