//! Kafka: brokers, topics, rights.

mod rights;
mod settings;
mod topics;

use super::finding::Finding;
use crate::cli::Role;
use crate::config::{Config, HotAck};
use bus::kafka::{BrokerError, Cluster, KafkaAcl, KafkaPublisher, TopicState};
use domain::message::topic;
use rights::rights;
use settings::{copies, election, in_sync, kept, partitions};
use topics::made;

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
        Ok::<_, BrokerError>((cluster, KafkaAcl::connect(brokers)?))
    };
    match looked.await {
        Ok((cluster, asking)) => {
            let mut findings = judge(&cluster, config.hot.ack);
            findings.insert(1, made(&cluster, &asking).await);
            findings.push(rights(&cluster, &asking, roles).await);
            findings
        }
        Err(error) => {
            vec![Finding::wrong("kafka-brokers", bus::chain(&error), "start them, or set bus.url")]
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

#[cfg(test)]
mod tests {
    use super::super::finding::Verdict;
    use super::*;
    use domain::message::topic::{PLANS, Plan};

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
