//! The settings of topics: wrong ones lose messages.

use super::topics::plan_of;
use super::{COPIES, DAY_MS, Finding, IN_SYNC_MIN};
use bus::kafka::TopicState;

fn configured(topic: &TopicState, setting: &str) -> String {
    format!("kafka-configs.sh --alter --entity-type topics --entity-name {} --add-config {setting}", topic.name)
}

/// Returns the first result of `look` over these topics.
fn first<T>(topics: &[&TopicState], look: impl Fn(&TopicState) -> Option<T>) -> Option<T> {
    topics.iter().find_map(|topic| look(topic))
}

/// With enough brokers, or where Kafka confirms coupons, each message must survive the loss of a broker.
pub(super) fn copies(topics: &[&TopicState], promised: bool) -> Finding {
    let look = |topic: &TopicState| {
        let (name, copies) = (&topic.name, topic.replication_factor);
        if copies < COPIES {
            let detail = format!("{name} has {copies} of {COPIES} copies: a lost broker loses messages");
            return Some((
                promised,
                detail,
                format!("kafka-reassign-partitions.sh, with three brokers for each partition of {name}"),
            ));
        }
        match topic.min_in_sync_replicas? {
            least if least < IN_SYNC_MIN => {
                let detail =
                    format!("{name}: min.insync.replicas is {least}: a message may be acknowledged with one copy");
                Some((promised, detail, configured(topic, "min.insync.replicas=2")))
            }
            least if least >= copies => {
                let detail = format!(
                    "{name}: min.insync.replicas is {least} of {copies}: if one broker is down, nothing is written"
                );
                Some((false, detail, configured(topic, "min.insync.replicas=2")))
            }
            _ => None,
        }
    };
    match first(topics, look) {
        Some((true, detail, change)) => Finding::wrong("kafka-copies", detail, change),
        Some((false, detail, change)) => Finding::warning("kafka-copies", detail, change),
        None if topics.iter().any(|topic| topic.min_in_sync_replicas.is_none()) => Finding::warning(
            "kafka-copies",
            "the user may not read min.insync.replicas",
            "kafka-acls.sh --add --operation DescribeConfigs --topic '*' --allow-principal User:...",
        ),
        None => Finding::ok("kafka-copies", "each message has three copies, two of them before it is acknowledged"),
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
            format!("{topic} has {has} of {wanted} partitions"),
            format!("kafka-topics.sh --alter --topic {topic} --partitions {wanted}, while no messages are in flight"),
        ),
        Some((false, topic, has, wanted)) => Finding::warning(
            name,
            format!("{topic} has {has} partitions instead of {wanted}"),
            "nothing: more partitions do no harm, and cannot be removed",
        ),
        None => Finding::ok(name, "as many as required"),
    }
}

pub(super) fn kept(topics: &[&TopicState]) -> Finding {
    let name = "kafka-kept";
    let look = |topic: &TopicState| {
        if topic.cleanup_policy.as_deref().is_some_and(|policy| policy != "delete") {
            let detail = format!("{}: cleanup.policy deletes older messages of a campaign", topic.name);
            return Some((detail, configured(topic, "cleanup.policy=delete")));
        }
        let wanted = plan_of(&topic.name)?.kept_days;
        if topic.retention_ms.is_some_and(|kept| kept >= 0 && kept < wanted * DAY_MS) {
            let detail = format!("{}: messages are retained for less than {wanted} days", topic.name);
            return Some((detail, configured(topic, &format!("retention.ms={}", wanted * DAY_MS))));
        }
        let detail = format!("{}: retention.bytes deletes messages when the topic grows", topic.name);
        topic.retention_bytes.is_some_and(|most| most >= 0).then(|| (detail, configured(topic, "retention.bytes=-1")))
    };
    match first(topics, look) {
        Some((detail, change)) => Finding::wrong(name, detail, change),
        None => Finding::ok(name, "messages are retained as long as required"),
    }
}

pub(super) fn election(topics: &[&TopicState]) -> Finding {
    let look = |topic: &TopicState| {
        topic.unclean_election?.then(|| (topic.name.clone(), configured(topic, "unclean.leader.election.enable=false")))
    };
    match first(topics, look) {
        Some((topic, change)) => {
            let detail = format!("{topic}: a lagging copy may become the leader, and the messages it lacks are lost");
            Finding::wrong("kafka-election", detail, change)
        }
        None => Finding::ok("kafka-election", "only an up-to-date copy becomes the leader"),
    }
}
