//! Kafka: brokers, topics, rights.

use super::finding::Finding;
use crate::cli::Role;
use crate::config::{Config, HotAck};
use bus::kafka::{BrokerError, Cluster, KafkaPublisher, KafkaRights, TopicState};
use domain::message::topic::{self, PLANS, Plan};
use services::coupon::messages::RevocationGroup;
use services::issuer::CouponGroup;

/// So many that one may die and two still hold each message.
const BROKERS_MIN: usize = 3;
const COPIES: usize = 3;
const IN_SYNC_MIN: usize = 2;
const DAY_MS: i64 = 86_400_000;
/// Topics that this build uses.
const USED: [&str; 2] = [topic::COUPON_EVENTS, topic::DLQ_COUPON];

/// All checks of Kafka.
pub(super) async fn examine(config: &Config, brokers: &str, roles: &[Role]) -> Vec<Finding> {
    let looked = async {
        let cluster = KafkaPublisher::connect(brokers)?.describe().await?;
        Ok::<_, BrokerError>((cluster, KafkaRights::connect(brokers)?))
    };
    match looked.await {
        Ok((cluster, asking)) => {
            let mut findings = judge(&cluster, config.hot.ack);
            findings.insert(1, made(&cluster, &asking).await);
            findings.push(rights(&cluster, &asking, roles).await);
            findings
        }
        Err(error) => {
            vec![Finding::wrong("kafka-brokers", error.to_string(), "start them, or set bus.url")]
        }
    }
}

fn judge(cluster: &Cluster, ack: HotAck) -> Vec<Finding> {
    let topics: Vec<&TopicState> = cluster.topics.iter().filter(|topic| topic.partitions > 0).collect();
    let mut findings = vec![few(cluster)];
    if !topics.is_empty() {
        let promised = ack == HotAck::Bus || cluster.brokers >= BROKERS_MIN;
        findings.push(copies(&topics, promised));
        findings.push(in_sync(&topics));
        findings.push(partitions(&topics));
        findings.push(kept(&topics));
        findings.push(election(&topics));
    }
    findings
}

fn few(cluster: &Cluster) -> Finding {
    let said = format!("{} brokers answer", cluster.brokers);
    if cluster.brokers < BROKERS_MIN {
        let said = format!("{said}: messages do not survive the loss of one");
        return Finding::warning("kafka-brokers", said, "run three or more, and name them in bus.url");
    }
    Finding::ok("kafka-brokers", said)
}

fn plan_of(name: &str) -> Option<Plan> {
    PLANS.into_iter().find(|plan| plan.name == name)
}

async fn made(cluster: &Cluster, asking: &KafkaRights) -> Finding {
    let is_missing = |name: &&str| cluster.topics.iter().any(|topic| topic.name == *name && topic.partitions == 0);
    let missing: Vec<&str> = USED.into_iter().filter(|name| is_missing(name)).collect();
    if missing.is_empty() {
        return Finding::ok("kafka-topics", format!("{} are there", USED.join(", ")));
    }
    let names = missing.join(", ");
    match asking.why_not_made(&missing).await {
        Ok(None) => Finding::ok("kafka-topics", format!("{names}: not there yet; made at the start")),
        Ok(Some(why)) => {
            let said = format!("{names}: not there, and can not be made ({why})");
            Finding::wrong(
                "kafka-topics",
                said,
                missing.iter().map(|name| creation(name)).collect::<Vec<_>>().join("; "),
            )
        }
        Err(error) => Finding::wrong("kafka-topics", format!("{names}: not there; {error}"), "see kafka-brokers"),
    }
}

fn creation(name: &str) -> String {
    let plan = plan_of(name).unwrap_or(Plan { name: "", partitions: 1, kept_days: 7 });
    format!(
        "kafka-topics.sh --create --topic {name} --partitions {} --replication-factor {COPIES} \
         --config min.insync.replicas={IN_SYNC_MIN} --config retention.ms={}",
        plan.partitions,
        plan.kept_days * DAY_MS
    )
}

fn configured(topic: &TopicState, setting: &str) -> String {
    format!("kafka-configs.sh --alter --entity-type topics --entity-name {} --add-config {setting}", topic.name)
}

/// The first of these topics that `look` finds something at.
fn first<T>(topics: &[&TopicState], look: impl Fn(&TopicState) -> Option<T>) -> Option<T> {
    topics.iter().find_map(|topic| look(topic))
}

