//! `/login`.

use super::captcha::Captcha;
use super::draft::{Draft, Purpose};
use super::form::{Faults, Field, FormPage, Link, Notice};
use super::trouble;
use crate::forms::see_other;
use crate::visitor::{SessionUser, Visitor};
use crate::{Fields, Pages, Problem};
use axum::Router;
use axum::extract::{Query, State};
use axum::response::Response;
use axum::routing::get;
use domain::account::{EmailAddress, ReturnUrl};
use http::Method;
use serde::Deserialize;
use serde_json::json;
use web::Texts;

/// Where a log-in leads that nothing else has asked for.
const HOME: &str = "/me";

pub(super) fn routes() -> Router<Pages> {
    Router::new().route("/login", get(show).post(log_in))
}

/// The address of the page.
#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct Asked {
    return_url: Option<String>,
    /// What a page before has done.
    done: Option<String>,
    /// A provider with which nobody is linked.
    link: Option<String>,
    /// Why a provider's log-in did not work.
    error: Option<String>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct Typed {
    email: String,
    password: String,
    #[serde(rename = "g-recaptcha-response")]
    captcha: String,
    return_url: String,
    link: String,
}

#[derive(Deserialize)]
struct Began {
    #[allow(dead_code, reason = "the answer must have a person, and the page shows nothing of it")]
    user: SessionUser,
}

/// A path of this site; the person's own page where none was asked for.
pub(super) fn back(asked: Option<&str>) -> String {
    match asked.filter(|asked| !asked.is_empty()) {
        Some(asked) => ReturnUrl::read(Some(asked)).as_str().to_owned(),
        None => HOME.to_owned(),
    }
}

/// The words for a provider's name.
pub(super) fn provider_name(t: Texts, provider: &str) -> String {
    t.find(&format!("people-{provider}")).unwrap_or(provider).to_owned()
}

fn known<'a>(pages: &Pages, provider: Option<&'a str>) -> Option<&'a str> {
    provider.filter(|provider| pages.settings.social_providers.iter().any(|known| known == provider))
}

async fn show(State(pages): State<Pages>, visitor: Visitor, Query(asked): Query<Asked>) -> Result<Response, Problem> {
    let to = back(asked.return_url.as_deref());
    let link = known(&pages, asked.link.as_deref());
    if asked.done.is_none() && visitor.user(&pages).await?.is_some() {
        return Ok(see_other(&after(&to, link)));
    }
    let email = Draft::of(&visitor, &pages.settings, Purpose::SignUp).and_then(|draft| draft.email);
    let mut page = page(&pages, &visitor, email.as_deref().unwrap_or_default(), &to, link, None);
    page.notices = notices(&asked, link, visitor.t());
    // Nobody who is still here: anybody can write a link to such an address.
    page.is_forgetting = !visitor.signed_in && matches!(asked.done.as_deref(), Some("logout" | "deleted"));
    Ok(page.into_answer())
}

/// What is to be said first.
fn notices(asked: &Asked, link: Option<&str>, t: Texts) -> Vec<Notice> {
    let done = asked.done.as_deref().and_then(|done| t.find(&format!("people-done-{done}")));
    let refused = asked.error.as_deref().map(|error| match error {
        "OAUTH_REFUSED" => Notice::warn(t.get("people-oauth-refused")),
        "OAUTH_UNAVAILABLE" => Notice::warn(t.get("people-oauth-away")),
        "ACCOUNT_DORMANT" => Notice::warn(t.get("people-error-dormant"))
            .with(Link::new("/login/reactivate", t.get("people-error-dormant-go"))),
        _ => Notice::warn(t.get("people-oauth-failed")),
    });
    let first = link.map(|provider| {
        let provider = provider_name(t, provider);
        Notice::warn(t.with("people-link-first", &[("provider", provider.into())]))
    });
    [done.map(Notice::good), refused, first].into_iter().flatten().collect()
}

fn page(
    pages: &Pages,
    visitor: &Visitor,
    email: &str,
    to: &str,
    link: Option<&str>,
    faults: Option<Faults>,
) -> FormPage {
    let t = visitor.t();
    let query = url::form_urlencoded::Serializer::new(String::new()).append_pair("returnUrl", to).finish();
    let mut page = FormPage::new(visitor, "people-login-title", "/login", "people-login-go");
    page.fields = vec![Field::email(t).value(email), Field::password(t)];
    page.captcha = Captcha::of(&pages.settings, visitor.lang);
    page.hidden = vec![("returnUrl", to.to_owned()), ("link", link.unwrap_or_default().to_owned())];
    if to != HOME {
        page.lead.push(t.get("people-login-lead").to_owned());
    }
    page.links = vec![
        Link::new("/login/reset", t.get("people-login-forgot")),
        Link::new(format!("/signup?{query}"), t.get("people-login-join")),
    ];
    page.providers = providers(pages, t, &query).filter(|_| link.is_none()).collect();
    page.with_faults(faults)
}

fn providers<'a>(pages: &'a Pages, t: Texts, query: &'a str) -> impl Iterator<Item = Link> + 'a {
    pages.settings.social_providers.iter().map(move |provider| {
        let name = provider_name(t, provider);
        let text = t.with("people-login-with", &[("provider", name.into())]);
        Link::new(format!("/auth/oauth2/{provider}?{query}"), text)
    })
}

/// Where a log-in leads: the first thing is the link that it was made for.
fn after(to: &str, link: Option<&str>) -> String {
    link.map_or_else(|| to.to_owned(), |provider| format!("/me/account/social?link={provider}"))
}

async fn log_in(State(pages): State<Pages>, visitor: Visitor, fields: Fields<Typed>) -> Result<Response, Problem> {
    let (typed, t) = (&fields.value, visitor.t());
    let to = back(Some(&typed.return_url));
    let link = known(&pages, Some(typed.link.as_str()));
    let again = |faults| page(&pages, &visitor, typed.email.trim(), &to, link, Some(faults)).into_answer();
    // The form was sent twice, or went back to after a log-in: it shows no token of the session that there is now.
    if visitor.signed_in && fields.first("csrfToken").is_none() && visitor.user(&pages).await?.is_some() {
        return Ok(see_other(&after(&to, link)));
    }
    let mut faults = Faults::typed();
    let email = faults.check("email", EmailAddress::parse(typed.email.trim()), t.get("people-error-email"));
    if typed.password.trim().is_empty() {
        faults.add("password", t.get("people-error-password-empty"));
    }
    let Some(email) = email.filter(|_| faults.errors.is_empty()) else { return Ok(again(faults)) };
    if typed.captcha.trim().is_empty() {
        faults.add("captcha", t.get("people-error-captcha"));
        return Ok(again(faults));
    }
    let body = json!({"email": email.as_str(), "password": typed.password, "recaptchaToken": typed.captcha});
    match pages.api.send::<Began>(&visitor, Method::POST, "/session", &body, &fields.proof).await {
        Ok(began) => {
            let mut response = see_other(&after(&to, link));
            began.put_cookies(&mut response);
            Draft::forget(&pages.settings, Purpose::SignUp, &mut response);
            Ok(response)
        }
        Err(problem) => trouble::faults(problem, t).map(again),
    }
}
