//! One call: to the node that serves its key, and to another one when that has moved, until it is answered or too late.

use super::address::NodeAddress;
use super::lane::Lane;
use super::slot::slot_of;
use super::topology::{Topology, named};
use crate::port::HotError;
use redis::{Pipeline, RedisError, Value};
use std::time::Duration;
use tokio::time::Instant;

/// Longest time for one call with everything that is tried; past it the outcome is unknown.
const CALL_TIMEOUT: Duration = Duration::from_secs(3);
/// The wait before a call is tried again; it doubles each time.
const RETRY_FIRST: Duration = Duration::from_millis(20);
const RETRY_LONGEST: Duration = Duration::from_millis(300);

/// What a node's answer asks for.
enum Verdict {
    /// Nothing more.
    Answered,
    /// The slot is there now.
    Moved(NodeAddress),
    /// The slot is on its way there, and this key has arrived.
    Ask(NodeAddress),
    /// The node cannot answer yet, or is no master any longer.
    Later(String),
}

fn verdict(values: &[Value], answered: &NodeAddress) -> Verdict {
    for value in values {
        let Value::ServerError(error) = value else { continue };
        let target = || {
            let details = error.details()?;
            NodeAddress::redirected(details.split_ascii_whitespace().nth(1)?, answered)
        };
        match (error.code(), target()) {
            ("MOVED", Some(node)) => return Verdict::Moved(node),
            ("ASK", Some(node)) => return Verdict::Ask(node),
            ("MOVED" | "ASK" | "TRYAGAIN" | "LOADING" | "CLUSTERDOWN" | "MASTERDOWN" | "READONLY", _) => {
                return Verdict::Later(format!("{answered}: {} {}", error.code(), error.details().unwrap_or_default()));
            }
            _ => {}
        }
    }
    Verdict::Answered
}

/// Whether a node's answer needs nothing more.
pub(super) fn is_settled(values: &[Value], node: &NodeAddress) -> bool {
    matches!(verdict(values, node), Verdict::Answered)
}

/// Sends commands to the node that serves `key`. They may be carried out a second time: whatever is sent must bear it.
pub(super) async fn send(
    topology: &Topology,
    lane: &Lane,
    key: &str,
    commands: &Pipeline,
) -> Result<Vec<Value>, HotError> {
    let mut trouble = None;
    let tried = tokio::time::timeout(CALL_TIMEOUT, until_answered(topology, lane, key, commands, &mut trouble)).await;
    tried.map_err(|_| too_late(trouble))
}

fn too_late(trouble: Option<Trouble>) -> HotError {
    let seconds = CALL_TIMEOUT.as_secs();
    match trouble {
        Some(Trouble::Failed(error)) => {
            HotError::unknown(format!("Redis did not answer within {seconds} s: {error}")).because(error)
        }
        Some(Trouble::Refused(why)) => HotError::unknown(format!("Redis did not answer within {seconds} s: {why}")),
        None => HotError::unknown(format!("Redis did not answer within {seconds} s")),
    }
}

/// Why the last try was none.
enum Trouble {
    Failed(RedisError),
    Refused(String),
}

async fn until_answered(
    topology: &Topology,
    lane: &Lane,
    key: &str,
    commands: &Pipeline,
    trouble: &mut Option<Trouble>,
) -> Vec<Value> {
    let slot = slot_of(key);
    let mut pause = RETRY_FIRST;
    loop {
        match topology.owner(slot) {
            None => *trouble = Some(Trouble::Refused(format!("no node serves slot {slot}"))),
            Some(node) => match try_at(topology, lane, (slot, &node), commands).await {
                Ok(values) => return values,
                Err(why) => *trouble = Some(why),
            },
        }
        let begun = Instant::now();
        topology.refresh().await;
        tokio::time::sleep_until(begun + pause).await;
        pause = (pause * 2).min(RETRY_LONGEST);
    }
}

/// At one node, and where that one sends the call.
async fn try_at(
    topology: &Topology,
    lane: &Lane,
    (slot, node): (u16, &NodeAddress),
    commands: &Pipeline,
) -> Result<Vec<Value>, Trouble> {
    let values = send_to(lane, node, commands).await?;
    let (values, answered) = match verdict(&values, node) {
        Verdict::Answered => return Ok(values),
        Verdict::Later(why) => return Err(Trouble::Refused(why)),
        Verdict::Moved(target) => {
            topology.moved(slot, &target);
            (send_to(lane, &target, commands).await?, target)
        }
        Verdict::Ask(target) => (send_asking(lane, &target, commands).await?, target),
    };
    match verdict(&values, &answered) {
        Verdict::Answered => Ok(values),
        Verdict::Later(why) => Err(Trouble::Refused(why)),
        Verdict::Moved(node) | Verdict::Ask(node) => Err(Trouble::Refused(format!("{answered} names {node}"))),
    }
}

async fn send_to(lane: &Lane, node: &NodeAddress, commands: &Pipeline) -> Result<Vec<Value>, Trouble> {
    lane.send(node, commands).await.map_err(|error| Trouble::Failed(named(node, &error)))
}

/// `ASKING` counts for the next command alone.
async fn send_asking(lane: &Lane, node: &NodeAddress, commands: &Pipeline) -> Result<Vec<Value>, Trouble> {
    let mut asking = Pipeline::with_capacity(2 * commands.len());
    for command in commands.cmd_iter() {
        asking.cmd("ASKING");
        asking.add_command(command.clone());
    }
    let values = send_to(lane, node, &asking).await?;
    Ok(values.into_iter().skip(1).step_by(2).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_redirection_anywhere_in_the_answer_counts() {
        let node = NodeAddress::new("10.0.0.1", 7000);
        let error = |text: &str| redis::parse_redis_value(format!("-{text}\r\n").as_bytes()).expect("parsed");
        let judged = |text: &str| verdict(&[Value::Nil, error(text)], &node);
        assert!(matches!(judged("MOVED 99 10.0.0.2:7001"), Verdict::Moved(to) if to.port == 7001));
        assert!(matches!(judged("ASK 99 10.0.0.2:7001"), Verdict::Ask(to) if to.port == 7001));
        for later in ["TRYAGAIN x", "LOADING x", "CLUSTERDOWN x", "MASTERDOWN x", "READONLY x", "MOVED 99 nowhere"] {
            assert!(matches!(judged(later), Verdict::Later(_)), "{later}");
        }
        for settled in ["NOSCRIPT x", "MISCONF x", "OOM x", "ERR x", "NOREPLICAS x"] {
            assert!(matches!(judged(settled), Verdict::Answered), "{settled}");
        }
        assert!(matches!(verdict(&[], &node), Verdict::Answered));
    }
}
