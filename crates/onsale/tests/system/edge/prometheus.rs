//! A real Prometheus scrapes a real server.

use crate::edge::backend::Backend;
use serde_json::Value;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use testkit::edge::reserved;
use testkit::http::Client;
use testkit::onsale::wait_until;
use testkit::{Kit, available, tools};

/// The folder of the configuration.
pub fn source() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../deploy/prometheus").canonicalize().expect("the folder is there")
}

/// Runs promtool in that folder and asserts success. Does nothing where tools are not permitted.
#[track_caller]
pub fn with_promtool(arguments: &[&str]) {
    let Some(promtool) = available(Kit::temporary().and_then(|_kit| tools::promtool())) else { return };
    let output = Command::new(promtool).args(arguments).current_dir(source()).output().expect("promtool starts");
    let said = [output.stdout, output.stderr].concat();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&said));
}

/// A running Prometheus; killed when dropped.
struct Prometheus(Child);

impl Drop for Prometheus {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// Copies the configuration and names one coupon server as the only target.
fn configure(folder: &Path, target: &str) {
    std::fs::create_dir(folder.join("targets")).expect("ours");
    for file in ["prometheus.yml", "alerts.yml"] {
        std::fs::copy(source().join(file), folder.join(file)).expect("the file is there");
    }
    for (file, text) in [("coupon", format!("- targets: [\"{target}\"]\n")), ("issuer", "[]\n".to_owned())] {
        std::fs::write(folder.join(format!("targets/{file}.yml")), text).expect("ours");
    }
    std::fs::copy(source().join("targets/exporters.yml"), folder.join("targets/exporters.yml")).expect("it is there");
}

/// The value of a query's only series.
fn value_of(client: &Client, query: &str) -> Option<f64> {
    let answer = client.get(&format!("/api/v1/query?query={query}"));
    let result = answer.json()["data"]["result"].take();
    result[0]["value"][1].as_str().and_then(|text| text.parse().ok())
}

#[test]
fn prometheus_scrapes_a_server_and_evaluates_the_rules() {
    let Some(program) = available(Kit::temporary().and_then(|_kit| tools::prometheus())) else { return };
    let backend = Backend::start(&[]);
    for number in 0..3 {
        assert_eq!(backend.server.client().issue(&format!("user-{number}"), "sample_event").code(), "ISSUED");
    }
    let folder = tempfile::tempdir().expect("a folder");
    configure(folder.path(), &backend.address.to_string());
    let (_port, address) = reserved();
    let mut command = Command::new(program);
    command.current_dir(folder.path()).args(["--config.file=prometheus.yml", "--storage.tsdb.path=data"]);
    command.arg(format!("--web.listen-address={address}")).arg("--log.level=error").stdin(Stdio::null());
    let _prometheus = Prometheus(command.spawn().expect("Prometheus starts"));
    wait_until("Prometheus listens", || std::net::TcpStream::connect(address).is_ok());
    let client = Client::new(address);
    wait_until("Prometheus is ready", || client.get("/-/ready").status == 200);

    wait_until("the target is up", || value_of(&client, "up%7Bjob=%22onsale-coupon%22%7D") == Some(1.0));
    // A later query sees samples that an early one may miss.
    let issued = || value_of(&client, "onsale_coupon_issue_total%7Bcode=%22ISSUED%22%7D");
    wait_until("the decisions are counted", || issued() == Some(3.0));
    wait_until("the hot state is seen", || value_of(&client, "onsale_hot_available") == Some(1.0));
    let rules = || -> Vec<Value> {
        let groups = client.get("/api/v1/rules").ok()["data"]["groups"].take();
        groups.as_array().into_iter().flatten().flat_map(|group| group["rules"].as_array().cloned()).flatten().collect()
    };
    wait_until("every rule was worked out", || {
        let rules = rules();
        rules.len() > 20 && rules.iter().all(|rule| rule["health"] != "unknown")
    });
    for rule in rules() {
        assert_eq!(rule["health"], "ok", "{rule}");
        assert_ne!(rule["state"], "firing", "a healthy server: {rule}");
    }
}
