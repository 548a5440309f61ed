//! Which engines go together.

use super::finding::Finding;
use crate::cli::Role;
use crate::config::{BusEngine, Config, HotAck, HotEngine};
use std::path::Path;

/// Whether the roles may run in processes of their own.
pub(super) fn apart(config: &Config, roles: &[Role]) -> Finding {
    let some = roles.len() != Role::ALL.len();
    let embedded = config.hot_engine() == HotEngine::Embedded
        && config.bus_engine() == BusEngine::Local
        && config.ledger.url == "sqlite:";
    match config.why_not_apart(roles.iter().any(|role| role.needs_tables())) {
        None => Finding::ok("apart", "roles may run apart, each in as many processes as needed"),
        Some(why) if some => Finding::wrong("apart", "these roles can not run in a process of their own", why),
        Some(_) if embedded => Finding::ok("apart", "all roles in one process"),
        Some(why) => Finding::warning("apart", "all roles must run in one process", why),
    }
}

/// What a yes waits for.
pub(super) fn acknowledgement(config: &Config) -> Option<Finding> {
    let name = "acknowledgement";
    if config.hot_engine() == HotEngine::Embedded {
        return None;
    }
    Some(match (config.hot.ack, config.bus_engine()) {
        (HotAck::Bus, BusEngine::Local) => Finding::wrong(
            name,
            "hot.ack = \"bus\", and this bus keeps nothing",
            "set bus.url = \"kafka://host:port,host:port\", or hot.ack = \"replica\"",
        ),
        (HotAck::Bus, BusEngine::Kafka(_)) => {
            Finding::ok(name, "a yes waits for a replica and for Kafka: it survives the loss of a whole shard")
        }
        (HotAck::Replica, _) => Finding::ok(name, "a yes waits for a replica: it survives the loss of any one node"),
        (HotAck::None, _) => Finding::warning(
            name,
            "hot.ack = \"none\": a failover may take back what people have heard",
            "set hot.ack = \"replica\"",
        ),
    })
}

/// Whether servers that share lines sign alike. None where nobody shares them, or this process keeps none.
pub(super) fn line_keys(config: &Config, roles: &[Role]) -> Option<Finding> {
    let (name, queue) = ("line-keys", &config.queue);
    let (has_sites, has_gates) = (roles.contains(&Role::Queue), roles.contains(&Role::Gate));
    if config.hot_engine() == HotEngine::Embedded || !(has_sites || has_gates) {
        return None;
    }
    let is_given = |text: &str, file: &Path| !text.is_empty() || !file.as_os_str().is_empty();
    Some(if has_sites && !queue.lines.is_empty() && !is_given(&queue.cookie_key, &queue.cookie_key_file) {
        Finding::wrong(
            name,
            "there is nothing to sign the cookies of visitors with, and each server must sign alike",
            "set queue.cookie_key to what `openssl rand -hex 32` prints, the same on each",
        )
    } else if !is_given(&queue.receipt_key, &queue.receipt_key_file) {
        Finding::warning(
            name,
            "there is nothing to sign receipts with: no opening draw can be announced",
            "set queue.receipt_key to what `openssl rand -hex 32` prints, the same on each",
        )
    } else {
        Finding::ok(name, "cookies and receipts are signed with keys that were given")
    })
}
