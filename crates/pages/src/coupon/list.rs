//! `/coupons`: what can be got now or soon.

use super::campaign::{Campaign, List};
use super::view::discount;
use crate::Pages;
use crate::problem::Problem;
use crate::visitor::Visitor;
use askama::Template;
use axum::extract::State;
use axum::response::Response;
use http::StatusCode;
use web::texts::read_time;
use web::{Caching, Policy, Shell, Texts, page};

struct Card {
    address: String,
    state: String,
    name: String,
    discount: String,
    /// When it opens, or how many are left.
    when: String,
    gated: bool,
}

impl Card {
    fn of(t: Texts, campaign: &Campaign) -> Self {
        let opens_at = campaign.opens_at.as_deref().and_then(read_time).filter(|_| campaign.status == "scheduled");
        let when = match opens_at {
            Some(opens_at) => t.fill("coupon-list-opens", "moment", t.moment(opens_at)),
            None => t.fill("coupon-list-left", "left", campaign.remaining_stock),
        };
        Self {
            address: format!("/coupons/{}", campaign.event_id),
            state: campaign.status.clone(),
            name: campaign.name.clone(),
            discount: discount(t, campaign.discount.as_ref()),
            when,
            gated: campaign.gated,
        }
    }
}

#[derive(Template)]
#[template(path = "coupon/list.html")]
struct ListPage {
    shell: Shell,
    state: &'static str,
    cards: Vec<Card>,
}

/// The page.
pub(super) async fn show(State(pages): State<Pages>, visitor: Visitor) -> Result<Response, Problem> {
    let kept_for = pages.settings.kept_for;
    pages.kept(&visitor, "/coupons", kept_for, |everybody| made(pages.clone(), everybody)).await
}

async fn made(pages: Pages, visitor: Visitor) -> Result<Response, Problem> {
    let t = visitor.t();
    let listed = pages.api.get::<List>(&visitor, "/api/v1/coupons/campaigns").await;
    let (state, cards): (_, Vec<Card>) = match listed {
        Ok(all) if all.list.is_empty() => ("empty", Vec::new()),
        Ok(all) => ("list", all.list.iter().map(|campaign| Card::of(t, campaign)).collect()),
        // Switched off, or away: what people have is not in danger, and the page says so.
        Err(_) => ("away", Vec::new()),
    };
    let shell = Shell::new(&visitor, t.get("coupon-list-title")).describe(t.get("coupon-list-lead"));
    let template = ListPage { shell, state, cards };
    Ok(page(StatusCode::OK, &template.shell, &Policy::Common, Caching::Shared, &template))
}
