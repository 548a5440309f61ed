//! Waiting: `/wait/{line}`.
//!
//! ```text
//! a schedule's id   `schedule`: the line before its seats, for people with an account
//! gate:<campaign>   `gate`: the line before a campaign's coupons, likewise
//! anything else     a line before another site: the queue role's own page, with its own cookie and no account
//!
//! arrival   what a request for the page brings, and whether the visit alone may enter the line
//! line      what is known of any line: its public document, what it is before
//! reasons   why somebody has no place, as a page
//! ```
//!
//! **Entering is a visit.** A show's page is kept for everybody, so it has no CSRF token, and its button is a link here. Such a
//! visit enters only if the browser says that a page of this site, or the person alone, made it ([`arrival::may_enter`]); a visit
//! that another site made shows a page that asks once, by a form with the token. Cookies are `SameSite=Lax`, so pictures, frames and
//! forms of other sites come here as nobody. The worst that a lie could do is a place in a line, which costs nothing, takes no
//! other place away, and can be left.

mod arrival;
mod gate;
mod line;
mod reasons;
mod schedule;

use crate::api::Api;
use crate::looks::DEFAULT;
use crate::problem::Problem;
use crate::visitor::Visitor;
use crate::{Fields, Pages};
use arrival::{Answer, Arrival};
use axum::Router;
use axum::extract::{FromRequest, Path, Request, State};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use http::header::ACCEPT_ENCODING;
use http::{HeaderName, HeaderValue};
use uuid::Uuid;

/// The routes.
pub(crate) fn routes() -> Router<Pages> {
    Router::new().route("/wait/{line}", get(show).post(send))
}

/// What a line is before, by its name in an address.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Before {
    Seats(Uuid),
    Coupons(String),
    Site,
}

impl Before {
    /// Whose look the page wears.
    fn look(&self) -> String {
        match self {
            Self::Coupons(campaign) => format!("gate:{campaign}"),
            Self::Seats(_) | Self::Site => DEFAULT.to_owned(),
        }
    }
}

fn before(name: &str) -> Before {
    let id = (name.len() == 36).then(|| Uuid::try_parse(name).ok()).flatten();
    match (id, name.strip_prefix("gate:")) {
        (Some(id), _) => Before::Seats(id),
        (None, Some(campaign)) => Before::Coupons(campaign.to_owned()),
        (None, None) => Before::Site,
    }
}

async fn show(State(pages): State<Pages>, Path(name): Path<String>, request: Request) -> Response {
    let line = before(&name);
    if line == Before::Site {
        return of_site(&pages, &name, request).await;
    }
    let (parts, _) = request.into_parts();
    let visitor = Visitor::in_look(&parts, &pages, &line.look()).await;
    let arrival = Arrival::of(&parts, &pages.settings.public_url);
    let page = async {
        if !visitor.signed_in {
            return Err(visitor.to_login());
        }
        match line {
            Before::Seats(id) => schedule::show(&pages, &visitor, id, &arrival).await,
            Before::Coupons(campaign) => gate::show(&pages, &visitor, &campaign, &arrival).await,
            Before::Site => Err(Problem::not_found(&visitor)),
        }
    };
    page.await.unwrap_or_else(IntoResponse::into_response)
}

async fn send(State(pages): State<Pages>, Path(name): Path<String>, request: Request) -> Response {
    let line = before(&name);
    if line == Before::Site {
        return of_site(&pages, &name, request).await;
    }
    let (parts, body) = request.into_parts();
    let visitor = Visitor::in_look(&parts, &pages, &line.look()).await;
    let form = Fields::<Answer>::from_request(Request::from_parts(parts, body), &pages).await;
    let sent = async {
        let form = form?;
        match line {
            Before::Seats(id) => schedule::send(&pages, &visitor, id, &form).await,
            Before::Coupons(campaign) => gate::send(&pages, &visitor, &campaign, &form).await,
            Before::Site => Err(Problem::not_found(&visitor)),
        }
    };
    sent.await.unwrap_or_else(IntoResponse::into_response)
}

/// The queue role's own page, in the line's look.
async fn of_site(pages: &Pages, name: &str, request: Request) -> Response {
    let (mut parts, body) = request.into_parts();
    let visitor = Visitor::of(&parts);
    // Compressed for the browser here, once it is dressed.
    parts.headers.remove(ACCEPT_ENCODING);
    let response = pages.api.pass_on(Request::from_parts(parts, body)).await;
    pages.dressed(&visitor, name, response).await
}

/// The visitor with the answer to what the line asks for, for the API.
fn answering(visitor: &Visitor, answer: &Answer) -> Visitor {
    let mut visitor = visitor.clone();
    let answer = answer.written().and_then(|answer| HeaderValue::from_str(&answer).ok());
    if let Some(answer) = answer {
        visitor.headers.insert(HeaderName::from_static("x-queue-challenge"), answer);
    }
    visitor
}

/// What the API says of a line to everybody; none while it says nothing.
async fn serving(api: &Api, visitor: &Visitor, name: &str) -> Option<line::Serving> {
    api.get(visitor, &format!("/queue/serving/{name}?ranges=32")).await.ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_says_what_the_line_is_before() {
        let id = "3f2a0b0e-6c3d-4a57-9e3f-6d1f0a4f6a11";
        assert_eq!(before(id), Before::Seats(id.parse().expect("an id")));
        assert_eq!(before(&id.to_uppercase()), Before::Seats(id.parse().expect("an id")));
        assert_eq!(before("gate:shoes"), Before::Coupons("shoes".to_owned()));
        for site in ["shop", "3f2a0b0e6c3d4a579e3f6d1f0a4f6a11", "gate", "queue:shop"] {
            assert_eq!(before(site), Before::Site, "{site}");
        }
    }
}
