//! The interpretation of responses, above all of those to coupon requests. Most responses are refusals, so they are
//! recognized by their code alone; only a response with a coupon is parsed in full.

use crate::load::Answer;
use domain::CouponId;
use domain::coupon::issue::IssueCode;
use serde::Deserialize;

/// A coupon as named by the server.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) struct CouponRef {
    pub(super) coupon_id: CouponId,
    pub(super) serial: u32,
}

/// The codes of decisions. Outcomes that are answered as errors come with another status, not as decisions.
fn codes() -> impl Iterator<Item = IssueCode> {
    IssueCode::ALL.into_iter().filter(|code| code.error().is_none())
}

/// The meaning of a response.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Interpretation<T> {
    /// The server has decided.
    Decision(T),
    /// The server has not decided; a retry may help.
    Refused(Refusal),
    /// A retry will not help; with the reason.
    Unusable(String),
}

impl<T> Interpretation<T> {
    /// Applies `go_on` to a decision.
    pub(super) fn map<U>(self, go_on: impl FnOnce(T) -> U) -> Interpretation<U> {
        match self {
            Self::Decision(decision) => Interpretation::Decision(go_on(decision)),
            Self::Refused(refusal) => Interpretation::Refused(refusal),
            Self::Unusable(reason) => Interpretation::Unusable(reason),
        }
    }
}

/// The reason why there is no decision.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Refusal {
    /// 429: too many requests; a later retry may succeed.
    Limited,
    /// 503: the server cannot decide now; a later retry may succeed.
    Unavailable,
    /// Another 5xx status; the decision is unknown.
    Fault,
}

/// A decision, with the coupon if the response names one.
pub(super) type Decision = (IssueCode, Option<CouponRef>);

#[derive(Deserialize)]
struct FullAnswer<'a> {
    #[serde(borrow)]
    code: std::borrow::Cow<'a, str>,
    coupon_id: Option<CouponId>,
    serial: Option<u32>,
}

/// Interprets the response to a coupon request.
pub(super) fn interpret_decision(answer: &Answer<'_>) -> Interpretation<Decision> {
    interpret(answer, decision)
}

/// Interprets a response; `read` parses the body when the status is 200.
pub(super) fn interpret<T>(answer: &Answer<'_>, read: impl FnOnce(&[u8]) -> Interpretation<T>) -> Interpretation<T> {
    match answer.status {
        200 => read(answer.body),
        429 => Interpretation::Refused(Refusal::Limited),
        503 => Interpretation::Refused(Refusal::Unavailable),
        500.. => Interpretation::Refused(Refusal::Fault),
        status => Interpretation::Unusable(hopeless(status, answer.body)),
    }
}

fn decision(body: &[u8]) -> Interpretation<Decision> {
    match code_of(body) {
        Some(IssueCode::Issued | IssueCode::AlreadyIssued) | None => full_decision(body),
        Some(code) => Interpretation::Decision((code, None)),
    }
}

/// Finds the code without parsing the whole body. Every quote inside a JSON string is escaped, so these bytes can only
/// be a member's name. Returns `None` when the body is spaced differently.
fn code_of(body: &[u8]) -> Option<IssueCode> {
    const MEMBER: &[u8] = b"\"code\":\"";
    let start = memchr::memmem::find(body, MEMBER)? + MEMBER.len();
    let value = &body[start..];
    let value = &value[..memchr::memchr(b'"', value)?];
    codes().find(|code| code.as_str().as_bytes() == value)
}

fn full_decision(body: &[u8]) -> Interpretation<Decision> {
    let Ok(answer) = serde_json::from_slice::<FullAnswer<'_>>(body) else {
        return Interpretation::Unusable(format!("unreadable response: {}", excerpt(body)));
    };
    let Some(code) = codes().find(|code| code.as_str() == answer.code) else {
        return Interpretation::Unusable(format!("unknown decision code: {}", excerpt(body)));
    };
    let held = answer.coupon_id.zip(answer.serial).map(|(coupon_id, serial)| CouponRef { coupon_id, serial });
    if code == IssueCode::Issued && held.is_none() {
        return Interpretation::Unusable(format!("ISSUED without a coupon: {}", excerpt(body)));
    }
    Interpretation::Decision((code, held))
}

fn hopeless(status: u16, body: &[u8]) -> String {
    let advice = match status {
        401 | 403 => "; the server requires a key (give --issue-key, or set coupon.open_issue = true on the server)",
        404 => "; the server does not know the campaign",
        _ => "",
    };
    format!("status {status}{advice}: {}", excerpt(body))
}

/// The beginning of a body on one line, for messages.
pub(super) fn excerpt(body: &[u8]) -> String {
    let text = String::from_utf8_lossy(&body[..body.len().min(300)]);
    text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use uuid::Uuid;

    fn interpreted(status: u16, body: &str) -> Interpretation<Decision> {
        interpret_decision(&Answer { status, retry_after_seconds: None, keep_alive: true, body: body.as_bytes() })
    }

    #[test]
    fn decisions_are_recognized_with_any_spacing() {
        let id = CouponId(Uuid::from_u128(7));
        let held = CouponRef { coupon_id: id, serial: 3 };
        let yes = format!(r#"{{"success":true,"code":"ISSUED","message":"ok","coupon_id":"{id}","serial":3}}"#);
        assert_eq!(interpreted(200, &yes), Interpretation::Decision((IssueCode::Issued, Some(held))));
        assert_eq!(
            interpreted(200, &yes.replace(':', ": ")),
            Interpretation::Decision((IssueCode::Issued, Some(held)))
        );
        let had = yes.replace("ISSUED", "ALREADY_ISSUED");
        assert_eq!(interpreted(200, &had), Interpretation::Decision((IssueCode::AlreadyIssued, Some(held))));
        let bare = interpreted(200, r#"{"code":"ALREADY_ISSUED"}"#);
        assert_eq!(bare, Interpretation::Decision((IssueCode::AlreadyIssued, None)));
        for code in codes().skip(2) {
            let name = code.as_str();
            let body = format!(r#"{{"message":"\"code\":\"ISSUED\"","code":"{name}"}}"#);
            assert_eq!(interpreted(200, &body), Interpretation::Decision((code, None)), "{name}");
        }
    }

    #[test]
    fn a_refusal_can_be_retried_and_an_unusable_response_cannot() {
        for (status, refused) in [(429, Refusal::Limited), (503, Refusal::Unavailable), (502, Refusal::Fault)] {
            assert_eq!(interpreted(status, ""), Interpretation::Refused(refused));
        }
        for (status, body) in [
            (200, "hello"),
            (200, r#"{"code":"MAYBE"}"#),
            (200, r#"{"code":"ISSUED"}"#),
            (401, ""),
            (404, ""),
            (301, ""),
        ] {
            assert!(matches!(interpreted(status, body), Interpretation::Unusable(_)), "{status} {body}");
        }
    }
}
