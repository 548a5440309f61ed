//! Headless Chromium, controlled over its debugging pipe: JSON messages, each ended by a zero byte.
//!
//! The browser ends by itself when the pipe does, however this process ends.

use serde_json::{Value, json};
use std::io::{BufRead, BufReader, Write};
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::sync::{Mutex, OnceLock, PoisonError};
use std::time::{Duration, Instant};
use tempfile::TempDir;
use testkit::onsale::PATIENCE;
use testkit::{available, tools};

/// Interval of checking a condition on a page.
const LOOK_EVERY: Duration = Duration::from_millis(50);
/// Descriptors 3 and 4 become the pipe; the output of Chromium is discarded.
const WITH_PIPE: &str = r#"exec 3<&0 4>&1 0</dev/null 1>/dev/null; exec "$@""#;

struct Pipe {
    to: ChildStdin,
    from: Receiver<Value>,
    number: u64,
}

/// The one browser of this test program.
pub struct Browser {
    pipe: Mutex<Pipe>,
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
        command.args(["-c", WITH_PIPE, "sh"]).arg(program);
        command.args([
            "--headless",
            "--remote-debugging-pipe",
            "--no-sandbox",
            "--disable-gpu",
            "--disable-dev-shm-usage",
        ]);
        command.args(["--no-first-run", "--disable-extensions", "--disable-component-update", "--disable-sync"]);
        command.args(["--disable-background-networking", "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1"]);
        command.arg(format!("--user-data-dir={}", profile.path().display()));
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null());
        let mut child = command.spawn().expect("sh starts");
        let (to, output) = (child.stdin.take().expect("piped"), child.stdout.take().expect("piped"));
        let (tell, from) = channel();
        std::thread::spawn(move || {
            for message in BufReader::new(output).split(0).map_while(Result::ok) {
                let message = serde_json::from_slice(&message).expect("Chromium speaks JSON");
                if tell.send(message).is_err() {
                    return;
                }
            }
        });
        let pipe = Mutex::new(Pipe { to, from, number: 0 });
        Self { pipe, _child: Mutex::new(child), _profile: profile }
    }

    /// Sends a command to the browser or to a page, and returns the reply.
    #[track_caller]
    fn tell(&self, session: Option<&str>, method: &str, parameters: &Value) -> Result<Value, String> {
        let mut pipe = self.pipe.lock().unwrap_or_else(PoisonError::into_inner);
        pipe.number += 1;
        let number = pipe.number;
        let mut message = json!({"id": number, "method": method, "params": parameters});
        if let Some(session) = session {
            message["sessionId"] = session.into();
        }
        let mut bytes = message.to_string().into_bytes();
        bytes.push(0);
        pipe.to.write_all(&bytes).expect("Chromium listens");
        let deadline = Instant::now() + PATIENCE;
        loop {
            let left = deadline.saturating_duration_since(Instant::now());
            let answer = pipe.from.recv_timeout(left).unwrap_or_else(|error| panic!("{method}: {error}"));
            if answer["id"] != number {
                continue;
            }
            return match answer["error"]["message"].as_str() {
                Some(error) => Err(format!("{method}: {error}")),
                None => Ok(answer["result"].clone()),
            };
        }
    }

    /// A visitor with a separate browser profile, which shares no cookies.
    pub fn person(&'static self) -> Person {
        let context = self.tell(None, "Target.createBrowserContext", &json!({})).expect("a context");
        let context = context["browserContextId"].as_str().expect("an id").to_owned();
        let mut person = Person { browser: self, context, target: String::new(), session: String::new() };
        person.open_page();
        person
    }
}

/// A visitor with one open page.
pub struct Person {
    browser: &'static Browser,
    context: String,
    target: String,
    session: String,
}

impl Person {
    /// Opens an empty page.
    pub fn open_page(&mut self) {
        let parameters = json!({"url": "about:blank", "browserContextId": self.context});
        let target = self.browser.tell(None, "Target.createTarget", &parameters).expect("a page");
        self.target = target["targetId"].as_str().expect("an id").to_owned();
        let parameters = json!({"targetId": self.target, "flatten": true});
        let session = self.browser.tell(None, "Target.attachToTarget", &parameters).expect("a session");
        self.session = session["sessionId"].as_str().expect("an id").to_owned();
    }

    /// Another tab of the same browser.
    pub fn another_tab(&self) -> Self {
        let (target, session) = (String::new(), String::new());
        let mut tab = Self { browser: self.browser, context: self.context.clone(), target, session };
        tab.open_page();
        tab
    }

    /// Closes the page; the browser keeps its cookies.
    pub fn close_page(&self) {
        self.browser.tell(None, "Target.closeTarget", &json!({"targetId": self.target})).expect("closed");
    }

    /// Sends a command to the page.
    #[track_caller]
    pub fn tell(&self, method: &str, parameters: Value) -> Value {
        self.browser.tell(Some(&self.session), method, &parameters).expect("the page does it")
    }

    /// Opens an address, as if typed.
    #[track_caller]
    pub fn go(&self, address: &str) {
        self.tell("Page.navigate", json!({ "url": address }));
    }

    /// Reloads the page.
    pub fn reload(&self) {
        self.tell("Page.reload", json!({}));
    }

    /// The value of an expression; `None` during navigation.
    pub fn value(&self, expression: &str) -> Option<Value> {
        let parameters = json!({"expression": expression, "returnByValue": true});
        let answer = self.browser.tell(Some(&self.session), "Runtime.evaluate", &parameters).ok()?;
        answer["exceptionDetails"].is_null().then(|| answer["result"]["value"].clone())
    }

    /// Waits until an expression is true.
    #[track_caller]
    pub fn until(&self, expression: &str) {
        let deadline = Instant::now() + PATIENCE;
        while self.value(expression) != Some(true.into()) {
            if Instant::now() >= deadline {
                let seen = self.value("location.href + '\\n' + document.documentElement.outerHTML");
                panic!(
                    "waited in vain for {expression} on\n{}",
                    seen.unwrap_or_default().as_str().unwrap_or("nothing")
                );
            }
            std::thread::sleep(LOOK_EVERY);
        }
    }

    /// Waits for an element with that text in it.
    #[track_caller]
    pub fn until_text(&self, selector: &str, text: &str) {
        self.until(&format!("!!document.querySelector({selector:?})?.textContent.includes({text:?})"));
    }

    /// The number in an attribute of the page's body.
    #[track_caller]
    pub fn data(&self, name: &str) -> String {
        self.until("!!document.querySelector('main#wait')");
        let value = self.value(&format!("document.querySelector('main#wait').dataset[{name:?}]"));
        value.and_then(|value| value.as_str().map(str::to_owned)).expect("the attribute")
    }

    /// All cookies, including HttpOnly ones.
    pub fn cookies(&self) -> Vec<Value> {
        let answer = self.browser.tell(None, "Storage.getCookies", &json!({"browserContextId": self.context}));
        answer.expect("cookies")["cookies"].as_array().cloned().unwrap_or_default()
    }

    /// Sets cookies of another visitor.
    pub fn put_cookies(&self, cookies: &[Value]) {
        let parameters = json!({"cookies": cookies, "browserContextId": self.context});
        self.browser.tell(None, "Storage.setCookies", &parameters).expect("set");
    }

    /// A picture of the page.
    pub fn picture(&self, file: &std::path::Path) {
        let answer = self.tell("Page.captureScreenshot", json!({"format": "png"}));
        let text = answer["data"].as_str().expect("a picture");
        std::fs::write(file.with_extension("base64"), text).expect("written");
    }
}
