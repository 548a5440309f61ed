//! How topics are set: what a wrong setting loses.

use super::topics::plan_of;
use super::{COPIES, DAY_MS, Finding, IN_SYNC_MIN};
use bus::kafka::TopicState;

fn configured(topic: &TopicState, setting: &str) -> String {
    format!("kafka-configs.sh --alter --entity-type topics --entity-name {} --add-config {setting}", topic.name)
}

/// The first of these topics that `look` finds something at.
fn first<T>(topics: &[&TopicState], look: impl Fn(&TopicState) -> Option<T>) -> Option<T> {
    topics.iter().find_map(|topic| look(topic))
}

/// Where there are enough brokers, or where a yes waits for Kafka, each message must outlive a broker.
pub(super) fn copies(topics: &[&TopicState], promised: bool) -> Finding {
    let look = |topic: &TopicState| {
        let (name, copies) = (&topic.name, topic.replication_factor);
        if copies < COPIES {
            let said = format!("{name} has {copies} of {COPIES} copies: what is on a lost broker is gone");
            return Some((
                promised,
                said,
                format!("kafka-reassign-partitions.sh, with three brokers for each partition of {name}"),
            ));
        }
        match topic.min_in_sync_replicas? {
            least if least < IN_SYNC_MIN => {
                let said =
                    format!("{name}: min.insync.replicas is {least}: a message may count as taken with one copy");
                Some((promised, said, configured(topic, "min.insync.replicas=2")))
            }
            least if least >= copies => {
                let said = format!(
                    "{name}: min.insync.replicas is {least} of {copies}: one broker away, and nothing is written"
                );
                Some((false, said, configured(topic, "min.insync.replicas=2")))
            }
            _ => None,
        }
    };
    match first(topics, look) {
        Some((true, said, change)) => Finding::wrong("kafka-copies", said, change),
        Some((false, said, change)) => Finding::warning("kafka-copies", said, change),
        None if topics.iter().any(|topic| topic.min_in_sync_replicas.is_none()) => Finding::warning(
            "kafka-copies",
            "min.insync.replicas may not be asked",
            "kafka-acls.sh --add --operation DescribeConfigs --topic '*' --allow-principal User:...",
        ),
        None => Finding::ok("kafka-copies", "three copies of each message, two of them before it counts as taken"),
    }
}

pub(super) fn in_sync(topics: &[&TopicState]) -> Finding {
    let start = "start the broker that is down; see `kafka-topics.sh --describe --under-replicated-partitions`";
    let stuck =
        |topic: &TopicState| (topic.in_sync < topic.min_in_sync_replicas.unwrap_or(1)).then(|| topic.name.clone());
    if let Some(name) = first(topics, stuck) {
        return Finding::wrong(
            "kafka-in-sync",
            format!("{name}: too few copies are up to date; nothing is written"),
            start,
        );
    }
    let behind = |topic: &TopicState| (topic.in_sync < topic.replication_factor).then(|| topic.name.clone());
    match first(topics, behind) {
        Some(name) => {
            Finding::warning("kafka-in-sync", format!("{name}: a copy is behind, or its broker is down"), start)
        }
        None => Finding::ok("kafka-in-sync", "all copies are up to date"),
    }
}

pub(super) fn partitions(topics: &[&TopicState]) -> Finding {
    let look = |topic: &TopicState| {
        let wanted = usize::try_from(plan_of(&topic.name)?.partitions).ok()?;
        (topic.partitions != wanted).then(|| (topic.partitions < wanted, topic.name.clone(), topic.partitions, wanted))
    };
    let name = "kafka-partitions";
    match first(topics, look) {
        Some((true, topic, has, wanted)) => Finding::wrong(
            name,
            format!("{topic} has {has} partitions of {wanted}"),
            format!("kafka-topics.sh --alter --topic {topic} --partitions {wanted}, with nothing on its way"),
        ),
        Some((false, topic, has, wanted)) => Finding::warning(
            name,
            format!("{topic} has {has} partitions instead of {wanted}"),
            "nothing: it does no harm, and partitions can not be taken away",
        ),
        None => Finding::ok(name, "as many as the contract says"),
    }
}

pub(super) fn kept(topics: &[&TopicState]) -> Finding {
    let name = "kafka-kept";
    let look = |topic: &TopicState| {
        if topic.cleanup_policy.as_deref().is_some_and(|policy| policy != "delete") {
            let said = format!("{}: cleanup.policy thins out messages of one campaign", topic.name);
            return Some((said, configured(topic, "cleanup.policy=delete")));
        }
        let wanted = plan_of(&topic.name)?.kept_days;
        if topic.retention_ms.is_some_and(|kept| kept >= 0 && kept < wanted * DAY_MS) {
            let said = format!("{}: messages are kept for less than {wanted} days", topic.name);
            return Some((said, configured(topic, &format!("retention.ms={}", wanted * DAY_MS))));
        }
        let said = format!("{}: retention.bytes throws messages away when there are many", topic.name);
        topic.retention_bytes.is_some_and(|most| most >= 0).then(|| (said, configured(topic, "retention.bytes=-1")))
    };
    match first(topics, look) {
        Some((said, change)) => Finding::wrong(name, said, change),
        None => Finding::ok(name, "messages are kept as long as the contract says"),
    }
}

pub(super) fn election(topics: &[&TopicState]) -> Finding {
    let look = |topic: &TopicState| {
        topic.unclean_election?.then(|| (topic.name.clone(), configured(topic, "unclean.leader.election.enable=false")))
    };
    match first(topics, look) {
        Some((topic, change)) => {
            let said = format!("{topic}: a copy that lags may become the leader, and what it lacks is gone");
            Finding::wrong("kafka-election", said, change)
        }
        None => Finding::ok("kafka-election", "only a copy that is up to date becomes the leader"),
    }
}
