//! What an answer means: whether it decides anything at all, and what an answer to a request for a coupon decides.
//! Refusals are most of the crowd, so they are told by their code alone; only a yes is read in full.

use crate::load::Answer;
use serde::Deserialize;
use uuid::Uuid;

/// A coupon as the server named it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) struct Held {
    pub(super) coupon_id: Uuid,
    pub(super) serial: u32,
}

/// The decision codes of `contract.md`, in the order of [`CODES`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Code {
    Issued,
    AlreadyIssued,
    SoldOut,
    NotOpen,
    Closed,
    Paused,
    NotAdmitted,
}

/// Every code with its name on the wire.
pub(super) const CODES: [(Code, &str); 7] = [
    (Code::Issued, "ISSUED"),
    (Code::AlreadyIssued, "ALREADY_ISSUED"),
    (Code::SoldOut, "SOLD_OUT"),
    (Code::NotOpen, "NOT_OPEN"),
    (Code::Closed, "CLOSED"),
    (Code::Paused, "PAUSED"),
    (Code::NotAdmitted, "NOT_ADMITTED"),
];

/// What a person hears.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Heard<T> {
    /// What was asked for.
    Decision(T),
    /// Not now.
    Refused(Refused),
    /// Asking again will not help. Says why.
    Hopeless(String),
}

impl<T> Heard<T> {
    /// Goes on with the decision, if it is one.
    pub(super) fn map<U>(self, go_on: impl FnOnce(T) -> U) -> Heard<U> {
        match self {
            Self::Decision(decision) => Heard::Decision(go_on(decision)),
            Self::Refused(refused) => Heard::Refused(refused),
            Self::Hopeless(reason) => Heard::Hopeless(reason),
        }
    }
}

/// Why there is no decision.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Refused {
    /// 429: too many requests, later perhaps.
    Limited,
    /// 503: cannot decide now, later perhaps.
    Unavailable,
    /// Another fault of the server; what it decided is unknown.
    Fault,
}

/// A decision, with the coupon where one is named.
pub(super) type Decision = (Code, Option<Held>);

#[derive(Deserialize)]
struct FullAnswer<'a> {
    #[serde(borrow)]
    code: std::borrow::Cow<'a, str>,
    coupon_id: Option<Uuid>,
    serial: Option<u32>,
}

/// Reads an answer to a request for a coupon.
pub(super) fn hear(answer: &Answer<'_>) -> Heard<Decision> {
    hear_with(answer, decision)
}

/// Reads an answer whose body, when it is 200, `read` understands.
pub(super) fn hear_with<T>(answer: &Answer<'_>, read: impl FnOnce(&[u8]) -> Heard<T>) -> Heard<T> {
    match answer.status {
        200 => read(answer.body),
        429 => Heard::Refused(Refused::Limited),
        503 => Heard::Refused(Refused::Unavailable),
        500.. => Heard::Refused(Refused::Fault),
        status => Heard::Hopeless(hopeless(status, answer.body)),
    }
}

fn decision(body: &[u8]) -> Heard<Decision> {
    match code_of(body) {
        Some((Code::Issued | Code::AlreadyIssued, _)) | None => full_decision(body),
        Some((code, _)) => Heard::Decision((code, None)),
    }
}

/// The code, found without reading the rest. Inside a JSON string every quote is escaped, so these bytes can only
/// be a member's name; `None` when they are spaced or spelt otherwise.
fn code_of(body: &[u8]) -> Option<(Code, &'static str)> {
    const MEMBER: &[u8] = b"\"code\":\"";
    let start = memchr::memmem::find(body, MEMBER)? + MEMBER.len();
    let value = &body[start..];
    let value = &value[..memchr::memchr(b'"', value)?];
    CODES.into_iter().find(|(_, name)| name.as_bytes() == value)
}

fn full_decision(body: &[u8]) -> Heard<Decision> {
    let Ok(answer) = serde_json::from_slice::<FullAnswer<'_>>(body) else {
        return Heard::Hopeless(format!("an answer that cannot be read: {}", excerpt(body)));
    };
    let Some((code, _)) = CODES.into_iter().find(|(_, name)| *name == answer.code) else {
        return Heard::Hopeless(format!("an unknown decision: {}", excerpt(body)));
    };
    let held = answer.coupon_id.zip(answer.serial).map(|(coupon_id, serial)| Held { coupon_id, serial });
    if code == Code::Issued && held.is_none() {
        return Heard::Hopeless(format!("a yes without a coupon: {}", excerpt(body)));
    }
    Heard::Decision((code, held))
}

fn hopeless(status: u16, body: &[u8]) -> String {
    let advice = match status {
        401 | 403 => "; the server wants a key (set coupon.open_issue = true there, or give --issue-key)",
        404 => "; the campaign is not known there",
        _ => "",
    };
    format!("status {status}{advice}: {}", excerpt(body))
}

/// The beginning of a body, fit for one line.
pub(super) fn excerpt(body: &[u8]) -> String {
    let text = String::from_utf8_lossy(&body[..body.len().min(300)]);
    text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn heard(status: u16, body: &str) -> Heard<Decision> {
        hear(&Answer { status, retry_after_seconds: None, keep_alive: true, body: body.as_bytes() })
    }

    #[test]
    fn decisions_are_told_apart_however_they_are_spaced() {
        let id = Uuid::from_u128(7);
        let held = Held { coupon_id: id, serial: 3 };
        let yes = format!(r#"{{"success":true,"code":"ISSUED","message":"ok","coupon_id":"{id}","serial":3}}"#);
        assert_eq!(heard(200, &yes), Heard::Decision((Code::Issued, Some(held))));
        assert_eq!(heard(200, &yes.replace(':', ": ")), Heard::Decision((Code::Issued, Some(held))));
        let had = yes.replace("ISSUED", "ALREADY_ISSUED");
        assert_eq!(heard(200, &had), Heard::Decision((Code::AlreadyIssued, Some(held))));
        let bare = heard(200, r#"{"code":"ALREADY_ISSUED"}"#);
        assert_eq!(bare, Heard::Decision((Code::AlreadyIssued, None)));
        for (code, name) in CODES.into_iter().skip(2) {
            let body = format!(r#"{{"message":"\"code\":\"ISSUED\"","code":"{name}"}}"#);
            assert_eq!(heard(200, &body), Heard::Decision((code, None)), "{name}");
        }
    }

    #[test]
    fn what_is_no_decision_is_told_apart_by_whether_asking_again_helps() {
        for (status, refused) in [(429, Refused::Limited), (503, Refused::Unavailable), (502, Refused::Fault)] {
            assert_eq!(heard(status, ""), Heard::Refused(refused));
        }
        for (status, body) in [
            (200, "hello"),
            (200, r#"{"code":"MAYBE"}"#),
            (200, r#"{"code":"ISSUED"}"#),
            (401, ""),
            (404, ""),
            (301, ""),
        ] {
            assert!(matches!(heard(status, body), Heard::Hopeless(_)), "{status} {body}");
        }
    }
}
