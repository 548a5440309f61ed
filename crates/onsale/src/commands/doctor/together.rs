//! Which engines go together.

use super::finding::Finding;
use crate::cli::Role;
use crate::config::{BusEngine, Config, HotAck, HotEngine};

/// Whether the roles may run in processes of their own.
pub(super) fn apart(config: &Config, roles: &[Role]) -> Finding {
    let some = roles.len() != Role::ALL.len();
    let embedded = config.hot_engine() == HotEngine::Embedded
        && config.bus_engine() == BusEngine::Local
        && config.ledger.url == "sqlite:";
    match config.why_not_apart() {
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
