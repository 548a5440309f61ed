//! Gates that reply with errors, or not at all.

use crate::issuer::{GateCall, GateReporter, Outcome};
use domain::line::LineOutcome;
use domain::{CampaignId, EventName, TenantName, UserId};
use std::collections::BTreeSet;
use std::io::{BufRead, BufReader, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::time::Instant;

/// The behaviour of a gate.
#[derive(Clone, Copy)]
enum Behaviour {
    Succeeds,
    Fails,
    Hangs,
}

/// A gate, and the targets of the requests to which it replied 200.
struct Gate {
    address: SocketAddr,
    targets: Arc<Mutex<Vec<String>>>,
}

impl Gate {
    fn start(behaviour: Behaviour) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let gate = Self { address: listener.local_addr().expect("an address"), targets: Arc::default() };
        let targets = gate.targets.clone();
        std::thread::spawn(move || {
            for stream in listener.incoming().map_while(Result::ok) {
                let targets = targets.clone();
                std::thread::spawn(move || serve(stream, behaviour, &targets));
            }
        });
        gate
    }

    fn targets(&self) -> BTreeSet<String> {
        self.targets.lock().expect("not poisoned").iter().cloned().collect()
    }
}

fn serve(stream: TcpStream, behaviour: Behaviour, targets: &Mutex<Vec<String>>) {
    let mut reader = BufReader::new(stream);
    loop {
        let mut head = String::new();
        while !head.ends_with("\r\n\r\n") {
            if reader.read_line(&mut head).unwrap_or(0) == 0 {
                return;
            }
        }
        let status = match behaviour {
            Behaviour::Succeeds => "200 OK",
            Behaviour::Fails => "500 Internal Server Error",
            // The client disconnects in the end.
            Behaviour::Hangs => continue,
        };
        if matches!(behaviour, Behaviour::Succeeds) {
            let target = head.split(' ').nth(1).unwrap_or_default().to_owned();
            targets.lock().expect("not poisoned").push(target);
        }
        if write!(reader.get_mut(), "HTTP/1.1 {status}\r\nContent-Length: 0\r\n\r\n").is_err() {
            return;
        }
    }
}

fn outcomes(count: usize) -> Vec<Outcome> {
    let campaign = CampaignId::new(TenantName::default_tenant(), EventName::new("shoes").expect("a name"));
    let user = |n| UserId::new(&format!("user-{n}")).expect("a name");
    (0..count).map(|n| Outcome { campaign: campaign.clone(), user: user(n), result: LineOutcome::Issued }).collect()
}

fn all(count: usize) -> BTreeSet<String> {
    let path = |n| format!("/gate/events/shoes/processing/complete?userId=user-{n}&result=ISSUED");
    (0..count).map(path).collect()
}

#[tokio::test]
async fn outcomes_are_reported_to_the_next_gate_when_one_fails() {
    let (bad, good) = (Gate::start(Behaviour::Fails), Gate::start(Behaviour::Succeeds));
    let call =
        GateCall::new(&format!("http://{}, http://{}/", bad.address, good.address), "key".into(), None).expect("made");
    call.report(outcomes(100)).await;
    assert_eq!((bad.targets(), good.targets()), (BTreeSet::new(), all(100)));
}

/// Other requests must not wait for this gate: it sends its requests again, and gets the outcomes then.
#[tokio::test(start_paused = true)]
async fn a_hanging_gate_is_given_up_after_a_time_limit() {
    let gate = Gate::start(Behaviour::Hangs);
    let call = GateCall::new(&format!("http://{}", gate.address), "key".into(), None).expect("made");
    let begun = Instant::now();
    call.report(outcomes(100)).await;
    assert!(
        begun.elapsed() <= Duration::from_secs(16),
        "on the clock of the test, which runs ahead: {:?}",
        begun.elapsed()
    );
}
