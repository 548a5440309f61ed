//! The page of a campaign for one person: the coupons of this campaign that the person has, and a form to get one.

use super::campaign::Name;
use super::page::CouponPage;
use super::view::View;
use crate::forms::see_other;
use crate::problem::Problem;
use crate::visitor::Visitor;
use crate::{Fields, Pages};
use axum::extract::{Path, State};
use axum::response::Response;
use http::Method;
use serde::Deserialize;
use serde_json::json;
use web::texts::read_time;
use web::{Caching, Texts};

/// Codes of the API that the page has words for.
const CODES: [&str; 7] = ["ISSUED", "ALREADY_ISSUED", "NOT_OPEN", "PAUSED", "CLOSED", "NOT_ADMITTED", "SOLD_OUT"];

/// What one person has and may do.
#[derive(Clone, Debug, Default)]
pub(super) struct Own {
    pub coupons: Vec<Coupon>,
    /// Whether nothing more can be got.
    pub has_all: bool,
    /// Where the person is in the line before it: `ACTIVE` may get one.
    pub gate: String,
    /// What the last press was answered; empty before it.
    pub answer: Option<Said>,
}

impl Own {
    /// Whether the button is there.
    pub fn may_take(&self, view: &View) -> bool {
        view.is_open() && !self.has_all && (!view.gated || self.gate == "ACTIVE")
    }
}

/// An answer in words.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Said {
    pub code: &'static str,
    pub title: String,
    pub text: String,
    pub is_good: bool,
}

/// A coupon in words.
#[derive(Clone, Debug)]
pub(super) struct Coupon {
    pub serial: String,
    pub status: &'static str,
    pub until: String,
}

#[derive(Deserialize)]
struct Held {
    coupons: Vec<HeldCoupon>,
}

#[derive(Deserialize)]
struct HeldCoupon {
    serial: u32,
    status: String,
    expires_at: Option<String>,
}

#[derive(Deserialize)]
struct Ranked {
    status: String,
}

/// The decision on a press.
#[derive(Deserialize)]
struct Decision {
    code: String,
    serial: Option<u32>,
}

/// What the page says to an answer of the API. `code` may be one of a refusal.
fn said(t: Texts, code: &str, serial: Option<u32>) -> Said {
    let code = CODES.into_iter().find(|known| *known == code).unwrap_or("REFUSED");
    let text = match code {
        "ISSUED" => t.fill("coupon-js-ISSUED-text", "serial", serial.unwrap_or_default()),
        _ => t.find(&format!("coupon-js-{code}-text")).unwrap_or_default().to_owned(),
    };
    let title = t.find(&format!("coupon-js-{code}")).unwrap_or_default().to_owned();
    Said { code, title, text, is_good: matches!(code, "ISSUED" | "ALREADY_ISSUED") }
}

async fn read(pages: &Pages, visitor: &Visitor, name: &Name, answer: Option<Said>) -> Result<CouponPage, Problem> {
    let user = visitor.require(pages).await?;
    let campaign = name.read(pages, visitor).await?;
    let path = format!("/api/v1/coupons/user/{}/event/{}", user.id, name.campaign);
    // Without what the person has the page still gives coupons.
    let held = pages.api.get::<Held>(visitor, &path).await.map_or_else(|_| Vec::new(), |held| held.coupons);
    let gate = match campaign.gated {
        true => {
            let path = format!("/gate/events/{}/rank", name.campaign);
            pages.api.get::<Ranked>(visitor, &path).await.map_or_else(|_| String::new(), |ranked| ranked.status)
        }
        false => String::new(),
    };
    let t = visitor.t();
    let has_all = held.len() >= campaign.per_user_limit as usize;
    let mut view = View::of(t, &campaign);
    if view.is_open() && view.gated {
        view.line = t.find(gated_line(&gate)).unwrap_or_default();
    }
    let answer = answer.or_else(|| has_all.then(|| said(t, "ALREADY_ISSUED", None)));
    let own = Own { coupons: held.iter().map(|held| in_words(t, held)).collect(), has_all, gate, answer };
    Ok(CouponPage::new(visitor, name, view, Some(own)))
}

fn gated_line(gate: &str) -> &'static str {
    match gate {
        "ACTIVE" => "coupon-gated-active",
        "WAITING" | "PROCESSING" => "coupon-gated-waits",
        _ => "coupon-gated-line",
    }
}

fn in_words(t: Texts, held: &HeldCoupon) -> Coupon {
    let until = held.expires_at.as_deref().and_then(read_time);
    Coupon {
        serial: t.fill("coupon-serial", "n", held.serial),
        status: t.find(&format!("coupon-status-{}", held.status)).unwrap_or_default(),
        until: until.map_or_else(String::new, |until| t.fill("coupon-until", "moment", t.moment(until))),
    }
}

/// The page for one person.
pub(super) async fn show(pages: &Pages, visitor: &Visitor, name: &Name) -> Result<Response, Problem> {
    Ok(read(pages, visitor, name, None).await?.answer(Caching::Private))
}

/// The press without script. A yes leads to the page with the coupon; a no is said in the button's place.
pub(super) async fn take(
    State(pages): State<Pages>,
    visitor: Visitor,
    Path(address): Path<String>,
    form: Fields<serde::de::IgnoredAny>,
) -> Result<Response, Problem> {
    let Some(name) = Name::of(&address).filter(|name| name.tenant.is_none()) else {
        return Err(Problem::not_found(&visitor));
    };
    if !visitor.signed_in {
        return Ok(see_other(&format!("/login?returnUrl=/coupons/{}%3Fown%3D1", name.in_address())));
    }
    let body = json!({ "event_id": name.campaign });
    let sent = pages.api.send::<Decision>(&visitor, Method::POST, "/api/v1/coupons/issue", &body, &form.proof).await;
    let answer = match sent {
        Ok(reply) if reply.body.code == "ISSUED" => {
            return Ok(see_other(&format!("/coupons/{}?own=1", name.in_address())));
        }
        Ok(reply) => said(visitor.t(), &reply.body.code, reply.body.serial),
        // The filters' and the log-in's own pages say more; of the rest nothing is known yet.
        Err(problem) if problem.status.is_client_error() && problem.status.as_u16() != 429 => return Err(problem),
        Err(_) => Said { code: "AWAY", ..away(visitor.t()) },
    };
    Ok(read(&pages, &visitor, &name, Some(answer)).await?.answer(Caching::Private))
}

fn away(t: Texts) -> Said {
    let (title, text) = (t.get("coupon-js-AWAY").to_owned(), t.get("coupon-js-AWAY-text").to_owned());
    Said { code: "AWAY", title, text, is_good: false }
}

#[cfg(test)]
mod tests {
    use super::*;
    use web::Language;

    #[test]
    fn every_answer_says_what_is_left_to_do() {
        for language in Language::ALL {
            let t = Texts::of(language);
            for code in CODES.into_iter().chain(["INVALID_INPUT", ""]) {
                let said = said(t, code, Some(7));
                assert!(!said.title.is_empty() && !said.text.is_empty(), "{code}");
                assert_eq!(said.is_good, matches!(code, "ISSUED" | "ALREADY_ISSUED"), "{code}");
            }
            assert!(said(t, "ISSUED", Some(7)).text.contains('7'));
            assert!(!away(t).text.is_empty());
        }
    }
}
