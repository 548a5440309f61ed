//! `/me/account`: what can be looked at and changed.

use super::form::Notice;
use crate::visitor::Visitor;
use crate::{Pages, Problem};
use askama::Template;
use axum::Router;
use axum::extract::{Query, State};
use axum::response::Response;
use axum::routing::get;
use domain::Timestamp;
use http::StatusCode;
use serde::Deserialize;
use web::{Caching, Policy, Shell};

pub(super) fn routes() -> Router<Pages> {
    Router::new().route("/me/account", get(show))
}

/// A person as the API knows them.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Profile {
    pub email: String,
    pub name: String,
    pub phone: Option<String>,
    created_at: Timestamp,
}

impl Profile {
    /// Of the visitor.
    pub async fn of(pages: &Pages, visitor: &Visitor) -> Result<Self, Problem> {
        pages.api.get(visitor, "/users/me").await
    }
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Asked {
    done: Option<String>,
}

struct Who {
    name: String,
    email: String,
    joined: String,
}

struct Row {
    href: &'static str,
    text: &'static str,
    note: String,
}

#[derive(Template)]
#[template(path = "people/account.html")]
struct AccountPage {
    shell: Shell,
    state: &'static str,
    menu: &'static str,
    notices: Vec<Notice>,
    person: Option<Who>,
    rows: Vec<Row>,
}

async fn show(State(pages): State<Pages>, visitor: Visitor, Query(asked): Query<Asked>) -> Result<Response, Problem> {
    let t = visitor.t();
    let profile = Profile::of(&pages, &visitor).await?;
    let done = asked.done.as_deref().and_then(|done| match done {
        "profile" => Some("people-saved"),
        "password" => Some("people-password-changed"),
        "consents" => Some("people-consents-saved"),
        _ => None,
    });
    let row = |href, text: &str, note: &str| Row {
        href,
        text: t.find(text).unwrap_or_default(),
        note: if note.is_empty() { String::new() } else { t.get(note).to_owned() },
    };
    let phone = profile.phone.clone().unwrap_or_else(|| t.get("people-no-phone").to_owned());
    let mut rows = vec![
        Row { note: phone, ..row("/me/account/profile", "people-account-profile", "") },
        row("/me/account/password", "people-account-password", "people-account-password-note"),
        row("/me/account/logins", "people-account-logins", "people-account-logins-note"),
        row("/me/account/consents", "people-account-consents", "people-account-consents-note"),
    ];
    if !pages.settings.social_providers.is_empty() {
        rows.push(row("/me/account/social", "people-account-social", "people-account-social-note"));
    }
    rows.push(row("/me/account/delete", "people-account-delete", ""));
    let joined = t.with("people-account-joined", &[("date", t.date(profile.created_at).into())]);
    let page = AccountPage {
        shell: Shell::new(&visitor, t.get("people-account-title")).style("people.css").script("me.js"),
        state: "account",
        menu: "account",
        notices: done.map(|id| Notice::good(t.get(id))).into_iter().collect(),
        person: Some(Who { name: profile.name, email: profile.email, joined }),
        rows,
    };
    Ok(web::page(StatusCode::OK, &page.shell, &Policy::Common, Caching::Private, &page))
}
