//! Checks of Kafka: brokers, topics, rights.

mod rights;
mod settings;
mod topics;
mod traffic;

use super::finding::Finding;
use crate::cli::Role;
use crate::config::{Config, HotAck};
use crate::wiring::Trust;
use bus::kafka::{BrokerError, Cluster, KafkaAcl, KafkaAddress, KafkaPublisher, TopicState};
use rights::rights;
use settings::{copies, election, in_sync, kept, partitions};
use topics::made;
use traffic::Traffic;

/// With three brokers, two still hold each message after the loss of one.
const BROKERS_MIN: usize = 3;
const COPIES: usize = 3;
const IN_SYNC_MIN: usize = 2;
const DAY_MS: i64 = 86_400_000;

/// Runs all checks of Kafka.
pub(super) async fn examine(config: &Config, brokers: &KafkaAddress, roles: &[Role]) -> Vec<Finding> {
    let looked = async {
        let cluster = KafkaPublisher::connect(brokers)?.describe().await?;
        Ok::<_, BrokerError>((cluster, KafkaAcl::connect(brokers)?))
    };
    match looked.await {
        Ok((cluster, asking)) => {
            let traffic = Traffic::of(config, roles);
            let mut findings = judge(&cluster, config.hot.ack);
            findings.insert(1, made(&cluster, &asking, &traffic.topics()).await);
            findings.push(rights(&cluster, &asking, &traffic).await);
            findings
        }
        Err(error) => {
            let said = bus::chain(&error);
            let change = Trust::Bus.change(&said).unwrap_or_else(|| "start the brokers, or set bus.url".to_owned());
            vec![Finding::wrong("kafka-brokers", said, change)]
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
    let detail = format!("{} brokers answer", cluster.brokers);
    if cluster.brokers < BROKERS_MIN {
        let detail = format!("{detail}: messages do not survive the loss of a broker");
        return Finding::warning("kafka-brokers", detail, "run three or more, and name them in bus.url");
    }
    Finding::ok("kafka-brokers", detail)
}

#[cfg(test)]
mod tests {
    use super::super::finding::Severity;
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

    fn severity(cluster: &Cluster, ack: HotAck, name: &str) -> Severity {
        judge(cluster, ack).into_iter().find(|finding| finding.name == name).expect("checked").severity
    }

    #[test]
    fn a_correct_cluster_passes_every_check() {
        let findings = judge(&whole(), HotAck::Bus);
        assert!(findings.iter().all(|finding| finding.severity == Severity::Ok), "{findings:?}");
        assert_eq!(findings.len(), 6);
    }

    #[test]
    fn every_setting_that_loses_messages_is_wrong() {
        type Break = fn(&mut TopicState);
        let breaks: [(&str, Severity, Break); 11] = [
            ("kafka-copies", Severity::Wrong, |topic| (topic.replication_factor, topic.in_sync) = (2, 2)),
            ("kafka-copies", Severity::Wrong, |topic| topic.min_in_sync_replicas = Some(1)),
            ("kafka-copies", Severity::Warning, |topic| topic.min_in_sync_replicas = Some(3)),
            ("kafka-in-sync", Severity::Wrong, |topic| topic.in_sync = 1),
            ("kafka-in-sync", Severity::Warning, |topic| topic.in_sync = 2),
            ("kafka-partitions", Severity::Wrong, |topic| topic.partitions = 5),
            ("kafka-partitions", Severity::Warning, |topic| topic.partitions = 7),
            ("kafka-kept", Severity::Wrong, |topic| topic.retention_ms = Some(7 * DAY_MS - 1)),
            ("kafka-kept", Severity::Wrong, |topic| topic.retention_bytes = Some(1 << 30)),
            ("kafka-kept", Severity::Wrong, |topic| topic.cleanup_policy = Some("compact,delete".into())),
            ("kafka-election", Severity::Wrong, |topic| topic.unclean_election = Some(true)),
        ];
        for (name, wanted, alter) in breaks {
            let mut cluster = whole();
            alter(&mut cluster.topics[0]);
            assert_eq!(severity(&cluster, HotAck::Replica, name), wanted, "{name}");
        }
        let mut forever = whole();
        forever.topics[0].retention_ms = Some(-1);
        assert_eq!(severity(&forever, HotAck::Replica, "kafka-kept"), Severity::Ok);
    }

    #[test]
    fn one_broker_is_a_warning_unless_coupons_are_confirmed_by_kafka() {
        let mut one = whole();
        one.brokers = 1;
        for topic in &mut one.topics {
            (topic.replication_factor, topic.in_sync, topic.min_in_sync_replicas) = (1, 1, Some(1));
        }
        assert_eq!(severity(&one, HotAck::Replica, "kafka-brokers"), Severity::Warning);
        assert_eq!(severity(&one, HotAck::Replica, "kafka-copies"), Severity::Warning);
        assert_eq!(severity(&one, HotAck::Bus, "kafka-copies"), Severity::Wrong);
    }
}
