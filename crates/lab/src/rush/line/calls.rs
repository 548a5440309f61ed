//! The requests of the users at a line.

use super::super::crowd::user_id;
use super::super::target::Target;
use super::person::Step;
use std::io::Write;

/// A request template with a gap for the user id in its path.
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

/// All requests.
pub(super) struct Calls {
    queue: Call,
    look: Call,
    ask: Call,
    read: String,
    campaign: String,
    /// The common headers.
    head: String,
}

impl Calls {
    /// `line`: the line before the campaign; `key`: an API key for every request.
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

    /// Appends the request of a user at this step.
    pub(super) fn write(&self, step: Step, user: u32, out: &mut Vec<u8>) {
        match step {
            Step::Enqueue => self.queue.write(user, out),
            Step::PollRank => self.look.write(user, out),
            Step::ReadDocument => out.extend_from_slice(self.read.as_bytes()),
            Step::RequestCoupon | Step::BypassAtGate => self.ask.write(user, out),
            Step::BypassAtCoupons => self.write_coupon(user, out),
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
    fn every_step_has_a_complete_request() {
        let target = Target::parse("127.0.0.1:80").expect("an address");
        let calls = Calls::new(&target, "sale", "gate:sale", Some("k"));
        let text = |step| {
            let mut out = Vec::new();
            calls.write(step, 41, &mut out);
            String::from_utf8(out).expect("text")
        };
        for (step, line) in [
            (Step::Enqueue, "POST /gate/events/sale/enqueue?userId=rush-0000042 HTTP/1.1\r\n"),
            (Step::PollRank, "GET /gate/events/sale/rank?userId=rush-0000042 HTTP/1.1\r\n"),
            (Step::ReadDocument, "GET /queue/serving/gate:sale HTTP/1.1\r\n"),
            (Step::RequestCoupon, "POST /issue/events/sale?userId=rush-0000042 HTTP/1.1\r\n"),
            (Step::BypassAtCoupons, "POST /api/v1/coupons/issue HTTP/1.1\r\n"),
        ] {
            let text = text(step);
            assert!(text.starts_with(line) && text.contains("\r\n\r\n") && text.contains("X-Api-Key: k\r\n"), "{text}");
        }
        assert!(text(Step::BypassAtCoupons).ends_with(r#"{"user_id":"rush-0000042","event_id":"sale"}"#));
    }
}
