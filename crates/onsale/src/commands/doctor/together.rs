//! Checks of combinations of engines and settings.

use super::finding::Finding;
use crate::cli::Role;
use crate::config::{BusEngine, Config, HotAck, HotEngine};
use crate::wiring::{schemas_of, why_not_together};
use domain::line::Challenge;
use std::path::Path;

/// Checks whether each role may run in its own process.
pub(super) fn apart(config: &Config, roles: &[Role]) -> Finding {
    let (some, schemas) = (roles.len() != Role::ALL.len(), schemas_of(roles));
    let embedded = config.hot_engine() == HotEngine::Embedded
        && config.bus_engine() == BusEngine::Local
        && schemas.iter().all(|schema| schema.is_embedded(config));
    match config.why_not_apart(schemas.iter().map(|schema| schema.name)) {
        None => Finding::ok("apart", "each role may run in any number of processes"),
        Some(why) if some => Finding::wrong("apart", "these roles cannot run in a process of their own", why),
        Some(_) if embedded => Finding::ok("apart", "all roles in one process"),
        Some(why) => Finding::warning("apart", "all roles must run in one process", why),
    }
}

/// Checks whether the contexts' tables keep out of each other's way. `None` when they do.
pub(super) fn databases(config: &Config, roles: &[Role]) -> Option<Finding> {
    let why = why_not_together(config, &schemas_of(roles))?;
    Some(Finding::wrong("databases", "two contexts have one database", why))
}

/// Checks whether streams leave connections for everybody else. `None` without the role.
pub(super) fn connections(config: &Config, roles: &[Role]) -> Option<Finding> {
    let (name, queue) = ("connections", roles.contains(&Role::Queue));
    let (max, streams) = (config.http.max_connections, config.queue.streams_max);
    queue.then(|| match config.why_too_many_streams() {
        None => Finding::ok(name, format!("at most {max}, {streams} of them streams")),
        Some(why) => Finding::wrong(name, why, "lower queue.streams_max, or raise http.max_connections"),
    })
}

/// Reports what the confirmation of a coupon waits for.
pub(super) fn acknowledgement(config: &Config) -> Option<Finding> {
    let name = "acknowledgement";
    if config.hot_engine() == HotEngine::Embedded {
        return None;
    }
    Some(match (config.hot.ack, config.bus_engine()) {
        (HotAck::Bus, BusEngine::Local) => Finding::wrong(
            name,
            "hot.ack = \"bus\", but this bus stores nothing",
            "set bus.url = \"kafka://host:port,host:port\", or hot.ack = \"replica\"",
        ),
        (HotAck::Bus, BusEngine::Kafka(_)) => {
            Finding::ok(name, "a coupon is confirmed by a replica and Kafka: it survives the loss of a whole shard")
        }
        (HotAck::Replica, _) => {
            Finding::ok(name, "a coupon is confirmed by a replica: it survives the loss of any one node")
        }
        (HotAck::None, _) => Finding::warning(
            name,
            "hot.ack = \"none\": a failover may lose confirmed coupons",
            "set hot.ack = \"replica\"",
        ),
    })
}

/// Checks that servers with shared lines use the same keys. `None` where lines are not shared, or without the role.
pub(super) fn line_keys(config: &Config, roles: &[Role]) -> Option<Finding> {
    let (name, queue) = ("line-keys", &config.queue);
    let (has_sites, has_gates) = (roles.contains(&Role::Queue), roles.contains(&Role::Gate));
    if config.hot_engine() == HotEngine::Embedded || !(has_sites || has_gates) {
        return None;
    }
    let is_given = |text: &str, file: &Path| !text.is_empty() || !file.as_os_str().is_empty();
    let has_cookie_key = is_given(&queue.cookie_key, &queue.cookie_key_file);
    let set_cookie_key = "set queue.cookie_key to the output of `openssl rand -hex 32`, the same on each server";
    Some(if has_sites && !queue.lines.is_empty() && !has_cookie_key {
        Finding::wrong(name, "no key for visitors' cookies; all servers need the same key", set_cookie_key)
    } else if matches!(queue.challenge, Challenge::Pow | Challenge::Recaptcha) && !has_cookie_key {
        // A queue server asks, and a gate server, or another queue server, checks the answer.
        Finding::wrong(
            name,
            "no key for challenges: an answer is accepted only by the server that has asked",
            set_cookie_key,
        )
    } else if !is_given(&queue.receipt_key, &queue.receipt_key_file) {
        Finding::warning(
            name,
            "no key for receipts: an opening draw cannot be announced",
            "set queue.receipt_key to the output of `openssl rand -hex 32`, the same on each server",
        )
    } else if !has_cookie_key {
        Finding::warning(
            name,
            "no key for challenges: where a line gets one, an answer is accepted only by the server that has asked",
            set_cookie_key,
        )
    } else {
        Finding::ok(name, "cookies and receipts are signed with the configured keys")
    })
}
