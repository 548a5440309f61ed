//! `/me/coupons`.

use super::form::Notice;
use crate::visitor::Visitor;
use crate::{Pages, Problem};
use askama::Template;
use axum::Router;
use axum::extract::State;
use axum::response::Response;
use axum::routing::get;
use domain::Timestamp;
use http::StatusCode;
use serde::Deserialize;
use web::{Caching, Policy, Shell, Texts};

pub(super) fn routes() -> Router<Pages> {
    Router::new().route("/me/coupons", get(show))
}

#[derive(Debug, Deserialize)]
struct Coupons {
    list: Vec<Coupon>,
}

#[derive(Debug, Deserialize)]
struct Coupon {
    name: String,
    serial: Option<u32>,
    status: String,
    expires_at: Option<Timestamp>,
    discount: Option<Discount>,
    min_order_amount: i64,
}

#[derive(Debug, Deserialize)]
struct Discount {
    #[serde(rename = "type")]
    kind: String,
    value: i64,
    #[serde(default)]
    max_amount: Option<i64>,
}

/// A coupon as it is shown.
struct Card {
    status: String,
    is_usable: bool,
    title: String,
    name: String,
    until: String,
    min: String,
    number: String,
    said: String,
}

#[derive(Template)]
#[template(path = "people/coupons.html")]
struct CouponsPage {
    shell: Shell,
    state: &'static str,
    menu: &'static str,
    notices: Vec<Notice>,
    list: Vec<Card>,
}

async fn show(State(pages): State<Pages>, visitor: Visitor) -> Result<Response, Problem> {
    let t = visitor.t();
    let (status, list, notices, state) = match pages.api.get::<Coupons>(&visitor, "/api/v1/coupons/mine").await {
        Ok(found) => {
            let mut list: Vec<Card> = found.list.into_iter().map(|coupon| card(coupon, t)).collect();
            // What can be used stands first; within, the newest.
            list.sort_by_key(|card| !card.is_usable);
            let state = if list.is_empty() { "empty" } else { "coupons" };
            (StatusCode::OK, list, Vec::new(), state)
        }
        Err(problem) if problem.status.is_server_error() => {
            (problem.status, Vec::new(), vec![Notice::warn(t.get("people-coupons-away"))], "away")
        }
        Err(problem) => return Err(problem),
    };
    let shell = Shell::new(&visitor, t.get("people-coupons-title")).style("people.css").script("me.js");
    let page = CouponsPage { shell, state, menu: "coupons", notices, list };
    Ok(web::page(status, &page.shell, &Policy::Common, Caching::Private, &page))
}

fn card(coupon: Coupon, t: Texts) -> Card {
    let Coupon { name, serial, status, expires_at, discount, min_order_amount } = coupon;
    let status = status.to_ascii_lowercase();
    let title = discount.map_or_else(|| name.clone(), |discount| off(&discount, t));
    Card {
        is_usable: matches!(status.as_str(), "issued" | "reserved"),
        until: expires_at.map_or_else(
            || t.get("people-coupon-forever").to_owned(),
            |at| t.with("people-coupon-until", &[("date", t.moment(at).into())]),
        ),
        min: match min_order_amount {
            0 => String::new(),
            least => t.with("people-coupon-min", &[("won", t.won(least).into())]),
        },
        number: serial.map_or_else(String::new, |n| t.with("people-coupon-number", &[("n", n.into())])),
        said: t.find(&format!("people-coupon-{status}")).unwrap_or_default().to_owned(),
        status,
        title,
        name,
    }
}

/// What it takes off.
fn off(discount: &Discount, t: Texts) -> String {
    let value = || ("value", discount.value.into());
    match (discount.kind.as_str(), discount.max_amount) {
        ("percent", None) => t.with("people-coupon-percent", &[value()]),
        ("percent", Some(most)) => t.with("people-coupon-percent-max", &[value(), ("won", t.won(most).into())]),
        _ => t.with("people-coupon-fixed", &[("won", t.won(discount.value).into())]),
    }
}
