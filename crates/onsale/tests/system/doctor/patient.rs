//! Runs `onsale doctor` and reads the result of each check.

use serde_json::Value;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use tempfile::TempDir;
use testkit::onsale::{onsale, run};

/// A configuration to check.
pub struct Patient {
    folder: TempDir,
    environment: Vec<(String, String)>,
}

impl Patient {
    pub fn new(environment: &[(&str, &str)]) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        std::fs::set_permissions(folder.path(), std::fs::Permissions::from_mode(0o700)).expect("set");
        // The doctor refuses a folder that was never used.
        assert!(run(folder.path(), &["migrate"]).status.success());
        let own = |(name, value): &(&str, &str)| ((*name).to_owned(), (*value).to_owned());
        let listen = ("ONSALE__HTTP__LISTEN", "127.0.0.1:0");
        Self { folder, environment: std::iter::once(&listen).chain(environment).map(own).collect() }
    }

    /// Hot state on this Redis, with this level of acknowledgement.
    pub fn on_redis(url: &str, ack: &str) -> Self {
        Self::new(&[("ONSALE__HOT__URL", url), ("ONSALE__HOT__ACK", ack)])
    }

    /// Its data folder.
    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// Runs the doctor. Returns exit status, standard output, standard error.
    pub fn run(&self, arguments: &[&str]) -> (i32, String, String) {
        let mut command = onsale(self.folder.path(), &[&["doctor"], arguments].concat());
        let output = command.envs(self.environment.iter().cloned()).output().expect("the program starts");
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        (output.status.code().expect("a status"), text(&output.stdout), text(&output.stderr))
    }

    /// Runs the doctor, and returns its report.
    #[track_caller]
    pub fn ask(&self, arguments: &[&str]) -> Report {
        let (status, output, errors) = self.run(&[&["--json"], arguments].concat());
        let json = serde_json::from_str(&output).unwrap_or_else(|error| panic!("{error}: {output}{errors}"));
        let report = Report { json };
        assert_eq!(status == 0, report.json["well"] == Value::Bool(true), "{status}: {output}");
        report
    }
}

/// The report of the doctor.
pub struct Report {
    json: Value,
}

impl Report {
    pub fn check(&self, name: &str) -> Option<&Value> {
        self.json["checks"].as_array().expect("checks").iter().find(|check| check["name"] == name)
    }

    /// Asserts the result of a check, and texts within its detail and its change.
    #[track_caller]
    pub fn says(&self, name: &str, verdict: &str, said: &str, change: &str) {
        let check = self.check(name).unwrap_or_else(|| panic!("{name} is not there: {}", self.json));
        assert_eq!(check["verdict"], verdict, "{check}");
        assert!(check["said"].as_str().expect("text").contains(said), "{said:?} is not in {check}");
        assert!(check["change"].as_str().unwrap_or_default().contains(change), "{change:?} is not in {check}");
    }

    #[track_caller]
    pub fn is_ok(&self, names: &[&str]) {
        for name in names {
            self.says(name, "ok", "", "");
        }
    }

    #[track_caller]
    pub fn is_well(&self) {
        assert_eq!(self.json["well"], Value::Bool(true), "{}", self.json);
    }
}
