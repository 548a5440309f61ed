//! Gates that answer with errors, and not at all.

use super::gate_call::GateCall;
use super::requests::{Outcome, TellGate};
use domain::line::LineOutcome;
use domain::{CampaignId, EventName, TenantName, UserId};
use std::collections::BTreeSet;
use std::io::{BufRead, BufReader, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::time::Instant;

/// How a gate is.
#[derive(Clone, Copy)]
enum Mood {
    Well,
    Errs,
    Hangs,
}

/// A gate, and the addresses that it was asked for and answered with 200.
struct Gate {
    address: SocketAddr,
    heard: Arc<Mutex<Vec<String>>>,
}

impl Gate {
    fn start(mood: Mood) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let gate = Self { address: listener.local_addr().expect("an address"), heard: Arc::default() };
        let heard = gate.heard.clone();
        std::thread::spawn(move || {
            for stream in listener.incoming().map_while(Result::ok) {
                let heard = heard.clone();
                std::thread::spawn(move || serve(stream, mood, &heard));
            }
        });
        gate
    }

    fn heard(&self) -> BTreeSet<String> {
        self.heard.lock().expect("not poisoned").iter().cloned().collect()
    }
}

fn serve(stream: TcpStream, mood: Mood, heard: &Mutex<Vec<String>>) {
    let mut reader = BufReader::new(stream);
    loop {
        let mut head = String::new();
        while !head.ends_with("\r\n\r\n") {
            if reader.read_line(&mut head).unwrap_or(0) == 0 {
                return;
            }
        }
        let status = match mood {
            Mood::Well => "200 OK",
            Mood::Errs => "500 Internal Server Error",
            // Whoever asks goes away at last.
            Mood::Hangs => continue,
        };
        if matches!(mood, Mood::Well) {
            let asked = head.split(' ').nth(1).unwrap_or_default().to_owned();
            heard.lock().expect("not poisoned").push(asked);
        }
        if write!(reader.get_mut(), "HTTP/1.1 {status}\r\nContent-Length: 0\r\n\r\n").is_err() {
            return;
        }
    }
}

fn outcomes(count: usize) -> Vec<Outcome> {
    let campaign = CampaignId::new(TenantName::default_tenant(), EventName::new("shoes").expect("a name"));
    let user = |n| UserId::new(&format!("user-{n}")).expect("a name");
    (0..count).map(|n| Outcome { campaign: campaign.clone(), user: user(n), verdict: LineOutcome::Issued }).collect()
}

fn all(count: usize) -> BTreeSet<String> {
    let path = |n| format!("/gate/events/shoes/processing/complete?userId=user-{n}&result=ISSUED");
    (0..count).map(path).collect()
}

#[tokio::test]
async fn where_one_gate_errs_the_next_is_told() {
    let (bad, good) = (Gate::start(Mood::Errs), Gate::start(Mood::Well));
    let call = GateCall::new(&format!("http://{}, http://{}/", bad.address, good.address), "key".into()).expect("made");
    call.tell(outcomes(100)).await;
    assert_eq!((bad.heard(), good.heard()), (BTreeSet::new(), all(100)));
}

/// The requests of others must not wait for it: what is not told now is told when the gate asks again.
#[tokio::test(start_paused = true)]
async fn a_gate_that_hangs_is_left_after_a_while() {
    let gate = Gate::start(Mood::Hangs);
    let call = GateCall::new(&format!("http://{}", gate.address), "key".into()).expect("made");
    let begun = Instant::now();
    call.tell(outcomes(100)).await;
    assert!(
        begun.elapsed() <= Duration::from_secs(16),
        "on the clock of the test, which runs ahead: {:?}",
        begun.elapsed()
    );
}
