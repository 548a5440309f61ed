//! What the API refused, said on the form that was sent: what is wrong, at which field, and what to do next.

use super::form::{Faults, Link, Notice};
use crate::problem::Problem;
use web::Texts;

/// Said where the API names no time to wait, in seconds.
const RETRY_SECONDS: u32 = 5;

/// How a refusal is said.
enum Said {
    /// At a field, by the id of a text.
    At(&'static str, &'static str),
    /// With a link to what helps: address, and the id of its words.
    Leads(&'static str, &'static str, &'static str),
    /// With the seconds to wait.
    Waits(&'static str),
}

/// The refusal as faults of the form.
///
/// # Errors
/// What is no matter of the form: a page of its own says it.
pub(super) fn faults(problem: Problem, t: Texts) -> Result<Faults, Problem> {
    let Some(said) = said(&problem.code) else { return Err(problem) };
    let mut faults = Faults { status: problem.status, retry_after: problem.retry_after, ..Faults::default() };
    match said {
        Said::At(field, text) => faults.add(field, t.get(text)),
        Said::Leads(text, href, words) => {
            faults.add("", t.get(text));
            faults.notices.push(Notice::plain("").with(Link::new(href, t.get(words)).first()));
        }
        Said::Waits(text) => {
            let seconds = problem.retry_after.unwrap_or(RETRY_SECONDS);
            faults.add("", &t.with(text, &[("seconds", i64::from(seconds).into())]));
        }
    }
    Ok(faults)
}

fn said(code: &str) -> Option<Said> {
    use Said::{At, Leads, Waits};
    Some(match code {
        "INVALID_CREDENTIALS" => At("email", "people-error-credentials"),
        "ACCOUNT_DORMANT" => Leads("people-error-dormant", "/login/reactivate", "people-error-dormant-go"),
        "RECAPTCHA_FAILED" => At("captcha", "people-error-captcha"),
        "RECAPTCHA_UNAVAILABLE" => At("captcha", "people-error-captcha-away"),
        "RATE_LIMIT_EXCEEDED" => Waits("people-error-many"),
        "SERVICE_UNAVAILABLE" | "GATEWAY_TIMEOUT" => Waits("people-error-busy"),
        "EMAIL_CODE_INVALID" => At("code", "people-error-code-wrong"),
        "PORTONE_VERIFICATION_TIMEOUT" => At("", "people-error-identity-pending"),
        "PORTONE_VERIFICATION_FAILED" => At("", "people-error-identity"),
        "PORTONE_UNAVAILABLE" => At("", "people-error-identity-away"),
        "CONSENT_REQUIRED" => Leads("people-error-consent", "/signup", "people-join-terms"),
        "ALREADY_EXISTS_EMAIL" => Leads("people-error-email-taken", "/login?done=taken", "people-go-login"),
        "DUPLICATE_IDENTITY" => Leads("people-error-person-taken", "/login/reset", "people-go-reset"),
        "SOCIAL_ALREADY_LINKED" => At("", "people-error-linked"),
        "INVALID_INPUT" => At("", "people-error-input"),
        _ => return None,
    })
}
