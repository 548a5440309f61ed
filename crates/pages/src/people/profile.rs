//! `/me/account/profile` and `/me/account/password`.

use super::account::Profile;
use super::form::{Faults, Field, FormPage, Link};
use super::signup::password_fault;
use super::trouble;
use crate::api::Nothing;
use crate::forms::see_other;
use crate::visitor::Visitor;
use crate::{Fields, Pages, Problem};
use axum::Router;
use axum::extract::State;
use axum::response::Response;
use axum::routing::get;
use domain::account::{PersonName, PhoneNumber};
use http::Method;
use serde::Deserialize;
use serde_json::{Value, json};

const PROFILE: &str = "/me/account/profile";
const PASSWORD: &str = "/me/account/password";

pub(super) fn routes() -> Router<Pages> {
    Router::new()
        .route(PROFILE, get(show_profile).post(change_profile))
        .route(PASSWORD, get(show_password).post(change_password))
}

/// A form that leads back to the account.
fn form(visitor: &Visitor, title: &str, action: &'static str, go: &str) -> FormPage {
    let mut page = FormPage::new(visitor, title, action, go);
    let key = page.shell.key();
    page.hidden.push(("idempotencyKey", key));
    page.back = Some(Link::new("/me/account", visitor.t().get("people-back-account")));
    page
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct TypedProfile {
    name: String,
    phone: String,
}

async fn show_profile(State(pages): State<Pages>, visitor: Visitor) -> Result<Response, Problem> {
    let Profile { name, phone, .. } = Profile::of(&pages, &visitor).await?;
    let typed = TypedProfile { name, phone: phone.unwrap_or_default() };
    Ok(profile_page(&visitor, &typed, None).into_answer())
}

fn profile_page(visitor: &Visitor, typed: &TypedProfile, faults: Option<Faults>) -> FormPage {
    let t = visitor.t();
    let mut page = form(visitor, "people-profile-title", PROFILE, "people-save");
    page.fields = vec![Field::name(t).value(typed.name.trim()), Field::phone(t).value(typed.phone.trim())];
    page.with_faults(faults)
}

async fn change_profile(
    State(pages): State<Pages>,
    visitor: Visitor,
    fields: Fields<TypedProfile>,
) -> Result<Response, Problem> {
    visitor.require(&pages).await?;
    let (typed, t) = (&fields.value, visitor.t());
    let again = |faults| profile_page(&visitor, typed, Some(faults)).into_answer();
    let mut faults = Faults::typed();
    faults.check("name", PersonName::parse(&typed.name), t.get("people-error-name"));
    // Administrators made by a command have no number, and need none.
    let phone = typed.phone.trim();
    if !phone.is_empty() || Profile::of(&pages, &visitor).await?.phone.is_some() {
        faults.check("phone", PhoneNumber::parse(phone), t.get("people-error-phone"));
    }
    if !faults.errors.is_empty() {
        return Ok(again(faults));
    }
    let mut body = json!({"name": typed.name});
    if !phone.is_empty() {
        body["phone"] = Value::String(phone.to_owned());
    }
    match pages.api.send::<Nothing>(&visitor, Method::PATCH, "/users/me", &body, &fields.proof).await {
        Ok(_) => Ok(see_other("/me/account?done=profile")),
        Err(problem) => trouble::faults(problem, t).map(again),
    }
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct TypedPassword {
    current: String,
    password: String,
}

async fn show_password(State(pages): State<Pages>, visitor: Visitor) -> Result<Response, Problem> {
    visitor.require(&pages).await?;
    Ok(password_page(&visitor, None).into_answer())
}

fn password_page(visitor: &Visitor, faults: Option<Faults>) -> FormPage {
    let t = visitor.t();
    let mut page = form(visitor, "people-password-title", PASSWORD, "people-password-change");
    page.fields = vec![Field::current_password(t), Field::new_password(t)];
    page.lead.push(t.get("people-account-password-note").to_owned());
    page.with_faults(faults)
}

async fn change_password(
    State(pages): State<Pages>,
    visitor: Visitor,
    fields: Fields<TypedPassword>,
) -> Result<Response, Problem> {
    visitor.require(&pages).await?;
    let (typed, t) = (&fields.value, visitor.t());
    let again = |faults| password_page(&visitor, Some(faults)).into_answer();
    let mut faults = Faults::typed();
    if typed.current.trim().is_empty() {
        faults.add("current", t.get("people-error-password-current"));
    }
    if let Some(text) = password_fault(&typed.password) {
        faults.add("password", t.get(text));
    }
    if !faults.errors.is_empty() {
        return Ok(again(faults));
    }
    let body = json!({"currentPassword": typed.current, "newPassword": typed.password});
    match pages.api.send::<Nothing>(&visitor, Method::PUT, "/users/me/password", &body, &fields.proof).await {
        Ok(changed) => {
            let mut response = see_other("/me/account?done=password");
            changed.put_cookies(&mut response);
            Ok(response)
        }
        Err(problem) if problem.code == "INVALID_CREDENTIALS" => {
            let mut faults = Faults { status: problem.status, ..Faults::default() };
            faults.add("current", t.get("people-error-current"));
            Ok(again(faults))
        }
        Err(problem) => trouble::faults(problem, t).map(again),
    }
}
