//! The rights of the roles.

use super::Finding;
use super::traffic::Traffic;
use bus::kafka::{BrokerError, Cluster, KafkaAcl};

/// Checks the rights on topics and groups that the process writes to and reads from.
pub(super) async fn rights(cluster: &Cluster, asking: &KafkaAcl, traffic: &Traffic) -> Finding {
    let name = "kafka-rights";
    match lacking(cluster, asking, traffic).await {
        Ok(lacking) if lacking.is_empty() => Finding::ok(name, "has all rights that the roles need"),
        Ok(lacking) => {
            let line = |right: &String| {
                let (operation, on) = right.split_once(" on ").unwrap_or_default();
                format!("kafka-acls.sh --add --allow-principal User:... --operation {operation} --{on}")
            };
            let change: Vec<String> = lacking.iter().map(line).collect();
            Finding::wrong(name, format!("lacks {}", lacking.join(", ")), change.join("; "))
        }
        Err(error) => Finding::warning(name, bus::chain(&error), "see kafka-brokers"),
    }
}

async fn lacking(cluster: &Cluster, asking: &KafkaAcl, traffic: &Traffic) -> Result<Vec<String>, BrokerError> {
    let mut lacking = Vec::new();
    for topic in cluster.topics.iter().filter(|topic| topic.partitions > 0) {
        if traffic.writes_to(&topic.name) && asking.may_write(topic).await? == Some(false) {
            lacking.push(format!("WRITE on topic {}", topic.name));
        }
        for group in traffic.readers_of(&topic.name) {
            lacking.extend(asking.missing_read_permissions(group, &topic.name).await?);
        }
    }
    lacking.sort();
    lacking.dedup();
    Ok(lacking)
}
