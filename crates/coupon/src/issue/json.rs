//! The JSON of the issue route, read and written without an intermediate value (`contract.md`, Coupons).

use access::ActsFor;
use domain::IssueOutcome;
use domain::coupon::issue::IssuedCoupon;
use domain::name::{check_name, check_own_name};
use onsale_http::error::ApiError;
use onsale_http::error::body::write_escaped;
use onsale_http::extract::json::without_mark;
use onsale_http::text::language::Language;
use onsale_http::text::outcome_message;
use serde::Deserialize;
use std::borrow::Cow;

/// Most characters of a parser's error in a reply.
const PARSE_ERROR_LENGTH_MAX: usize = 160;

pub(super) struct IssueBody<'a> {
    pub user_id: Cow<'a, str>,
    pub event_id: Cow<'a, str>,
}

/// As sent. A person with a token need not say who that is.
#[derive(Deserialize)]
struct SentBody<'a> {
    #[serde(borrow, default)]
    user_id: Option<Cow<'a, str>>,
    #[serde(borrow)]
    event_id: Cow<'a, str>,
}

/// Reads the body: an object, as everywhere (`onsale_http::extract::json`), without copying its names.
///
/// # Errors
/// `INVALID_INPUT`; `FORBIDDEN` for another user's id than the caller may name.
pub(super) fn parse(body: &[u8], caller: ActsFor) -> Result<IssueBody<'_>, ApiError> {
    let body = without_mark(body).trim_ascii_start();
    if body.first().is_some_and(|byte| *byte != b'{') {
        return Err(ApiError::invalid("the body must be an object: {\"user_id\":\"...\",\"event_id\":\"...\"}"));
    }
    let sent: SentBody<'_> = serde_json::from_slice(body).map_err(|error| {
        let reason: String = error.to_string().chars().take(PARSE_ERROR_LENGTH_MAX).collect();
        ApiError::invalid(format!("{reason}; send {{\"user_id\":\"...\",\"event_id\":\"...\"}}"))
    })?;
    let user_id = match sent.user_id {
        Some(given) if caller.person().is_none() => given,
        given => Cow::Owned(caller.user(given.as_deref(), "user_id")?),
    };
    let parsed = IssueBody { user_id, event_id: sent.event_id };
    check_name(&parsed.user_id).map_err(|error| ApiError::invalid(format!("user_id {error}")))?;
    check_own_name(&parsed.event_id).map_err(|error| ApiError::invalid(format!("event_id {error}")))?;
    Ok(parsed)
}

/// `{"success","code","message","remaining_stock","coupon_id"?,"serial"?}` (`contract.md`, Coupons).
pub(super) fn write_outcome(outcome: &IssueOutcome, language: Language, out: &mut Vec<u8>) {
    let (remaining, coupon) = match *outcome {
        IssueOutcome::Issued { coupon, remaining } | IssueOutcome::AlreadyIssued { coupon, remaining } => {
            (remaining, Some(coupon))
        }
        IssueOutcome::NotOpen { remaining }
        | IssueOutcome::Closed { remaining }
        | IssueOutcome::Paused { remaining }
        | IssueOutcome::NotAdmitted { remaining } => (remaining, None),
        IssueOutcome::SoldOut | IssueOutcome::KeyReused | IssueOutcome::NoCampaign => (0, None),
    };
    let success = matches!(outcome, IssueOutcome::Issued { .. });
    out.extend_from_slice(if success { b"{\"success\":true,\"code\":\"" } else { b"{\"success\":false,\"code\":\"" });
    out.extend_from_slice(outcome.code().as_bytes());
    out.extend_from_slice(b"\",\"message\":\"");
    write_escaped(outcome_message(outcome, language), out);
    out.extend_from_slice(b"\",\"remaining_stock\":");
    out.extend_from_slice(itoa::Buffer::new().format(remaining).as_bytes());
    if let Some(coupon) = coupon {
        write_coupon(coupon, out);
    }
    out.push(b'}');
}

fn write_coupon(coupon: IssuedCoupon, out: &mut Vec<u8>) {
    out.extend_from_slice(b",\"coupon_id\":\"");
    let mut text = [0; uuid::fmt::Hyphenated::LENGTH];
    out.extend_from_slice(coupon.coupon_id.get().hyphenated().encode_lower(&mut text).as_bytes());
    out.extend_from_slice(b"\",\"serial\":");
    out.extend_from_slice(itoa::Buffer::new().format(coupon.serial).as_bytes());
}
