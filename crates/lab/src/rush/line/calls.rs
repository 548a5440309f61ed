//! The requests of a crowd at a line.

use super::super::crowd::user_id;
use super::super::target::Target;
use super::person::Step;
use std::io::Write;

/// A request with a place for the person's id in its path.
struct Call {
    before: String,
    after: String,
}

impl Call {
    fn write(&self, user: u32, out: &mut Vec<u8>) {
        out.extend_from_slice(self.before.as_bytes());
        out.extend_from_slice(user_id(user).as_bytes());
        out.extend_from_slice(self.after.as_bytes());
    }
}

/// All of them.
pub(super) struct Calls {
    queue: Call,
    look: Call,
    ask: Call,
    read: String,
    campaign: String,
    /// The headers of all.
    head: String,
}

impl Calls {
    /// `line` is that before the campaign; `key` is sent along.
    pub(super) fn new(target: &Target, campaign: &str, line: &str, key: Option<&str>) -> Self {
        let key = key.map(|key| format!("X-Api-Key: {key}\r\n")).unwrap_or_default();
        let head = format!(" HTTP/1.1\r\nHost: {}\r\n{key}", target.host);
        let post = |path: &str| Call {
            before: format!("POST {path}?userId="),
            after: format!("{head}Content-Length: 0\r\n\r\n"),
        };
        Self {
            queue: post(&format!("/gate/events/{campaign}/enqueue")),
            look: Call { before: format!("GET /gate/events/{campaign}/rank?userId="), after: format!("{head}\r\n") },
            ask: post(&format!("/issue/events/{campaign}")),
            read: format!("GET /queue/serving/{line}{head}\r\n"),
            campaign: campaign.to_owned(),
            head,
        }
    }

    /// Appends the request of a person at that step.
    pub(super) fn write(&self, step: Step, user: u32, out: &mut Vec<u8>) {
        match step {
            Step::Queue => self.queue.write(user, out),
            Step::Look => self.look.write(user, out),
            Step::Read => out.extend_from_slice(self.read.as_bytes()),
            Step::Ask | Step::CheatAtGate => self.ask.write(user, out),
            Step::CheatAtCoupons => self.write_coupon(user, out),
        }
    }

    fn write_coupon(&self, user: u32, out: &mut Vec<u8>) {
        let body = format!(r#"{{"user_id":"{}","event_id":"{}"}}"#, user_id(user), self.campaign);
        // Writing to memory cannot fail.
        let _written = write!(
            out,
            "POST /api/v1/coupons/issue{}Content-Type: application/json\r\nContent-Length: {}\r\n\r\n{body}",
            self.head,
            body.len()
        );
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_step_has_a_whole_request() {
        let target = Target::parse("127.0.0.1:80").expect("an address");
        let calls = Calls::new(&target, "sale", "gate:sale", Some("k"));
        let text = |step| {
            let mut out = Vec::new();
            calls.write(step, 41, &mut out);
            String::from_utf8(out).expect("text")
        };
        for (step, line) in [
            (Step::Queue, "POST /gate/events/sale/enqueue?userId=rush-0000042 HTTP/1.1\r\n"),
            (Step::Look, "GET /gate/events/sale/rank?userId=rush-0000042 HTTP/1.1\r\n"),
            (Step::Read, "GET /queue/serving/gate:sale HTTP/1.1\r\n"),
            (Step::Ask, "POST /issue/events/sale?userId=rush-0000042 HTTP/1.1\r\n"),
            (Step::CheatAtCoupons, "POST /api/v1/coupons/issue HTTP/1.1\r\n"),
        ] {
            let text = text(step);
            assert!(text.starts_with(line) && text.contains("\r\n\r\n") && text.contains("X-Api-Key: k\r\n"), "{text}");
        }
        assert!(text(Step::CheatAtCoupons).ends_with(r#"{"user_id":"rush-0000042","event_id":"sale"}"#));
    }
}
