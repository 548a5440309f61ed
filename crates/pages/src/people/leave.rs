//! Log-out, and the end of an account. Both take this device's tickets along.

use super::form::Check;
use super::form::{Faults, FormPage, Link};
use super::{site, trouble};
use crate::api::Nothing;
use crate::forms::see_other;
use crate::visitor::Visitor;
use crate::{Fields, Pages, Problem};
use axum::Router;
use axum::extract::State;
use axum::response::Response;
use axum::routing::get;
use http::{HeaderName, HeaderValue, Method};
use serde::Deserialize;

const DELETE: &str = "/me/account/delete";

pub(super) fn routes() -> Router<Pages> {
    // Under `/session`, since browsers send the refresh token there alone: a log-out ends the session also when its access
    // token has run out.
    Router::new().route("/session/logout", get(no_log_out).post(log_out)).route(DELETE, get(show).post(delete))
}

#[derive(Debug, Default, Deserialize)]
struct Pressed {}

/// An address to come to by "back": nothing is ended by looking.
async fn no_log_out() -> Response {
    see_other("/me/account")
}

async fn log_out(State(pages): State<Pages>, visitor: Visitor, fields: Fields<Pressed>) -> Result<Response, Problem> {
    // Browsers send no cookie along with another site's form, so the API would not be asked, and its filters not either.
    site::demand_own(&visitor, &pages.settings)?;
    let mut response = see_other("/login?done=logout");
    // Sent twice: there is nothing to end any more.
    if visitor.signed_in {
        let ended = pages.api.send::<Nothing>(&visitor, Method::DELETE, "/session", &(), &fields.proof).await?;
        ended.put_cookies(&mut response);
    }
    forget_here(&mut response);
    Ok(response)
}

/// The browser deletes the kept tickets with their worker, and the pages that "back" would show.
fn forget_here(response: &mut Response) {
    let what = HeaderValue::from_static("\"cache\", \"storage\"");
    response.headers_mut().insert(HeaderName::from_static("clear-site-data"), what);
}

async fn show(State(pages): State<Pages>, visitor: Visitor) -> Result<Response, Problem> {
    visitor.require(&pages).await?;
    Ok(page(&visitor, None).into_answer())
}

fn page(visitor: &Visitor, faults: Option<Faults>) -> FormPage {
    let t = visitor.t();
    let mut page = FormPage::new(visitor, "people-delete-title", DELETE, "people-delete-go");
    let key = page.shell.key();
    page.hidden.push(("idempotencyKey", key));
    page.is_grave = true;
    page.back = Some(Link::new("/me/account", t.get("people-delete-keep")));
    page.lead.push(t.get("people-delete-lead").to_owned());
    let points = ["people-delete-tickets", "people-delete-refund", "people-delete-coupons", "people-delete-rejoin"];
    page.points = points.iter().map(|id| t.get(id).to_owned()).collect();
    page.checks.push(Check {
        id: "sure".to_owned(),
        label: t.get("people-delete-sure").to_owned(),
        note: String::new(),
        body: Vec::new(),
        is_checked: false,
        error: None,
    });
    page.with_faults(faults)
}

async fn delete(State(pages): State<Pages>, visitor: Visitor, fields: Fields<Pressed>) -> Result<Response, Problem> {
    visitor.require(&pages).await?;
    let t = visitor.t();
    let again = |faults| page(&visitor, Some(faults)).into_answer();
    if fields.first("sure").is_none() {
        let mut faults = Faults::typed();
        faults.add("sure", t.get("people-delete-error"));
        return Ok(again(faults));
    }
    match pages.api.send::<Nothing>(&visitor, Method::DELETE, "/users/me", &(), &fields.proof).await {
        Ok(_) => {
            let mut response = see_other("/login?done=deleted");
            // The tokens are dead already; this takes their cookies away.
            let ended = pages.api.send::<Nothing>(&visitor, Method::DELETE, "/session", &(), &fields.proof).await;
            if let Ok(ended) = ended {
                ended.put_cookies(&mut response);
            }
            forget_here(&mut response);
            Ok(response)
        }
        Err(problem) => trouble::faults(problem, t).map(again),
    }
}
