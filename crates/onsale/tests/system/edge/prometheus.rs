//! A real Prometheus scrapes a real server.

use crate::edge::backend::Backend;
use serde_json::Value;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use tempfile::TempDir;
use testkit::edge::reserved;
use testkit::http::{Client, Reply};
use testkit::onsale::wait_until;
use testkit::{Kit, Port, available, tools};

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

/// All rule files.
pub const RULES: [&str; 2] = ["alerts.yml", "business.yml"];

/// How often it scrapes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Pace {
    /// As the shipped configuration says.
    Shipped,
    /// Every second: a short sale has many samples.
    EachSecond,
}

/// A running Prometheus with the shipped configuration. Killed when dropped.
pub struct Prometheus {
    process: Child,
    client: Client,
    _folder: TempDir,
    _port: Port,
}

impl Drop for Prometheus {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

impl Prometheus {
    /// Starts one that scrapes these servers: the name of a file of targets, and addresses. None: it is not installed.
    pub fn start(pace: Pace, targets: &[(&str, Vec<String>)]) -> Option<Self> {
        let program = available(Kit::temporary().and_then(|_kit| tools::prometheus()))?;
        let folder = tempfile::tempdir().expect("a folder");
        configure(folder.path(), pace, targets);
        let (port, address) = reserved();
        let mut command = Command::new(program);
        command.current_dir(folder.path()).args(["--config.file=prometheus.yml", "--storage.tsdb.path=data"]);
        command.arg(format!("--web.listen-address={address}")).arg("--log.level=error").stdin(Stdio::null());
        let process = command.spawn().expect("Prometheus starts");
        let prometheus = Self { process, client: Client::new(address), _folder: folder, _port: port };
        wait_until("Prometheus listens", || std::net::TcpStream::connect(address).is_ok());
        wait_until("Prometheus is ready", || prometheus.client.get("/-/ready").status == 200);
        Some(prometheus)
    }

    /// What it answers to a query.
    pub fn reply(&self, query: &str) -> Reply {
        self.client.get(&format!("/api/v1/query?query={}", encoded(query)))
    }

    /// The series that answer a query.
    #[track_caller]
    pub fn series(&self, query: &str) -> Vec<Value> {
        let answer = self.reply(query);
        assert_eq!(answer.status, 200, "{query}: {}", answer.text());
        answer.json()["data"]["result"].as_array().cloned().unwrap_or_default()
    }

    /// The value of a query's only series.
    pub fn value(&self, query: &str) -> Option<f64> {
        self.series(query).first().and_then(number)
    }

    /// Every rule with its health and state.
    pub fn rules(&self) -> Vec<Value> {
        let groups = self.client.get("/api/v1/rules").ok()["data"]["groups"].take();
        groups.as_array().into_iter().flatten().flat_map(|group| group["rules"].as_array().cloned()).flatten().collect()
    }
}

/// The value of a series.
pub fn number(series: &Value) -> Option<f64> {
    series["value"][1].as_str()?.parse().ok()
}

fn encoded(query: &str) -> String {
    let byte =
        |byte: u8| if byte.is_ascii_alphanumeric() { char::from(byte).to_string() } else { format!("%{byte:02X}") };
    query.bytes().map(byte).collect()
}

/// Copies the configuration, with these targets alone.
fn configure(folder: &Path, pace: Pace, targets: &[(&str, Vec<String>)]) {
    std::fs::create_dir(folder.join("targets")).expect("ours");
    for file in RULES {
        std::fs::copy(source().join(file), folder.join(file)).expect("the file is there");
    }
    let shipped = std::fs::read_to_string(source().join("prometheus.yml")).expect("the file is there");
    let slow = ["scrape_interval: 5s", "scrape_timeout: 4s", "evaluation_interval: 5s"];
    assert!(slow.iter().all(|line| shipped.contains(line)), "{shipped}");
    let text = match pace {
        Pace::Shipped => shipped,
        Pace::EachSecond => shipped.replace(": 5s", ": 1s").replace(": 4s", ": 1s"),
    };
    std::fs::write(folder.join("prometheus.yml"), text).expect("ours");
    for file in std::fs::read_dir(source().join("targets")).expect("a folder").flatten() {
        let name = file.file_name();
        let addresses = targets.iter().find(|(target, _)| name.to_str() == Some(format!("{target}.yml").as_str()));
        let text = addresses.map_or("[]\n".to_owned(), |(_, addresses)| format!("- targets: {addresses:?}\n"));
        std::fs::write(folder.join("targets").join(name), text).expect("ours");
    }
}

#[test]
fn prometheus_scrapes_a_server_and_evaluates_the_rules() {
    let backend = Backend::start(&[]);
    for number in 0..3 {
        assert_eq!(backend.server.client().issue(&format!("user-{number}"), "sample_event").code(), "ISSUED");
    }
    let targets = [("coupon", vec![backend.address.to_string()])];
    let Some(prometheus) = Prometheus::start(Pace::Shipped, &targets) else { return };
    wait_until("the target is up", || prometheus.value("up{job=\"onsale-coupon\"}") == Some(1.0));
    // A later query sees samples that an early one may miss.
    let issued = || prometheus.value("onsale_coupon_issue_total{code=\"ISSUED\"}");
    wait_until("the decisions are counted", || issued() == Some(3.0));
    wait_until("the hot state is seen", || prometheus.value("onsale_hot_available") == Some(1.0));
    wait_until("every rule was worked out", || {
        let rules = prometheus.rules();
        rules.len() > 40 && rules.iter().all(|rule| rule["health"] != "unknown")
    });
    for rule in prometheus.rules() {
        assert_eq!(rule["health"], "ok", "{rule}");
        assert_ne!(rule["state"], "firing", "a healthy server: {rule}");
    }
}
