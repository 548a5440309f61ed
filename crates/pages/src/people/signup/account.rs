//! Step 4: password, name and number, and then the account.

use super::super::captcha::Captcha;
use super::super::draft::{Draft, Purpose};
use super::super::form::{Faults, Field, FormPage, Link, Notice};
use super::super::{site, trouble};
use super::{draft_at, steps};
use crate::api::Nothing;
use crate::forms::see_other;
use crate::visitor::Visitor;
use crate::{Fields, Pages, Problem};
use axum::extract::State;
use axum::response::Response;
use domain::account::{Password, PasswordError, PersonName, PhoneNumber};
use http::Method;
use serde::Deserialize;
use serde_json::{Value, json};
use web::Texts;

const HERE: &str = "/signup/account";

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(in crate::people) struct Typed {
    password: String,
    name: String,
    phone: String,
    #[serde(rename = "g-recaptcha-response")]
    captcha: String,
}

pub(super) async fn show(State(pages): State<Pages>, visitor: Visitor) -> Result<Response, Problem> {
    let draft = draft_at(&pages, &visitor, 3)?;
    let mut response = page(&pages, &visitor, &draft, &Typed::default(), None).into_answer();
    draft.keep(&pages.settings, Purpose::SignUp, &mut response);
    Ok(response)
}

fn page(pages: &Pages, visitor: &Visitor, draft: &Draft, typed: &Typed, faults: Option<Faults>) -> FormPage {
    let t = visitor.t();
    let mut page = FormPage::new(visitor, "people-join-title", HERE, "people-account-go");
    page.steps = Some(steps(t, 3, Some(draft)));
    let email = draft.email.clone().unwrap_or_default();
    page.lead.push(t.with("people-account-email", &[("email", email.into())]));
    page.fields = vec![
        Field::new_password(t),
        Field::name(t).value(typed.name.trim()),
        Field::phone(t).value(typed.phone.trim()),
    ];
    page.captcha = Captcha::of(&pages.settings, visitor.lang);
    page.links.push(Link::new("/signup/email", t.get("people-join-back")));
    page.with_faults(faults)
}

/// What is wrong with a new password: the id of a text.
pub(in crate::people) fn password_fault(typed: &str) -> Option<&'static str> {
    match Password::parse(typed) {
        Ok(_) => None,
        Err(_) if typed.is_empty() => Some("people-error-password-empty"),
        Err(PasswordError::Length) => Some("people-error-password-length"),
        Err(PasswordError::BadCharacter) => Some("people-error-password-character"),
    }
}

fn typed_faults(typed: &Typed, t: Texts) -> Faults {
    let mut faults = Faults::typed();
    if let Some(text) = password_fault(&typed.password) {
        faults.add("password", t.get(text));
    }
    faults.check("name", PersonName::parse(&typed.name), t.get("people-error-name"));
    faults.check("phone", PhoneNumber::parse(typed.phone.trim()), t.get("people-error-phone"));
    if faults.errors.is_empty() && typed.captcha.trim().is_empty() {
        faults.add("captcha", t.get("people-error-captcha"));
    }
    faults
}

pub(super) async fn send(
    State(pages): State<Pages>,
    visitor: Visitor,
    fields: Fields<Typed>,
) -> Result<Response, Problem> {
    site::demand_own(&visitor, &pages.settings)?;
    let draft = draft_at(&pages, &visitor, 3)?;
    let (typed, t) = (&fields.value, visitor.t());
    let again = |faults| page(&pages, &visitor, &draft, typed, Some(faults)).into_answer();
    let faults = typed_faults(typed, t);
    if !faults.errors.is_empty() {
        return Ok(again(faults));
    }
    let body = body(&draft, typed);
    match pages.api.send::<Nothing>(&visitor, Method::POST, "/auth/signup", &body, &fields.proof).await {
        Ok(_) => Ok(joined(&pages, draft)),
        Err(problem) => refused(problem, t).map(again),
    }
}

fn body(draft: &Draft, typed: &Typed) -> Value {
    let mut body = json!({
        "email": draft.email,
        "password": typed.password,
        "name": typed.name,
        "phone": typed.phone.trim(),
        "identityVerificationId": draft.identity,
        "recaptchaToken": typed.captcha,
        "consents": draft.consents.as_deref().unwrap_or_default(),
    });
    if let Some(proof) = &draft.proof {
        body["emailVerificationToken"] = json!(proof);
    }
    body
}

/// On to the log-in, which knows the address. A token of reCAPTCHA is good once, so nobody is logged in here.
fn joined(pages: &Pages, draft: Draft) -> Response {
    let mut query = url::form_urlencoded::Serializer::new(String::new());
    query.append_pair("done", "joined");
    if let Some(to) = &draft.return_url {
        query.append_pair("returnUrl", to);
    }
    let mut response = see_other(&format!("/login?{}", query.finish()));
    let rest = Draft { email: draft.email, ..Draft::begin(None) };
    rest.keep(&pages.settings, Purpose::SignUp, &mut response);
    response
}

/// What another step has to mend leads there.
fn refused(problem: Problem, t: Texts) -> Result<Faults, Problem> {
    let (text, href, words) = match problem.code.as_str() {
        "EMAIL_CODE_INVALID" => ("people-error-proof", "/signup/email?change=yes", "people-join-email"),
        "PORTONE_VERIFICATION_FAILED" => {
            ("people-error-identity", "/signup/identity?again=yes", "people-error-identity-again")
        }
        _ => return trouble::faults(problem, t),
    };
    let mut faults = Faults { status: problem.status, ..Faults::default() };
    faults.add("", t.get(text));
    faults.notices.push(Notice::plain("").with(Link::new(href, t.get(words)).first()));
    Ok(faults)
}
