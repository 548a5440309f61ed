//! The line before a campaign's coupons. Its turn leads to the coupon's page.

use super::arrival::{Answer, Arrival};
use super::line::{line, place_of};
use super::{answering, reasons, serving};
use crate::forms::see_other;
use crate::problem::Problem;
use crate::visitor::Visitor;
use crate::{Fields, Pages, Proof};
use axum::response::Response;
use http::{Method, StatusCode};
use serde::Deserialize;
use web::wait::{Kind, Line, Notice, Place};

/// A request that an issuer works on is looked at again after this time.
const PROCESSING_SECONDS: u64 = 5;

/// A person's place, as `enqueue` and `rank` tell it.
#[derive(Clone, Debug, Deserialize)]
struct OwnPlace {
    status: String,
    rank: Option<u64>,
    ticket: Option<u64>,
    returned: Option<String>,
}

#[derive(Deserialize)]
struct Campaign {
    name: String,
}

struct About<'a> {
    pages: &'a Pages,
    visitor: &'a Visitor,
    campaign: &'a str,
    line: Line,
}

impl<'a> About<'a> {
    async fn of(pages: &'a Pages, visitor: &'a Visitor, campaign: &'a str) -> Result<Self, Problem> {
        let is_name = |byte: u8| byte.is_ascii_alphanumeric() || b"_.:-".contains(&byte);
        // The API lets people queue for campaigns of the tenant `default` alone.
        if campaign.is_empty() || !campaign.bytes().all(is_name) {
            return Err(Problem::not_found(visitor));
        }
        let known = pages.api.get::<Campaign>(visitor, &format!("/api/v1/coupons/status/{campaign}")).await;
        let name = known.ok().map(|campaign| campaign.name);
        Ok(Self { pages, visitor, campaign, line: line(Kind::Gate, format!("gate:{campaign}"), name) })
    }

    fn coupon(&self) -> String {
        format!("/coupons/{}", self.campaign)
    }

    async fn enter(&self, visitor: &Visitor, proof: &Proof) -> Result<OwnPlace, Problem> {
        let path = format!("/gate/events/{}/enqueue", self.campaign);
        let entered = self.pages.api.send::<OwnPlace>(visitor, Method::POST, &path, &(), proof).await?.body;
        // `ALREADY_ENQUEUED` with rank 0: the turn has come, and `rank` says what has become of it.
        match (entered.status.as_str(), entered.rank) {
            ("ALREADY_ENQUEUED", Some(0)) => self.look().await,
            ("SOLD_OUT", _) => Ok(entered),
            _ => Ok(OwnPlace { status: "WAITING".to_owned(), ..entered }),
        }
    }

    async fn look(&self) -> Result<OwnPlace, Problem> {
        self.pages.api.get(self.visitor, &format!("/gate/events/{}/rank", self.campaign)).await
    }

    async fn page(&self, own: OwnPlace, arrival: &Arrival) -> Response {
        let notice = match own.status.as_str() {
            // The coupon's page of this person: with the pass the button is there.
            "ACTIVE" | "ISSUED" => return see_other(&format!("{}?own=1", self.coupon())),
            "WAITING" => return self.waiting(&own, arrival).await,
            "PROCESSING" => Notice::new(StatusCode::OK, "processing").again_after(PROCESSING_SECONDS),
            "SOLD_OUT" => Notice::new(StatusCode::OK, "soldout").action("wait-back-coupon", self.coupon(), false),
            _ if arrival.may_enter => reasons::joining(&self.line, "gone", "wait-rejoin"),
            _ => reasons::joining(&self.line, "join", "wait-join"),
        };
        web::wait::notice(self.visitor, &self.line, &notice)
    }

    async fn waiting(&self, own: &OwnPlace, arrival: &Arrival) -> Response {
        let document = serving(&self.pages.api, self.visitor, &self.line.name).await;
        let rank = own.rank.unwrap_or_default();
        let place = place_of(document, own.ticket.unwrap_or_default(), rank, self.visitor.lang);
        let is_late = own.returned.is_some() || arrival.query.returned == "LATE";
        let place = Place { from_rank: arrival.first_rank(rank), is_late, ..place };
        web::wait::waiting(self.visitor, &self.line, &place)
    }

    fn why(&self, problem: Problem) -> Result<Response, Problem> {
        // The campaign has no line: its page says how it is.
        if problem.status == StatusCode::NOT_FOUND && problem.code == "NOT_FOUND" {
            return Ok(see_other(&self.coupon()));
        }
        reasons::page(self.pages, self.visitor, &self.line, None, problem)
    }
}

/// The page.
pub(super) async fn show(
    pages: &Pages,
    visitor: &Visitor,
    campaign: &str,
    arrival: &Arrival,
) -> Result<Response, Problem> {
    let about = About::of(pages, visitor, campaign).await?;
    let found = match arrival.enters() {
        true => about.enter(visitor, &Proof::by_visit(visitor)).await,
        false => about.look().await,
    };
    match found {
        Ok(own) => Ok(about.page(own, arrival).await),
        Err(problem) => about.why(problem),
    }
}

/// A form of the page: joins, or answers what the line asks for.
pub(super) async fn send(
    pages: &Pages,
    visitor: &Visitor,
    campaign: &str,
    form: &Fields<Answer>,
) -> Result<Response, Problem> {
    let about = About::of(pages, visitor, campaign).await?;
    match about.enter(&answering(visitor, &form.value), &form.proof).await {
        Ok(_) => Ok(see_other(&about.line.here)),
        Err(problem) if problem.code == "CSRF_TOKEN_INVALID" => Err(problem),
        Err(problem) => about.why(problem),
    }
}
