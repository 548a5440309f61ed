//! The first page: what is on sale, what comes, coupons that open soon.

use super::card::Card;
use super::last::{self, Answer};
use super::model::{Campaign, Listed, Paged};
use crate::problem::Problem;
use crate::{Pages, Visitor};
use askama::Template;
use axum::extract::State;
use axum::response::Response;
use domain::Timestamp;
use http::StatusCode;
use web::texts::Texts;
use web::{Caching, OpenGraph, Policy, Shell, page};

/// Most shows of each part.
const SHOWS_MAX: usize = 6;
/// Most coupons.
const COUPONS_MAX: usize = 3;

const ON_SALE: &str = "/events?status=OPEN&sort=startDate,asc&size=24";
const COMING: &str = "/events?status=UPCOMING&sort=saleStartAt,asc&size=6";
const COUPONS: &str = "/api/v1/coupons/campaigns?tenant=default";

#[derive(Template)]
#[template(path = "shop/home.html")]
struct Home {
    shell: Shell,
    on_sale: Vec<Card>,
    coming: Vec<Card>,
    coupons: Vec<CouponLine>,
    /// When the lists were read, if that was not just now.
    old: Option<String>,
    is_demo: bool,
}

/// A campaign in one line.
struct CouponLine {
    href: String,
    name: String,
    state: &'static str,
    state_text: String,
}

impl CouponLine {
    /// Nothing of campaigns that are over or stand still.
    fn new(campaign: &Campaign, t: Texts, now: Timestamp) -> Option<Self> {
        let (state, state_text) = match campaign.status.as_str() {
            "active" => ("open", t.fill("shop-coupon-left", "count", campaign.remaining_stock)),
            "scheduled" => {
                let opens_at = campaign.opens_at.filter(|at| now < *at)?;
                ("soon", t.fill("shop-coupon-opens", "moment", t.moment(opens_at)))
            }
            _ => return None,
        };
        let href = format!("/coupons/{}", super::escaped(&campaign.event_id));
        Some(Self { href, name: campaign.name.clone(), state, state_text })
    }
}

/// `GET /`.
pub(super) async fn show(State(pages): State<Pages>, visitor: Visitor) -> Result<Response, Problem> {
    let make = |everybody: Visitor| {
        let pages = pages.clone();
        async move { home(&pages, &everybody).await }
    };
    pages.kept(&visitor, "/", pages.settings.kept_for, make).await
}

async fn home(pages: &Pages, visitor: &Visitor) -> Result<Response, Problem> {
    let (on_sale, coming, coupons) = tokio::join!(
        last::read::<Paged<Listed>>(pages, visitor, ON_SALE),
        last::read::<Paged<Listed>>(pages, visitor, COMING),
        last::read::<Paged<Campaign>>(pages, visitor, COUPONS),
    );
    let (on_sale, coming) = (on_sale?, coming?);
    let (t, now) = (visitor.t(), clock::now());
    let is_on_sale = |show: &&Listed| show.sale_start_at <= now;
    let cards = |shows: Vec<&Listed>| shows.into_iter().take(SHOWS_MAX).map(|show| Card::new(show, t, now)).collect();
    let old = [on_sale.old, coming.old].into_iter().flatten().min();
    // The shop is whole without coupons.
    let coupons = coupons.map(|answer| lines(&answer, t, now)).unwrap_or_default();
    let settings = &pages.settings;
    let graph = OpenGraph { image: None, url: Some(format!("{}/", settings.public_url)), kind: "website" };
    let shell = Shell::new(visitor, "").style("shop.css").describe(t.get("shop-about")).open_graph(graph);
    let template = Home {
        shell,
        on_sale: cards(on_sale.body.list.iter().filter(is_on_sale).collect()),
        coming: cards(coming.body.list.iter().collect()),
        coupons,
        old: old.map(|at| t.time(at)),
        is_demo: settings.has_sandbox,
    };
    Ok(page(StatusCode::OK, &template.shell, &Policy::Common, Caching::Shared, &template))
}

fn lines(answer: &Answer<Paged<Campaign>>, t: Texts, now: Timestamp) -> Vec<CouponLine> {
    answer.body.list.iter().filter_map(|one| CouponLine::new(one, t, now)).take(COUPONS_MAX).collect()
}
