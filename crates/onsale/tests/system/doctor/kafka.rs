//! Kafka with topics that lose messages, and with a user that lacks rights.

use crate::doctor::patient::Patient;
use rdkafka::ClientConfig;
use rdkafka::admin::{AdminClient, AdminOptions, NewTopic, TopicReplication};
use rdkafka::client::DefaultClientContext;
use std::io::Write;
use std::path::PathBuf;
use std::process::Command;
use testkit::{Kafka, Kit, available, shared};

fn patient(kafka: &Kafka, ack: &str) -> Patient {
    Patient::new(&[("ONSALE__BUS__URL", &kafka.url()), ("ONSALE__HOT__ACK", ack)])
}

fn make(kafka: &Kafka, topic: NewTopic<'_>) {
    let admin: AdminClient<DefaultClientContext> =
        ClientConfig::new().set("bootstrap.servers", kafka.bootstrap()).create().expect("a client");
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    let made = runtime.block_on(admin.create_topics([&topic], &AdminOptions::new())).expect("answered");
    assert!(made.iter().all(Result::is_ok), "{made:?}");
}

#[test]
fn correct_brokers_and_topics_pass() {
    let Some(kafka) = available(shared().kafka().and_then(Kafka::real)) else { return };
    let report = patient(kafka, "bus").ask(&[]);
    report.says("kafka-brokers", "ok", "3 brokers answer", "");
    report.is_ok(&["kafka-topics", "kafka-rights"]);
    report.is_well();
}

#[test]
fn settings_that_lose_messages_are_refused_with_the_line_to_change() {
    let Some(kit) = available(Kit::temporary()) else { return };
    let Some(kafka) = available(Kafka::start(&kit, 1)) else { return };
    if available(kafka.real()).is_none() {
        return;
    }
    let report = patient(&kafka, "replica").ask(&[]);
    report.is_well();
    report.says("kafka-brokers", "warn", "1 brokers answer", "three or more");
    report.says("kafka-topics", "ok", "do not exist yet; the server creates them at the start", "");
    let one = || TopicReplication::Fixed(1);
    let bad = NewTopic::new("coupon.events", 3, one()).set("retention.ms", "3600000");
    make(&kafka, bad.set("unclean.leader.election.enable", "true"));
    make(&kafka, NewTopic::new("dlq.coupon", 2, one()).set("retention.ms", "-1"));
    let report = patient(&kafka, "replica").ask(&[]);
    report.says("kafka-copies", "warn", "1 of 3 copies", "kafka-reassign-partitions.sh");
    report.says("kafka-partitions", "wrong", "coupon.events has 3 of 6 partitions", "--alter --topic coupon.events");
    report.says("kafka-kept", "wrong", "less than 7 days", "--add-config retention.ms=604800000");
    report.says("kafka-election", "wrong", "coupon.events", "unclean.leader.election.enable=false");
    report.is_ok(&["kafka-in-sync", "kafka-topics", "kafka-rights"]);
    patient(&kafka, "bus").ask(&[]).says("kafka-copies", "wrong", "a lost broker loses messages", "three brokers");

    let Some(access) = Access::on(&kit, &kafka) else { return };
    only_look(&access);
    let report = patient(&kafka, "replica").ask(&[]);
    let lacking = "READ on group coupon-group, READ on topic coupon.events, WRITE on topic coupon.events";
    report.says("kafka-rights", "wrong", lacking, "--operation WRITE --topic coupon.events");
    let report = patient(&kafka, "replica").ask(&["coupon"]);
    report.says("kafka-rights", "wrong", "lacks READ on topic coupon.events, WRITE on topic coupon.events", "");
}

#[test]
fn topics_that_cannot_be_created_are_reported() {
    let Some(kit) = available(Kit::temporary()) else { return };
    let Some(kafka) = available(Kafka::start(&kit, 1)) else { return };
    if available(kafka.real()).is_none() {
        return;
    }
    let Some(access) = Access::on(&kit, &kafka) else { return };
    access.only("CLUSTER", "kafka-cluster", &["CLUSTER_ACTION", "ALTER", "DESCRIBE"]);
    access.only("TOPIC", "coupon.events", &["DESCRIBE"]);
    let report = patient(&kafka, "replica").ask(&[]);
    report.says(
        "kafka-topics",
        "wrong",
        "cannot be created",
        "kafka-topics.sh --create --topic coupon.events --partitions 6",
    );
}

/// Limits all users to describing `coupon.events`.
fn only_look(access: &Access) {
    access.only("TOPIC", "coupon.events", &["DESCRIBE", "DESCRIBE_CONFIGS"]);
    access.only("GROUP", "coupon-group", &["DESCRIBE_CONFIGS"]);
}

/// The broker's access lists, written by Kafka's own client with the broker's Java.
struct Access {
    java: PathBuf,
    jars: String,
    bootstrap: String,
}

impl Access {
    /// Restarts the broker with access lists; resources without a list stay open to all.
    fn on(kit: &Kit, kafka: &Kafka) -> Option<Self> {
        let pid = kafka.pid(0).expect("it runs");
        let java = std::fs::read_link(format!("/proc/{pid}/exe")).expect("its program");
        let has_compiler = java.with_file_name("javac").exists().then_some(());
        available(has_compiler.ok_or_else(|| testkit::missing("a Java that compiles")))?;
        let line = std::fs::read_to_string(format!("/proc/{pid}/cmdline")).expect("its command line");
        let jars = line.split('\0').skip_while(|word| *word != "-cp").nth(1).expect("jars").to_owned();
        let config = kit.folder().join("kafka-1/server.properties");
        let mut file = std::fs::File::options().append(true).open(config).expect("its configuration");
        let lists = "authorizer.class.name=org.apache.kafka.metadata.authorizer.StandardAuthorizer\n\
                     allow.everyone.if.no.acl.found=true\n";
        file.write_all(lists.as_bytes()).expect("written");
        kafka.restart(0).expect("restarts");
        kafka.wait_until_ready().expect("is ready");
        Some(Self { java, jars, bootstrap: kafka.bootstrap() })
    }

    /// Limits all users to these operations on this resource.
    fn only(&self, kind: &str, name: &str, operations: &[&str]) {
        let mut command = Command::new(&self.java);
        command.args(["-cp", &self.jars, concat!(env!("CARGO_MANIFEST_DIR"), "/tests/system/doctor/Lists.java")]);
        let output = command.args([&self.bootstrap, kind, name]).args(operations).output().expect("runs");
        assert!(output.status.success(), "{output:?}");
    }
}
