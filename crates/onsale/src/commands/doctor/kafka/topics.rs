//! The topics that exist, and those that can be created.

use super::{COPIES, DAY_MS, Finding, IN_SYNC_MIN};
use bus::kafka::{Cluster, KafkaAcl};
use domain::message::topic::{PLANS, Plan};

/// The layout of a topic by the contract.
pub(super) fn plan_of(name: &str) -> Option<Plan> {
    PLANS.into_iter().find(|plan| plan.name == name)
}

/// Checks that the topics which the roles use exist or can be created.
pub(super) async fn made(cluster: &Cluster, asking: &KafkaAcl, used: &[&'static str]) -> Finding {
    if used.is_empty() {
        return Finding::ok("kafka-topics", "the roles use none");
    }
    let is_missing = |name: &&str| cluster.topics.iter().any(|topic| topic.name == *name && topic.partitions == 0);
    let missing: Vec<&str> = used.iter().copied().filter(|name| is_missing(name)).collect();
    if missing.is_empty() {
        return Finding::ok("kafka-topics", format!("{} exist", used.join(", ")));
    }
    let names = missing.join(", ");
    match asking.creation_problem(&missing).await {
        Ok(None) => {
            Finding::ok("kafka-topics", format!("{names}: do not exist yet; the server creates them at the start"))
        }
        Ok(Some(why)) => {
            let detail = format!("{names}: do not exist and cannot be created ({why})");
            Finding::wrong(
                "kafka-topics",
                detail,
                missing.iter().map(|name| creation(name)).collect::<Vec<_>>().join("; "),
            )
        }
        Err(error) => Finding::wrong(
            "kafka-topics",
            format!("{names}: do not exist; {}", bus::chain(&error)),
            "see kafka-brokers",
        ),
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
