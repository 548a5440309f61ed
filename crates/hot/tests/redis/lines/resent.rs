//! Calls that the client library sends again by itself.

use super::again::holders;
use super::faults::master_of;
use super::support::{Tries, gate, open, passes, people, rule, until};
use domain::line::LineId;
use hot::line::{Clock, LinePort};
use hot::redis::{Ack, RedisLines};
use std::time::Duration;
use testkit::{Flavor, Kit, RedisCluster, RedisNode};

/// The number of script calls that the node has received.
fn runs(node: &RedisNode) -> u64 {
    let stats = node.ask(&["INFO", "commandstats"]).expect("answers");
    let calls = stats.lines().filter_map(|line| line.strip_prefix("cmdstat_eval"));
    calls.filter_map(|line| line.split_once("calls=")?.1.split_once(',')?.0.parse::<u64>().ok()).sum()
}

/// Makes an admission wait for a hanging replica, and cuts every connection of the node meanwhile. Returns whether the node
/// received the script again.
async fn cut_in_the_middle(lines: &RedisLines, line: &LineId, master: &RedisNode, replica: &RedisNode) -> bool {
    let before = runs(master);
    replica.stall().expect("stalls");
    let (own, its) = (lines.clone(), line.clone());
    let admission = tokio::spawn(async move { own.admit(&its, passes(4), Clock::Engine).await });
    while !admission.is_finished() {
        // A node that waits for its replica has a blocked client.
        if master.ask(&["INFO", "clients"]).is_ok_and(|clients| clients.contains("blocked_clients:1")) {
            master.tell(&["CLIENT", "KILL", "TYPE", "normal"]).expect("killed");
            break;
        }
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    let reply = admission.await.expect("runs");
    assert!(reply.is_err(), "no replica has it: {reply:?}");
    let is_again = runs(master) > before + 1;
    replica.resume().expect("goes on");
    is_again
}

async fn admitted(lines: &RedisLines, line: &LineId) -> u64 {
    let tries = Tries::until("the counts are read");
    loop {
        if let Ok(Some(counts)) = lines.counts(line, 0, Clock::Engine).await {
            return counts.admitted;
        }
        tries.again().await;
    }
}

/// The script runs, the connection is cut before the reply is complete, and the client sends the call again.
#[tokio::test(flavor = "multi_thread")]
async fn a_call_resent_by_the_client_admits_no_one_else() {
    const CROWD: u64 = 2_000;
    let kit = Kit::temporary().expect("a folder");
    let Some(cluster) = testkit::available(RedisCluster::start(&kit, Flavor::Redis)) else { return };
    let (lines, line) = (open(&cluster.url(), Ack::Replica).await, gate());
    lines.make_line(&line, rule(1_000_000)).await.expect("made");
    for some in people(&line, 1..=CROWD).chunks(200) {
        lines.enter(some.to_vec(), Clock::Engine).await;
    }
    // The node knows the script from then on.
    assert_eq!(lines.admit(&line, passes(4), Clock::Engine).await.expect("admits").admitted.len(), 4);
    let master = master_of(&cluster, &line).expect("a master");
    let place = cluster.nodes().iter().position(|node| node.port() == master.port()).expect("one of them");
    let replica = &cluster.nodes()[cluster.replica_of(place).expect("a replica")];
    let (tries, mut before) = (Tries::until("the client sends a call again"), 4);
    loop {
        let is_again = cut_in_the_middle(&lines, &line, master, replica).await;
        let after = admitted(&lines, &line).await;
        assert!(after <= before + 4, "{before} were admitted before a call for four, {after} after it");
        if is_again && after == before + 4 {
            break;
        }
        before = after;
        tries.again().await;
    }
    assert_eq!(holders(&lines, &line, CROWD).await.len() as u64, before + 4);
    // The caller continues, with other passes.
    until("the next admission", async || lines.admit(&line, passes(4), Clock::Engine).await.is_ok()).await;
    let after = admitted(&lines, &line).await;
    assert!(after > before + 4, "{after} after {before}");
    assert_eq!(holders(&lines, &line, CROWD).await.len() as u64, after);
}
