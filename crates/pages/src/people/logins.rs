//! `/me/account/logins`: who logged in, or tried to.

use super::form::{Link, Notice};
use super::login::provider_name;
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
use web::{Caching, Policy, Shell, Texts};

const HERE: &str = "/me/account/logins";
/// Log-ins on a page.
const PAGE_SIZE: u64 = 20;

pub(super) fn routes() -> Router<Pages> {
    Router::new().route(HERE, get(show))
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Asked {
    page: u64,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Logins {
    list: Vec<Login>,
    total_elements: u64,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Login {
    at: Timestamp,
    method: String,
    ip_address: String,
    user_agent: String,
    success: bool,
    suspicious: bool,
}

/// A log-in as it is shown.
struct Row {
    iso: String,
    at: String,
    how: String,
    ip_address: String,
    browser: String,
    success: bool,
    suspicious: bool,
}

#[derive(Template)]
#[template(path = "people/logins.html")]
struct LoginsPage {
    shell: Shell,
    state: &'static str,
    notices: Vec<Notice>,
    list: Vec<Row>,
    pages: Vec<Link>,
}

async fn show(State(pages): State<Pages>, visitor: Visitor, Query(asked): Query<Asked>) -> Result<Response, Problem> {
    let t = visitor.t();
    let path = format!("/users/me/logins?page={}&size={PAGE_SIZE}", asked.page);
    let found: Logins = pages.api.get(&visitor, &path).await?;
    let turn = |page: u64, text: &str| Link::new(format!("{HERE}?page={page}"), t.get(text));
    let newer = asked.page.checked_sub(1).map(|page| turn(page, "people-logins-newer"));
    let has_more = (asked.page + 1).saturating_mul(PAGE_SIZE) < found.total_elements;
    let older = has_more.then(|| turn(asked.page + 1, "people-logins-older"));
    let page = LoginsPage {
        shell: Shell::new(&visitor, t.get("people-logins-title")).style("people.css").script("me.js"),
        state: if found.list.is_empty() { "empty" } else { "logins" },
        notices: Vec::new(),
        list: found.list.into_iter().map(|login| row(login, t)).collect(),
        pages: [newer, older].into_iter().flatten().collect(),
    };
    Ok(web::page(StatusCode::OK, &page.shell, &Policy::Common, Caching::Private, &page))
}

fn row(login: Login, t: Texts) -> Row {
    let Login { at, method, ip_address, user_agent, success, suspicious } = login;
    let how = provider_name(t, &method.to_ascii_lowercase());
    Row { iso: t.iso(at), at: t.moment(at), how, ip_address, browser: browser(&user_agent), success, suspicious }
}

/// Browser and system in two words, as far as people know them; else what the browser says, shortened.
fn browser(agent: &str) -> String {
    let first =
        |known: &[(&str, &'static str)]| known.iter().find(|(mark, _)| agent.contains(mark)).map(|(_, name)| *name);
    // Each names itself beside those that it descends from, so the order counts.
    let browser = first(&[
        ("Edg", "Edge"),
        ("SamsungBrowser", "Samsung Internet"),
        ("Whale", "Whale"),
        ("OPR/", "Opera"),
        ("Firefox", "Firefox"),
        ("FxiOS", "Firefox"),
        ("CriOS", "Chrome"),
        ("Chrome", "Chrome"),
        ("Safari", "Safari"),
    ]);
    let system = first(&[
        ("iPhone", "iPhone"),
        ("iPad", "iPad"),
        ("Android", "Android"),
        ("Windows", "Windows"),
        ("Mac OS", "Mac"),
        ("Linux", "Linux"),
    ]);
    match (browser, system) {
        (Some(browser), Some(system)) => format!("{browser} · {system}"),
        (Some(one), None) | (None, Some(one)) => one.to_owned(),
        (None, None) => agent.chars().take(40).collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::browser;

    #[test]
    fn a_browser_is_said_in_two_words() {
        let iphone = "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit/605.1.15 Version/18.0 Mobile/15E148 Safari/604.1";
        assert_eq!(browser(iphone), "Safari · iPhone");
        let edge = "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 Chrome/140.0 Safari/537.36 Edg/140.0";
        assert_eq!(browser(edge), "Edge · Windows");
        assert_eq!(browser("curl/8.5.0"), "curl/8.5.0");
        assert_eq!(browser(&"x".repeat(300)).len(), 40);
    }
}
