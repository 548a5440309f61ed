//! The program stops, and says why, when a part has failed that cannot be started again in place.

use super::serve::{ending, failed, failed_parts};
use super::{Ending, exit_status, with_causes};
use crate::cli::Role as RoleName;
use crate::config::{Config, Sources, load};
use crate::wiring::{Engines, MakeHotRoute, Messaging, Role, ServerOpening, limits, open_server};
use async_trait::async_trait;
use bus::{HandleError, Handler, Message};
use domain::Timestamp;
use domain::message::Envelope;
use metrics_exporter_prometheus::PrometheusBuilder;
use onsale_http::HttpMetrics;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;
use uuid::Uuid;

const PATIENCE: Duration = Duration::from_secs(60);
const TOPIC: &str = "coupon.events";

/// Panics where the consumer catches nothing; a panic while a message is handled is only a failure of that message.
struct Panicking;

#[async_trait]
impl Handler for Panicking {
    fn group(&self) -> &str {
        "planted"
    }

    fn topics(&self) -> &[&str] {
        &[TOPIC]
    }

    fn knows(&self, _: &str) -> bool {
        panic!("a planted fault")
    }

    async fn handle(&self, _: &[Message]) -> Result<(), HandleError> {
        Ok(())
    }
}

fn config(folder: &std::path::Path) -> Config {
    let environment =
        [("ONSALE__HTTP__LISTEN", "127.0.0.1:0"), ("ONSALE__HTTP__WORKERS", "1")].map(|(k, v)| (k.into(), v.into()));
    let flags = vec![("--data", "data.dir", folder.to_str().expect("UTF-8").to_owned())];
    let sources = Sources { folder: folder.to_owned(), environment: environment.into(), flags, ..Sources::default() };
    load(&sources).expect("valid").config
}

/// The parts that fail when these hot routes are opened and a message is published; none, when nothing fails at once.
async fn failed_with(hot: Vec<MakeHotRoute>, handlers: Vec<Arc<dyn Handler>>) -> Vec<&'static str> {
    let folder = tempfile::tempdir().expect("a folder");
    let config = config(folder.path());
    let engines = Engines::open(&config, &RoleName::ALL).await.expect("opened");
    let messaging = Messaging::start(&config, handlers).expect("started");
    let addresses = crate::wiring::Addresses::take(&config).expect("free");
    let opening = ServerOpening {
        addresses,
        config: &config,
        limits: limits(&config),
        metrics: Arc::new(HttpMetrics::default()),
        exporter: PrometheusBuilder::new().build_recorder().handle(),
        probes: Vec::new(),
        tls: None,
        has_all_roles: true,
        gateway_keys: access::InternalKeys::default(),
    };
    let is_sound = hot.is_empty();
    let server = open_server(opening, Role::default(), hot).expect("listens");
    let message = Envelope::about_campaign(Uuid::nil(), "CouponIssued", "sale".into(), Timestamp(0), None, &());
    let published = messaging.publisher.publish(TOPIC, &[Arc::new(message)]).await;
    let parts = || failed_parts(&server, &messaging, &engines);
    let failed = if is_sound && published.is_ok() {
        parts()
    } else {
        tokio::time::timeout(PATIENCE, failed(parts)).await.expect("noticed in time")
    };
    server.close().await.expect("closed");
    messaging.stop().await;
    failed
}

#[tokio::test]
async fn a_dead_worker_and_a_dead_consumer_stop_the_program_and_are_named() {
    assert_eq!(failed_with(Vec::new(), Vec::new()).await, [""; 0]);
    let dies: MakeHotRoute = Arc::new(|| panic!("a planted fault"));
    assert_eq!(failed_with(vec![dies], Vec::new()).await, ["a thread of the server"]);
    assert_eq!(failed_with(Vec::new(), vec![Arc::new(Panicking)]).await, ["a consumer of messages"]);
}

#[test]
fn a_failed_part_gives_the_exit_status_1_and_its_name() {
    assert_eq!(ending(&[]).expect("stopped as asked"), Ending::Done);
    let error = ending(&["a thread of the server", "a consumer of messages"]).expect_err("failed");
    assert_eq!(format!("{:?}", exit_status(&error)), format!("{:?}", ExitCode::from(1)));
    let said = with_causes(&error);
    assert!(said.contains("a thread of the server and a consumer of messages failed"), "{said}");
}
