//! One trial: a sale in one process beside a sandbox, hit by a fault.

use crate::table;
use serde_json::Value;
use std::path::PathBuf;
use std::process::{Child, Stdio};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};
use tempfile::TempDir;
use testkit::Port;
use testkit::onsale::{Server, onsale};

/// People, and the seats that they want.
const PEOPLE: &str = "60";
const SEATS: &str = "60";
/// Life of a hold in seconds: those who leave and those who come too late are waited for.
pub const HOLD_SECONDS: u64 = 5;
/// Longer than a sale takes on a busy machine, with what is settled after it.
const PATIENCE: Duration = Duration::from_secs(280);
/// The secret of access tokens; random, and of these tests alone.
const SECRET: &str = "4c0b9d5e7f1a4d2c8b6e3f905a7d1c2be48f6a0d93b57c1e2f8a6d4b0c9e7f135a2d8b6c4e0f9a7d";

/// A process at work, with its folder and its sandbox.
pub struct Sale {
    pub server: Server,
    pub folder: TempDir,
    /// The provider, with its books in the same folder.
    pub sandbox: Server,
    environment: Vec<(&'static str, String)>,
    /// Outside the ephemeral range: no other program takes it while the server is down.
    port: Port,
}

fn borrowed<'a>(environment: &'a [(&'static str, String)]) -> Vec<(&'a str, &'a str)> {
    environment.iter().map(|(name, value)| (*name, value.as_str())).collect()
}

fn address(port: &Port) -> String {
    format!("127.0.0.1:{}", port.number())
}

impl Sale {
    /// Starts both. `cut`: the place at which the process ends by itself.
    fn start(cut: Option<&str>) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let sandbox = Server::start_sandbox(folder.path());
        let environment = vec![
            ("ONSALE__SANDBOX__URL", format!("http://{}", sandbox.address)),
            ("ONSALE__AUTH__JWT_SECRET", SECRET.to_owned()),
            ("ONSALE__QUEUE__RATE_PER_SECOND", "5000".to_owned()),
            ("ONSALE__QUEUE__BATCH_INTERVAL_MS", "100".to_owned()),
            ("ONSALE__QUEUE__STATUS_PER_MINUTE", "100000".to_owned()),
            ("ONSALE__RESERVATION__HOLD_TTL_SECONDS", HOLD_SECONDS.to_string()),
            ("ONSALE__PAYMENT__SETTLE_AFTER_SECONDS", "2".to_owned()),
        ];
        let mut first = borrowed(&environment);
        first.extend(cut.map(|cut| ("CUT_AT", cut)));
        let port = Port::free().expect("a free port");
        let server = Server::start_at(&address(&port), folder.path(), &first);
        Self { server, folder, sandbox, environment, port }
    }

    /// Starts the process again, at the same address.
    pub fn restart(&mut self) {
        self.server = Server::start_at(&address(&self.port), self.folder.path(), &borrowed(&self.environment));
    }

    fn report(&self) -> PathBuf {
        self.folder.path().join("report.html")
    }

    /// People come; they go on while the fault happens.
    fn people(&self) -> Child {
        let (url, sandbox) = (format!("http://{}", self.server.address), format!("http://{}", self.sandbox.address));
        let report = self.report();
        let mut command = onsale(self.folder.path(), &["rush", "--tickets", "--url", &url, "--sandbox", &sandbox]);
        command.args(["--users", PEOPLE, "--seats", SEATS, "--connections", "16", "--report"]).arg(report);
        command.envs(borrowed(&self.environment)).stdout(Stdio::piped()).stderr(Stdio::piped());
        command.spawn().expect("the program starts")
    }

    /// What the people's program has found.
    fn found(&self, people: Child) -> Found {
        let output = people.wait_with_output().expect("it ends");
        let told = format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
        let text = std::fs::read_to_string(self.report().with_extension("json"));
        let report: Value = text.ok().and_then(|text| serde_json::from_str(&text).ok()).unwrap_or_default();
        Found { report, told, is_good: output.status.success() }
    }
}

/// What came of a trial.
pub struct Found {
    report: Value,
    told: String,
    is_good: bool,
}

impl Found {
    /// Tickets that people were told to have.
    pub fn tickets(&self) -> u64 {
        self.report["figures"]["issued"].as_u64().unwrap_or(0)
    }

    /// People without an answer to the end.
    pub fn unanswered(&self) -> u64 {
        self.report["figures"]["unanswered"].as_u64().unwrap_or(0)
    }

    /// The checks that failed, with what they found.
    pub fn differences(&self) -> Vec<String> {
        let checks = self.report["verdict"]["checks"].as_array().cloned().unwrap_or_default();
        let failed = checks.iter().filter(|check| check["status"] == "failed");
        failed.map(|check| format!("{}: {}", check["title"], check["found"])).collect()
    }

    /// Whether everything that could be compared was.
    fn is_compared(&self) -> bool {
        let checks = self.report["verdict"]["checks"].as_array().map_or(0, Vec::len);
        checks == 12
            && self.report["verdict"]["checks"]
                .as_array()
                .is_some_and(|all| all.iter().all(|check| check["status"] != "skipped"))
    }
}

/// Two sales at once have half of the machine each, and the times of holds are real.
static ONE_AT_A_TIME: Mutex<()> = Mutex::new(());

/// Runs one trial: `happen` gets the running sale, and returns when everything runs again.
pub fn trial(fault: &'static str, cut: Option<&str>, happen: impl FnOnce(&mut Sale)) {
    let _alone = ONE_AT_A_TIME.lock().unwrap_or_else(PoisonError::into_inner);
    let mut sale = Sale::start(cut);
    let mut people = sale.people();
    let began = Instant::now();
    happen(&mut sale);
    while people.try_wait().expect("asked").is_none() {
        if began.elapsed() > PATIENCE {
            people.kill().expect("killed");
            break;
        }
        std::thread::sleep(Duration::from_millis(100));
    }
    let found = sale.found(people);
    table::add(fault, &found);
    let differences = found.differences();
    let log = sale.server.log();
    let log: Vec<&str> = log.lines().rev().take(30).collect();
    assert!(
        found.is_good && found.is_compared() && differences.is_empty() && found.tickets() > 0,
        "{fault}: {differences:#?}\n{}\n{log:#?}",
        found.told
    );
}
