//! `/coupons/{campaign}`: the page of one campaign, for everybody or for one person.

use super::campaign::Name;
use super::own::{self, Own, Said};
use super::view::View;
use crate::Pages;
use crate::problem::Problem;
use crate::visitor::Visitor;
use askama::Template;
use axum::extract::{Path, Query, State};
use axum::response::Response;
use http::StatusCode;
use serde::Deserialize;
use std::time::Duration;
use web::{Caching, Policy, Shell, page};

/// The stock on the page is no older than this, with the document's own second.
const KEPT_FOR: Duration = Duration::from_secs(1);

/// Which of the two pages.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Wanted {
    own: String,
}

/// The page of a campaign.
#[derive(Template)]
#[template(path = "coupon/coupon.html")]
pub(super) struct CouponPage {
    pub shell: Shell,
    pub view: View,
    /// As addresses name it.
    pub name: String,
    pub campaign: String,
    /// The line before it.
    pub line: String,
    /// Whether it is another tenant's.
    pub is_foreign: bool,
    /// What one person has and may do; none on the page for everybody.
    pub own: Option<Own>,
}

impl CouponPage {
    pub fn new(visitor: &Visitor, name: &Name, view: View, own: Option<Own>) -> Self {
        let t = visitor.t();
        let words = t
            .with("coupon-describe", &[("name", view.name.clone().into()), ("discount", view.discount.clone().into())]);
        let is_foreign = name.tenant.is_some();
        let mut shell = Shell::new(visitor, view.name.clone()).describe(words);
        if !is_foreign {
            shell = shell.script("coupon.js").texts("coupon-js-").texts("coupon-gated-");
        }
        let line = format!("/wait/gate:{}", name.in_address());
        let (campaign, name) = (name.campaign.clone(), name.in_address());
        Self { shell, view, name, campaign, line, is_foreign, own }
    }

    /// What stands in the button's place.
    fn said(&self) -> Option<&Said> {
        self.own.as_ref()?.answer.as_ref()
    }

    fn may_take(&self) -> bool {
        self.own.as_ref().is_some_and(|own| own.may_take(&self.view))
    }

    fn waits(&self) -> bool {
        self.own.as_ref().is_some_and(|own| matches!(own.gate.as_str(), "WAITING" | "PROCESSING"))
    }

    pub fn answer(&self, caching: Caching) -> Response {
        page(StatusCode::OK, &self.shell, &Policy::Common, caching, self)
    }
}

/// The page.
pub(super) async fn show(
    State(pages): State<Pages>,
    visitor: Visitor,
    Path(address): Path<String>,
    Query(wanted): Query<Wanted>,
) -> Result<Response, Problem> {
    let Some(name) = Name::of(&address) else { return Err(Problem::not_found(&visitor)) };
    if wanted.own == "1" && name.tenant.is_none() {
        return own::show(&pages, &visitor, &name).await;
    }
    let here = format!("/coupons/{}", name.in_address());
    let made = async |pages: Pages, everybody: Visitor| {
        let view = View::of(everybody.t(), &name.read(&pages, &everybody).await?);
        Ok(CouponPage::new(&everybody, &name, view, None).answer(Caching::Shared))
    };
    pages.kept(&visitor, here, KEPT_FOR, |everybody| made(pages.clone(), everybody)).await
}
