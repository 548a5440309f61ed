//! `/login/reactivate` and `/login/reset`: a sleeping account, and a forgotten password. Both verify who somebody is first.

use super::captcha::Captcha;
use super::draft::{Draft, Purpose};
use super::form::{Faults, Field, FormPage, Link, Notice};
use super::window::{Came, IdentityPage, Returned, Window};
use super::{site, trouble};
use crate::api::Nothing;
use crate::forms::see_other;
use crate::visitor::Visitor;
use crate::{Fields, Pages, Problem};
use axum::Router;
use axum::extract::{Query, State};
use axum::response::Response;
use axum::routing::get;
use domain::account::{EmailAddress, Password};
use http::Method;
use serde::Deserialize;
use serde_json::{Value, json};

/// One of the two ways back.
struct Way {
    purpose: Purpose,
    here: &'static str,
    api: &'static str,
    title: &'static str,
    lead: &'static str,
    go: &'static str,
    done: &'static str,
}

const REACTIVATE: Way = Way {
    purpose: Purpose::Reactivate,
    here: "/login/reactivate",
    api: "/auth/reactivate",
    title: "people-wake-title",
    lead: "people-wake-lead",
    go: "people-wake-go",
    done: "/login?done=awake",
};
const RESET: Way = Way {
    purpose: Purpose::Reset,
    here: "/login/reset",
    api: "/auth/password/reset",
    title: "people-reset-title",
    lead: "people-reset-lead",
    go: "people-reset-go",
    done: "/login?done=reset",
};

pub(super) fn routes() -> Router<Pages> {
    Router::new()
        .route("/login/reactivate", get(show_reactivate).post(reactivate))
        .route("/login/reset", get(show_reset).post(reset))
}

async fn show_reactivate(pages: State<Pages>, visitor: Visitor, returned: Query<Returned>) -> Response {
    show(&REACTIVATE, &pages, &visitor, &returned)
}

async fn show_reset(pages: State<Pages>, visitor: Visitor, returned: Query<Returned>) -> Response {
    show(&RESET, &pages, &visitor, &returned)
}

async fn reactivate(pages: State<Pages>, visitor: Visitor, fields: Fields<Typed>) -> Result<Response, Problem> {
    send(&REACTIVATE, &pages, &visitor, &fields).await
}

async fn reset(pages: State<Pages>, visitor: Visitor, fields: Fields<Typed>) -> Result<Response, Problem> {
    send(&RESET, &pages, &visitor, &fields).await
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Typed {
    email: String,
    password: String,
    #[serde(rename = "g-recaptcha-response")]
    captcha: String,
}

fn show(way: &Way, pages: &Pages, visitor: &Visitor, returned: &Returned) -> Response {
    let draft = Draft::of(visitor, &pages.settings, way.purpose);
    let mut draft = draft.unwrap_or_else(|| Draft::begin(None));
    let came = returned.came(&draft);
    if let Came::Verified(id) = came {
        draft.identity = Some(id);
        let mut response = see_other(way.here);
        draft.keep(&pages.settings, way.purpose, &mut response);
        return response;
    }
    if draft.identity.is_some() {
        return form(way, pages, visitor, "", None).into_answer();
    }
    let stopped = if let Came::Stopped(id) = came { Some(id) } else { None };
    verify(way, pages, visitor, draft, stopped)
}

/// The page with the window's button.
fn verify(way: &Way, pages: &Pages, visitor: &Visitor, draft: Draft, stopped: Option<&'static str>) -> Response {
    let t = visitor.t();
    let mut page = IdentityPage::new(visitor, way.title, Window::of(&pages.settings, &draft, way.here), stopped);
    page.lead.push(t.get(way.lead).to_owned());
    page.links.push(Link::new("/login", t.get("people-go-login")));
    let mut response = page.into_answer();
    draft.keep(&pages.settings, way.purpose, &mut response);
    response
}

fn form(way: &Way, pages: &Pages, visitor: &Visitor, email: &str, faults: Option<Faults>) -> FormPage {
    let t = visitor.t();
    let mut page = FormPage::new(visitor, way.title, way.here, way.go);
    let password = if way.purpose == Purpose::Reset { Field::new_password(t) } else { Field::password(t) };
    page.fields = vec![Field::email(t).value(email), password];
    page.captcha = Captcha::of(&pages.settings, visitor.lang);
    page.links.push(Link::new("/login", t.get("people-go-login")));
    let is_first = faults.is_none();
    let mut page = page.with_faults(faults);
    if is_first {
        page.notices.push(Notice::good(t.get("people-identity-done")));
    }
    page
}

async fn send(way: &Way, pages: &Pages, visitor: &Visitor, fields: &Fields<Typed>) -> Result<Response, Problem> {
    site::demand_own(visitor, &pages.settings)?;
    let (typed, t) = (&fields.value, visitor.t());
    let again = |faults| form(way, pages, visitor, typed.email.trim(), Some(faults)).into_answer();
    let Some(draft) = Draft::of(visitor, &pages.settings, way.purpose) else { return Ok(see_other(way.here)) };
    let Some(identity) = &draft.identity else { return Ok(see_other(way.here)) };
    let mut faults = Faults::typed();
    let email = faults.check("email", EmailAddress::parse(typed.email.trim()), t.get("people-error-email"));
    let is_new = way.purpose == Purpose::Reset;
    match Password::parse(&typed.password) {
        _ if !is_new && typed.password.trim().is_empty() => {
            faults.add("password", t.get("people-error-password-empty"))
        }
        Err(_) if is_new => faults.add("password", t.get("people-error-password-length")),
        _ => {}
    }
    if faults.errors.is_empty() && typed.captcha.trim().is_empty() {
        faults.add("captcha", t.get("people-error-captcha"));
    }
    let Some(email) = email.filter(|_| faults.errors.is_empty()) else { return Ok(again(faults)) };
    let field = if is_new { "newPassword" } else { "password" };
    let mut body =
        json!({"email": email.as_str(), "identityVerificationId": identity, "recaptchaToken": typed.captcha});
    body[field] = Value::String(typed.password.clone());
    match pages.api.send::<Nothing>(visitor, Method::POST, way.api, &body, &fields.proof).await {
        Ok(_) => {
            let mut response = see_other(way.done);
            Draft::forget(&pages.settings, way.purpose, &mut response);
            Ok(response)
        }
        // The verification is another person's, or used up: a new one is the only way on.
        Err(problem) if problem.code == "PORTONE_VERIFICATION_FAILED" => {
            let fresh = Draft::begin(None);
            Ok(verify(way, pages, visitor, fresh, Some("people-error-identity-mismatch")))
        }
        Err(problem) => trouble::faults(problem, t).map(again),
    }
}
