//! What pages asked for, and what went wrong in them.

use super::Person;
use serde_json::Value;

/// A request of a page.
#[derive(Clone, Debug)]
pub struct Request {
    pub id: String,
    pub method: String,
    pub url: String,
    /// `Document`, `Script`, `Stylesheet`, `Fetch`, `EventSource` ...
    pub kind: String,
    /// The header `Idempotency-Key`; empty without one.
    pub key: String,
    /// The status of the answer; none when there was no answer, or none yet.
    pub status: Option<u64>,
}

/// A header, however its name is written; empty without one.
fn header(headers: &Value, name: &str) -> String {
    let mut all = headers.as_object().into_iter().flatten();
    let value = all.find(|(known, _)| known.eq_ignore_ascii_case(name)).and_then(|(_, value)| value.as_str());
    value.unwrap_or_default().to_owned()
}

impl Request {
    fn read(event: &Value, answers: &[Value]) -> Self {
        let event = &event["params"];
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        let id = text(&event["requestId"]);
        let answer =
            answers.iter().rev().map(|answer| &answer["params"]).find(|answer| answer["requestId"] == id.as_str());
        Self {
            method: text(&event["request"]["method"]),
            url: text(&event["request"]["url"]),
            kind: text(&event["type"]),
            key: header(&event["request"]["headers"], "idempotency-key"),
            status: answer.and_then(|answer| answer["response"]["status"].as_u64()),
            id,
        }
    }

    /// Its path, without the query.
    pub fn path(&self) -> &str {
        let from = self.url.find("://").and_then(|at| self.url[at + 3..].find('/').map(|slash| at + 3 + slash));
        let path = from.map_or("", |from| &self.url[from..]);
        path.split(['?', '#']).next().unwrap_or_default()
    }
}

impl Person {
    /// All requests since the page was opened, redirections too, but what needs no network (`data:`).
    pub fn requests(&self) -> Vec<Request> {
        let told = self.browser.pipe.told(&self.session, &["Network.requestWillBeSent"]);
        let answers = self.browser.pipe.told(&self.session, &["Network.responseReceived"]);
        let requests = told.iter().map(|event| Request::read(event, &answers));
        requests.filter(|request| request.url.starts_with("http")).collect()
    }

    /// The requests to paths that begin so.
    pub fn asked(&self, method: &str, path: &str) -> Vec<Request> {
        let all = self.requests().into_iter();
        all.filter(|request| request.method == method && request.path().starts_with(path)).collect()
    }

    /// Errors of scripts, of the console, violations of the content policy; failed requests are named with their status.
    pub fn faults(&self) -> Vec<String> {
        let methods = ["Runtime.exceptionThrown", "Runtime.consoleAPICalled", "Log.entryAdded", "Audits.issueAdded"];
        self.browser.pipe.told(&self.session, &methods).iter().filter_map(fault).collect()
    }

    /// Demands that nothing went wrong but what contains one of these words.
    #[track_caller]
    pub fn assert_clean(&self, but: &[&str]) {
        let faults: Vec<String> = self.faults();
        let grave: Vec<&String> = faults.iter().filter(|fault| !but.iter().any(|word| fault.contains(word))).collect();
        assert!(grave.is_empty(), "{grave:#?} on {}", self.words("location.href"));
    }
}

fn fault(event: &Value) -> Option<String> {
    let told = &event["params"];
    match event["method"].as_str()? {
        "Runtime.exceptionThrown" => Some(format!("exception: {}", told["exceptionDetails"])),
        "Runtime.consoleAPICalled" if matches!(told["type"].as_str()?, "error" | "warning" | "assert") => {
            Some(format!("console: {}", told["args"]))
        }
        "Log.entryAdded" if told["entry"]["level"] == "error" => {
            let entry = &told["entry"];
            Some(format!("{}: {} {}", entry["source"], entry["text"], entry["url"]))
        }
        "Audits.issueAdded" if told["issue"]["code"] == "ContentSecurityPolicyIssue" => {
            Some(format!("policy: {}", told["issue"]["details"]))
        }
        _ => None,
    }
}
