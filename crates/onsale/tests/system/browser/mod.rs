//! Headless Chromium, controlled over its debugging pipe. One for all tests of this program; each visitor has a profile of
//! its own in it.
//!
//! The browser ends by itself when the pipe does, however this process ends.

mod emulation;
mod input;
mod person;
mod pipe;
mod records;

pub use person::Person;
pub use records::Request;

use pipe::Pipe;
use serde_json::{Value, json};
use std::process::{Child, Command, Stdio};
use std::sync::{Mutex, OnceLock};
use std::time::Duration;
use tempfile::TempDir;
use testkit::{available, tools};

/// Interval of checking a condition on a page.
const LOOK_EVERY: Duration = Duration::from_millis(25);
/// Descriptors 3 and 4 become the pipe; the output of Chromium is discarded.
const WITH_PIPE: &str = r#"exec 3<&0 4>&1 0</dev/null 1>/dev/null; exec "$@""#;
/// Nothing that speaks to others, and no page that sleeps because it is not in front.
const FLAGS: [&str; 15] = [
    "--headless",
    "--remote-debugging-pipe",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-dev-shm-usage",
    "--no-first-run",
    "--disable-extensions",
    "--disable-component-update",
    "--disable-sync",
    "--disable-background-networking",
    "--disable-quic",
    "--disable-background-timer-throttling",
    "--disable-renderer-backgrounding",
    "--disable-backgrounding-occluded-windows",
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",
];

/// The one browser of this test program.
pub struct Browser {
    pipe: Pipe,
    _child: Mutex<Child>,
    _profile: TempDir,
}

impl Browser {
    /// The browser, started on first use. `None` when it is not installed.
    pub fn get() -> Option<&'static Self> {
        static BROWSER: OnceLock<Browser> = OnceLock::new();
        let program = available(tools::chromium())?;
        Some(BROWSER.get_or_init(|| Self::start(&program)))
    }

    fn start(program: &std::path::Path) -> Self {
        let profile = tempfile::tempdir().expect("a folder");
        let mut command = Command::new("sh");
        command.args(["-c", WITH_PIPE, "sh"]).arg(program).args(FLAGS);
        command.arg(format!("--user-data-dir={}", profile.path().display()));
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null());
        let mut child = command.spawn().expect("sh starts");
        let pipe = Pipe::new(child.stdin.take().expect("piped"), child.stdout.take().expect("piped"));
        Self { pipe, _child: Mutex::new(child), _profile: profile }
    }

    #[track_caller]
    fn tell(&self, session: Option<&str>, method: &str, parameters: &Value) -> Result<Value, String> {
        self.pipe.tell(session, method, parameters)
    }

    /// A visitor with a separate browser profile, which shares no cookies.
    pub fn person(&'static self) -> Person {
        let context = self.tell(None, "Target.createBrowserContext", &json!({})).expect("a context");
        Person::new(self, context["browserContextId"].as_str().expect("an id").to_owned())
    }
}
