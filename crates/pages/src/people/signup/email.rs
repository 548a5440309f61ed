//! Step 3: the e-mail address, proved by a code of six digits.

use super::super::captcha::Captcha;
use super::super::draft::{Draft, Purpose};
use super::super::form::{Faults, Field, FormPage, Link, Notice};
use super::super::{site, trouble};
use super::{draft_at, on, steps};
use crate::api::Nothing;
use crate::visitor::Visitor;
use crate::{Fields, Pages, Problem};
use axum::extract::{Query, State};
use axum::response::Response;
use domain::account::EmailAddress;
use http::Method;
use serde::Deserialize;
use serde_json::json;

const HERE: &str = "/signup/email";
/// Digits of a code.
const DIGITS: usize = 6;

/// The address of the page.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(in crate::people) struct Asked {
    /// To use another address.
    change: Option<String>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(in crate::people) struct Typed {
    email: String,
    code: String,
    action: String,
    #[serde(rename = "g-recaptcha-response")]
    captcha: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Proved {
    verification_token: String,
}

pub(super) async fn show(
    State(pages): State<Pages>,
    visitor: Visitor,
    Query(asked): Query<Asked>,
) -> Result<Response, Problem> {
    let draft = draft_at(&pages, &visitor, 2)?;
    let is_changing = asked.change.is_some();
    let email = draft.email.clone().unwrap_or_default();
    let page = match (&draft, is_changing) {
        (draft, false) if draft.has_email() => done(&visitor, draft, &email),
        (draft, false) if draft.is_code_sent => code(&pages, &visitor, draft, &email, None),
        (draft, _) => address(&pages, &visitor, draft, &email, None),
    };
    Ok(answer(&pages, draft, page))
}

fn answer(pages: &Pages, draft: Draft, page: FormPage) -> Response {
    let mut response = page.into_answer();
    draft.keep(&pages.settings, Purpose::SignUp, &mut response);
    response
}

fn page(pages: &Pages, visitor: &Visitor, draft: &Draft, go: &str) -> FormPage {
    let mut page = FormPage::new(visitor, "people-join-title", HERE, go);
    page.steps = Some(steps(visitor.t(), 2, Some(draft)));
    page.captcha = Captcha::of(&pages.settings, visitor.lang);
    page
}

/// Asks for the address.
fn address(pages: &Pages, visitor: &Visitor, draft: &Draft, email: &str, faults: Option<Faults>) -> FormPage {
    let t = visitor.t();
    let mut page = page(pages, visitor, draft, "people-email-send");
    page.go_name = "send";
    page.fields.push(Field { autocomplete: "email", ..Field::email(t) }.value(email));
    page.lead.push(t.get("people-email-lead").to_owned());
    page.links.push(Link::new("/signup/identity", t.get("people-join-back")));
    page.with_faults(faults)
}

/// Asks for the code.
fn code(pages: &Pages, visitor: &Visitor, draft: &Draft, email: &str, faults: Option<Faults>) -> FormPage {
    let t = visitor.t();
    let mut page = page(pages, visitor, draft, "people-email-verify");
    page.go_name = "verify";
    page.hidden.push(("email", email.to_owned()));
    page.fields.push(Field::code(t));
    page.others.push(("send", t.get("people-email-again").to_owned()));
    if !pages.settings.email_must_be_proved {
        page.others.push(("skip", t.get("people-email-skip").to_owned()));
        page.notes.push(t.get("people-email-skip-note").to_owned());
    }
    page.lead.push(t.with("people-email-sent", &[("email", email.to_owned().into())]));
    page.notes.push(t.get("people-email-spam").to_owned());
    page.links.push(Link::new("/signup/email?change=yes", t.get("people-email-other")));
    let mut page = page.with_faults(faults);
    if pages.settings.has_sandbox {
        let query = url::form_urlencoded::Serializer::new(String::new()).append_pair("to", email).finish();
        let open = Link::new(format!("/sandbox/mail?{query}"), t.get("people-email-demo-open")).in_new_tab();
        page.links.push(open);
        page.notes.push(t.get("people-email-demo").to_owned());
    }
    page
}

/// Says that it is done.
fn done(visitor: &Visitor, draft: &Draft, email: &str) -> FormPage {
    let t = visitor.t();
    let mut page = FormPage::new(visitor, "people-join-title", HERE, "");
    page.state = "done";
    page.steps = Some(steps(t, 2, Some(draft)));
    page.go = String::new();
    let text = if draft.proof.is_some() { "people-email-done" } else { "people-account-email" };
    page.notices.push(Notice::good(t.with(text, &[("email", email.to_owned().into())])));
    page.links.push(Link::new("/signup/account", t.get("people-join-next")));
    page.links.push(Link::new("/signup/email?change=yes", t.get("people-email-other")));
    page
}

pub(super) async fn send(
    State(pages): State<Pages>,
    visitor: Visitor,
    fields: Fields<Typed>,
) -> Result<Response, Problem> {
    site::demand_own(&visitor, &pages.settings)?;
    let draft = draft_at(&pages, &visitor, 2)?;
    match fields.value.action.as_str() {
        "verify" => verify(&pages, &visitor, draft, &fields).await,
        "skip" if !pages.settings.email_must_be_proved => {
            let draft = Draft { is_unproven: draft.email.is_some(), proof: None, ..draft };
            Ok(on(&pages, draft, 3))
        }
        _ => mail(&pages, &visitor, draft, &fields).await,
    }
}

/// Sends a code.
async fn mail(pages: &Pages, visitor: &Visitor, draft: Draft, fields: &Fields<Typed>) -> Result<Response, Problem> {
    let (typed, t) = (&fields.value, visitor.t());
    let email = typed.email.trim();
    let is_again = draft.is_code_sent && draft.email.as_deref() == Some(email);
    let again = |faults: Faults| {
        let faults = Some(faults);
        let page = match is_again {
            true => code(pages, visitor, &draft, email, faults),
            false => address(pages, visitor, &draft, email, faults),
        };
        answer(pages, draft.clone(), page)
    };
    let mut faults = Faults::typed();
    if EmailAddress::parse(email).is_err() {
        faults.add("email", t.get("people-error-email"));
    } else if typed.captcha.trim().is_empty() {
        faults.add("captcha", t.get("people-error-captcha"));
    }
    if !faults.errors.is_empty() {
        return Ok(again(faults));
    }
    let body = json!({"email": email, "recaptchaToken": typed.captcha});
    let sent = pages.api.send::<Nothing>(visitor, Method::POST, "/auth/email/code", &body, &fields.proof).await;
    match sent {
        // A code that was sent within the last minute still works: a second press is no fault.
        Err(problem) if problem.code == "RATE_LIMIT_EXCEEDED" && is_again => {
            let mut faults = Faults { status: problem.status, retry_after: problem.retry_after, ..Faults::default() };
            faults.add("", t.get("people-error-code-wait"));
            Ok(again(faults))
        }
        Err(problem) if problem.code != "RATE_LIMIT_EXCEEDED" => trouble::faults(problem, t).map(again),
        _ => {
            let email = Some(email.to_owned());
            let draft = Draft { email, is_code_sent: true, proof: None, is_unproven: false, ..draft };
            Ok(on(pages, draft, 2))
        }
    }
}

/// Judges the code.
async fn verify(pages: &Pages, visitor: &Visitor, draft: Draft, fields: &Fields<Typed>) -> Result<Response, Problem> {
    // Sent twice: the first press has proved the address.
    if draft.proof.is_some() {
        return Ok(on(pages, draft, 3));
    }
    let t = visitor.t();
    let Some(email) = draft.email.clone() else { return Ok(on(pages, draft, 2)) };
    let again = |faults| answer(pages, draft.clone(), code(pages, visitor, &draft, &email, Some(faults)));
    // People paste it with blanks, as mails show it.
    let typed: String = fields.value.code.chars().filter(|one| !one.is_whitespace() && *one != '-').collect();
    if typed.len() != DIGITS || !typed.bytes().all(|byte| byte.is_ascii_digit()) {
        let mut faults = Faults::typed();
        faults.add("code", t.get("people-error-code"));
        return Ok(again(faults));
    }
    let body = json!({"email": email, "code": typed});
    match pages.api.send::<Proved>(visitor, Method::POST, "/auth/email/verify", &body, &fields.proof).await {
        Ok(proved) => {
            let draft = Draft { proof: Some(proved.body.verification_token), ..draft };
            Ok(on(pages, draft, 3))
        }
        Err(problem) => trouble::faults(problem, t).map(again),
    }
}
