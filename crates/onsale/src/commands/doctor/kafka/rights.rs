//! The rights of the roles.

use super::{Finding, USED};
use crate::cli::Role;
use bus::kafka::{BrokerError, Cluster, KafkaAcl, TopicState};
use coupon::issuer::CouponGroup;
use coupon::messages::RevocationGroup;
use domain::message::topic;

/// Checks the rights on topics and groups: the coupon service writes, both roles read and write dead letters.
pub(super) async fn rights(cluster: &Cluster, asking: &KafkaAcl, roles: &[Role]) -> Finding {
    let name = "kafka-rights";
    match lacking(cluster, asking, roles).await {
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

async fn lacking(cluster: &Cluster, asking: &KafkaAcl, roles: &[Role]) -> Result<Vec<String>, BrokerError> {
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
                lacking.extend(asking.missing_read_permissions(group, &topic.name).await?);
            }
        }
    }
    lacking.sort();
    lacking.dedup();
    Ok(lacking)
}
