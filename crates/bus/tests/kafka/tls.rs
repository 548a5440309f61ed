//! TLS towards the brokers, with and without a log-in: whoever cannot show a certificate of a trusted authority for the
//! address that was called is refused, and so is who does not know the password.

use super::support::*;
use bus::Publisher;
use bus::kafka::{KafkaAddress, KafkaPublisher};
use std::path::Path;
use testkit::{Authority, Kafka, Kit};

const LOGIN: (&str, &str) = ("onsale", "a-long-password");

async fn answers(address: &KafkaAddress) -> Result<usize, String> {
    let publisher = KafkaPublisher::connect(address).expect("brokers are named");
    publisher.ping().await.map_err(|error| error.to_string())
}

fn encrypted(broker: &str, authorities: &Path) -> KafkaAddress {
    KafkaAddress::new(&format!("kafka+ssl://{broker}")).with_authorities(Some(authorities))
}

#[tokio::test(flavor = "multi_thread")]
async fn only_the_right_broker_is_trusted_and_only_the_right_password() {
    let kit = Kit::temporary().expect("a folder");
    let folder = tempfile::tempdir().expect("a folder");
    let make = |name| Authority::make(folder.path(), name).expect("made");
    let (right, wrong) = (make("right"), make("wrong"));
    let certificate = right.sign_here().expect("signed");
    let Some(kafka) = testkit::available(Kafka::start_encrypted(&kit, &certificate, LOGIN)) else { return };
    let open = encrypted(&kafka.encrypted(), right.file());
    assert_eq!(answers(&open).await, Ok(1));
    let refused = answers(&encrypted(&kafka.encrypted(), wrong.file())).await.expect_err("not trusted");
    assert!(refused.contains("certificate"), "{refused}");
    answers(&KafkaAddress::new(&kafka.encrypted())).await.expect_err("nobody speaks in the clear there");
    let login =
        |mechanism, password| encrypted(&kafka.with_login(), right.file()).with_login(mechanism, LOGIN.0, password);
    for mechanism in ["SCRAM-SHA-512", "PLAIN"] {
        let ours = login(mechanism, LOGIN.1);
        assert_eq!(answers(&ours).await, Ok(1), "{mechanism}");
        let refused = answers(&login(mechanism, "another-password")).await.expect_err("unknown");
        assert!(refused.to_lowercase().contains("authentication"), "{mechanism}: {refused}");
    }
    answers(&encrypted(&kafka.with_login(), right.file())).await.expect_err("without a log-in");
    // Messages pass, and not only greetings.
    let names = Names::new();
    let publisher = KafkaPublisher::connect(login("SCRAM-SHA-512", LOGIN.1)).expect("brokers are named");
    publisher.publish(names.topic, &envelopes(1..10)).await.expect("published");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_broker_with_the_certificate_of_another_host_is_refused() {
    let kit = Kit::temporary().expect("a folder");
    let folder = tempfile::tempdir().expect("a folder");
    let right = Authority::make(folder.path(), "right").expect("made");
    let certificate = right.sign(&["elsewhere.example"]).expect("signed");
    let Some(kafka) = testkit::available(Kafka::start_encrypted(&kit, &certificate, LOGIN)) else { return };
    answers(&encrypted(&kafka.encrypted(), right.file())).await.expect_err("of another host");
}