/// Where there are enough brokers, or where a yes waits for Kafka, each message must outlive a broker.
fn copies(topics: &[&TopicState], promised: bool) -> Finding {
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

fn in_sync(topics: &[&TopicState]) -> Finding {
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

fn partitions(topics: &[&TopicState]) -> Finding {
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

fn kept(topics: &[&TopicState]) -> Finding {
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

fn election(topics: &[&TopicState]) -> Finding {
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

/// What the roles do with Kafka: the coupon service writes, both read, both write dead letters.
async fn rights(cluster: &Cluster, asking: &KafkaRights, roles: &[Role]) -> Finding {
    let name = "kafka-rights";
    match lacking(cluster, asking, roles).await {
        Ok(lacking) if lacking.is_empty() => Finding::ok(name, "may write and read what the roles need"),
        Ok(lacking) => {
            let line = |right: &String| {
                let (operation, on) = right.split_once(" on ").unwrap_or_default();
                format!("kafka-acls.sh --add --allow-principal User:... --operation {operation} --{on}")
            };
            let change: Vec<String> = lacking.iter().map(line).collect();
            Finding::wrong(name, format!("lacks {}", lacking.join(", ")), change.join("; "))
        }
        Err(error) => Finding::warning(name, error.to_string(), "see kafka-brokers"),
    }
}

async fn lacking(cluster: &Cluster, asking: &KafkaRights, roles: &[Role]) -> Result<Vec<String>, BrokerError> {
    let mut lacking = Vec::new();
    let there = |name: &&TopicState| name.partitions > 0 && USED.contains(&name.name.as_str());
    for topic in cluster.topics.iter().filter(there) {
        let writes = topic.name == topic::DLQ_COUPON || roles.contains(&Role::Coupon);
        if writes && asking.may_write(topic).await? == Some(false) {
            lacking.push(format!("WRITE on topic {}", topic.name));
        }
        if topic.name != topic::COUPON_EVENTS {
            continue;
        }
        for (role, group) in [(Role::Issuer, CouponGroup::NAME), (Role::Coupon, RevocationGroup::NAME)] {
            if roles.contains(&role) {
                lacking.extend(asking.lacking_to_read(group, &topic.name).await?);
            }
        }
    }
    lacking.sort();
    lacking.dedup();
    Ok(lacking)
}

#[cfg(test)]
mod tests {
    use super::super::finding::Verdict;
    use super::*;

    fn whole() -> Cluster {
        let topic = |plan: Plan| TopicState {
            name: plan.name.to_owned(),
            partitions: usize::try_from(plan.partitions).expect("few"),
            replication_factor: 3,
            in_sync: 3,
            min_in_sync_replicas: Some(2),
            retention_ms: Some(plan.kept_days * DAY_MS),
            retention_bytes: Some(-1),
            cleanup_policy: Some("delete".into()),
            unclean_election: Some(false),
            message_bytes_max: Some(1_048_588),
        };
        Cluster { brokers: 3, topics: PLANS.into_iter().map(topic).collect() }
    }

    fn verdict(cluster: &Cluster, ack: HotAck, name: &str) -> Verdict {
        judge(cluster, ack).into_iter().find(|finding| finding.name == name).expect("checked").verdict
    }

    #[test]
    fn a_cluster_as_it_should_be_is_well() {
        let findings = judge(&whole(), HotAck::Bus);
        assert!(findings.iter().all(|finding| finding.verdict == Verdict::Ok), "{findings:?}");
        assert_eq!(findings.len(), 6);
    }

    #[test]
    fn every_setting_that_loses_messages_is_wrong() {
        type Break = fn(&mut TopicState);
        let breaks: [(&str, Verdict, Break); 11] = [
            ("kafka-copies", Verdict::Wrong, |topic| (topic.replication_factor, topic.in_sync) = (2, 2)),
            ("kafka-copies", Verdict::Wrong, |topic| topic.min_in_sync_replicas = Some(1)),
            ("kafka-copies", Verdict::Warning, |topic| topic.min_in_sync_replicas = Some(3)),
            ("kafka-in-sync", Verdict::Wrong, |topic| topic.in_sync = 1),
            ("kafka-in-sync", Verdict::Warning, |topic| topic.in_sync = 2),
            ("kafka-partitions", Verdict::Wrong, |topic| topic.partitions = 5),
            ("kafka-partitions", Verdict::Warning, |topic| topic.partitions = 7),
            ("kafka-kept", Verdict::Wrong, |topic| topic.retention_ms = Some(7 * DAY_MS - 1)),
            ("kafka-kept", Verdict::Wrong, |topic| topic.retention_bytes = Some(1 << 30)),
            ("kafka-kept", Verdict::Wrong, |topic| topic.cleanup_policy = Some("compact,delete".into())),
            ("kafka-election", Verdict::Wrong, |topic| topic.unclean_election = Some(true)),
        ];
        for (name, wanted, alter) in breaks {
            let mut cluster = whole();
            alter(&mut cluster.topics[0]);
            assert_eq!(verdict(&cluster, HotAck::Replica, name), wanted, "{name}");
        }
        let mut forever = whole();
        forever.topics[0].retention_ms = Some(-1);
        assert_eq!(verdict(&forever, HotAck::Replica, "kafka-kept"), Verdict::Ok);
    }

    #[test]
    fn one_broker_is_a_warning_until_a_yes_waits_for_it() {
        let mut one = whole();
        one.brokers = 1;
        for topic in &mut one.topics {
            (topic.replication_factor, topic.in_sync, topic.min_in_sync_replicas) = (1, 1, Some(1));
        }
        assert_eq!(verdict(&one, HotAck::Replica, "kafka-brokers"), Verdict::Warning);
        assert_eq!(verdict(&one, HotAck::Replica, "kafka-copies"), Verdict::Warning);
        assert_eq!(verdict(&one, HotAck::Bus, "kafka-copies"), Verdict::Wrong);
    }
}
