//! `/me/account/social`: accounts of other services to log in with.

use super::form::{Faults, Notice};
use super::login::provider_name;
use super::trouble;
use crate::api::Nothing;
use crate::forms::see_other;
use crate::visitor::Visitor;
use crate::{Fields, Pages, Problem};
use askama::Template;
use axum::Router;
use axum::extract::{Query, State};
use axum::response::Response;
use axum::routing::get;
use http::{Method, StatusCode};
use serde::Deserialize;
use web::{Caching, FieldError, Policy, Shell};

const HERE: &str = "/me/account/social";

pub(super) fn routes() -> Router<Pages> {
    Router::new().route(HERE, get(show).post(change))
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Asked {
    /// Just linked.
    linked: Option<String>,
    /// Just ended.
    unlinked: Option<String>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Pressed {
    provider: String,
    action: String,
}

#[derive(Deserialize)]
struct Location {
    location: String,
}

struct Provider {
    id: String,
    name: String,
    link: String,
    unlink: String,
}

/// Where the browser goes next, by a press of its own: the policy lets no form lead to another site.
struct Onward {
    href: String,
    text: String,
    go: String,
}

#[derive(Template)]
#[template(path = "people/social.html")]
struct SocialPage {
    shell: Shell,
    state: &'static str,
    errors: Vec<FieldError>,
    notices: Vec<Notice>,
    list: Vec<Provider>,
    onward: Option<Onward>,
}

async fn show(State(pages): State<Pages>, visitor: Visitor, Query(asked): Query<Asked>) -> Result<Response, Problem> {
    visitor.require(&pages).await?;
    let t = visitor.t();
    let known = |provider: Option<String>| provider.filter(|one| pages.settings.social_providers.contains(one));
    let mut page = page(&pages, &visitor, Faults::default());
    if let Some(provider) = known(asked.linked) {
        let name = provider_name(t, &provider);
        page.notices.push(Notice::good(t.with("people-social-now", &[("provider", name.into())])));
    }
    if known(asked.unlinked).is_some() {
        page.notices.push(Notice::good(t.get("people-social-done")));
    }
    Ok(answer(StatusCode::OK, &page))
}

fn answer(status: StatusCode, page: &SocialPage) -> Response {
    web::page(status, &page.shell, &Policy::Common, Caching::Private, page)
}

fn page(pages: &Pages, visitor: &Visitor, faults: Faults) -> SocialPage {
    let t = visitor.t();
    let provider = |id: &String| {
        let name = provider_name(t, id);
        let said = |text: &str| t.with(text, &[("provider", name.clone().into())]);
        Provider { id: id.clone(), link: said("people-social-link"), unlink: said("people-social-unlink"), name }
    };
    let shell = Shell::new(visitor, t.get("people-social-title")).style("people.css").script("me.js");
    SocialPage {
        shell: shell.errors(!faults.errors.is_empty()),
        state: if faults.errors.is_empty() { "social" } else { "error" },
        errors: faults.errors,
        notices: faults.notices,
        list: pages.settings.social_providers.iter().map(provider).collect(),
        onward: None,
    }
}

async fn change(State(pages): State<Pages>, visitor: Visitor, fields: Fields<Pressed>) -> Result<Response, Problem> {
    visitor.require(&pages).await?;
    let (pressed, t) = (&fields.value, visitor.t());
    let Some(provider) = pages.settings.social_providers.iter().find(|known| **known == pressed.provider) else {
        return Err(Problem::not_found(&visitor));
    };
    let done = match pressed.action.as_str() {
        "unlink" => unlink(&pages, &visitor, &fields, provider).await,
        _ => link(&pages, &visitor, &fields, provider).await,
    };
    match done {
        Ok(response) => Ok(response),
        Err(problem) => {
            let faults = trouble::faults(problem, t)?;
            let status = faults.status;
            Ok(answer(status, &page(&pages, &visitor, faults)))
        }
    }
}

async fn unlink(
    pages: &Pages,
    visitor: &Visitor,
    fields: &Fields<Pressed>,
    provider: &str,
) -> Result<Response, Problem> {
    let path = format!("/users/me/social/{provider}");
    pages.api.send::<Nothing>(visitor, Method::DELETE, &path, &(), &fields.proof).await?;
    Ok(see_other(&format!("{HERE}?unlinked={provider}")))
}

async fn link(pages: &Pages, visitor: &Visitor, fields: &Fields<Pressed>, provider: &str) -> Result<Response, Problem> {
    let back = format!("{HERE}?linked={provider}");
    let query = url::form_urlencoded::Serializer::new(String::new()).append_pair("returnUrl", &back).finish();
    let path = format!("/auth/oauth2/{provider}/link?{query}");
    let begun = pages.api.send::<Location>(visitor, Method::POST, &path, &(), &fields.proof).await?;
    let location = begun.body.location.clone();
    let is_here = location.strip_prefix(pages.settings.public_url.trim_end_matches('/'));
    let mut response = match is_here.filter(|rest| rest.starts_with('/')) {
        Some(path) => see_other(path),
        None => answer(StatusCode::OK, &onward(pages, visitor, provider, location)),
    };
    begun.put_cookies(&mut response);
    Ok(response)
}

fn onward(pages: &Pages, visitor: &Visitor, provider: &str, href: String) -> SocialPage {
    let t = visitor.t();
    let name = provider_name(t, provider);
    let said = |text: &str| t.with(text, &[("provider", name.clone().into())]);
    let title = said("people-social-go-title");
    let shell = Shell::new(visitor, title).style("people.css");
    let onward = Onward { href, text: said("people-social-go-lead"), go: said("people-social-go") };
    SocialPage { shell, state: "onward", onward: Some(onward), ..page(pages, visitor, Faults::default()) }
}
