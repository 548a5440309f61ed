//! `/me/account/consents`.

use super::form::{Faults, FormPage, Link};
use super::signup::{Term, terms_in_force};
use super::trouble;
use crate::api::Nothing;
use crate::forms::see_other;
use crate::visitor::Visitor;
use crate::{Fields, Pages, Problem};
use axum::Router;
use axum::extract::State;
use axum::response::Response;
use axum::routing::get;
use domain::Timestamp;
use http::Method;
use serde::Deserialize;
use serde_json::json;
use std::collections::HashMap;

const HERE: &str = "/me/account/consents";

pub(super) fn routes() -> Router<Pages> {
    Router::new().route(HERE, get(show).post(change))
}

#[derive(Debug, Deserialize)]
struct Said {
    consents: Vec<Consent>,
}

#[derive(Debug, Deserialize)]
struct Consent {
    code: String,
    version: String,
    agreed: bool,
    at: Timestamp,
}

impl Said {
    fn about(&self, term: &Term) -> Option<&Consent> {
        self.consents.iter().find(|said| said.code == term.code && said.version == term.version)
    }
}

async fn show(State(pages): State<Pages>, visitor: Visitor) -> Result<Response, Problem> {
    let said: Said = pages.api.get(&visitor, "/users/me/consents").await?;
    let terms = terms_in_force(&pages, &visitor).await?;
    let is_agreed = |term: &Term| said.about(term).is_some_and(|said| said.agreed);
    Ok(page(&visitor, &terms, &said, is_agreed, None).into_answer())
}

fn page(
    visitor: &Visitor,
    terms: &[Term],
    said: &Said,
    is_agreed: impl Fn(&Term) -> bool,
    faults: Option<Faults>,
) -> FormPage {
    let t = visitor.t();
    let go = if terms.is_empty() { "" } else { "people-save" };
    let mut page = FormPage::new(visitor, "people-consents-title", HERE, go);
    let key = page.shell.key();
    page.hidden.push(("idempotencyKey", key));
    page.back = Some(Link::new("/me/account", t.get("people-back-account")));
    page.checks = terms.iter().map(|term| term.check(t, is_agreed(term))).collect();
    for (term, check) in terms.iter().zip(&mut page.checks) {
        let told = match said.about(term) {
            Some(said) if said.agreed => t.with("people-consents-agreed", &[("date", t.date(said.at).into())]),
            _ => t.get("people-consents-refused").to_owned(),
        };
        check.note = format!("{} · {told}", check.note);
    }
    if terms.is_empty() {
        page.lead.push(t.get("people-consents-none").to_owned());
    }
    page.with_faults(faults)
}

async fn change(
    State(pages): State<Pages>,
    visitor: Visitor,
    fields: Fields<HashMap<String, String>>,
) -> Result<Response, Problem> {
    let said: Said = match pages.api.get(&visitor, "/users/me/consents").await {
        Ok(said) => said,
        Err(problem) if problem.status == http::StatusCode::UNAUTHORIZED => return Err(visitor.to_login()),
        Err(problem) => return Err(problem),
    };
    let t = visitor.t();
    let terms = terms_in_force(&pages, &visitor).await?;
    let is_ticked = |term: &Term| fields.first(&term.field()).is_some();
    let again = |faults| page(&visitor, &terms, &said, is_ticked, Some(faults)).into_answer();
    let mut faults = Faults::typed();
    let is_taken_back =
        |term: &&Term| term.required && !is_ticked(term) && said.about(term).is_some_and(|said| said.agreed);
    for term in terms.iter().filter(is_taken_back) {
        faults.add(term.field(), t.get("people-error-consent-keep"));
    }
    if !faults.errors.is_empty() {
        return Ok(again(faults));
    }
    // What was never said and is not ticked now stays unsaid.
    let told = terms.iter().filter(|term| is_ticked(term) || said.about(term).is_some());
    let consents: Vec<_> =
        told.map(|term| json!({"code": term.code, "version": term.version, "agreed": is_ticked(term)})).collect();
    let body = json!({"consents": consents});
    match pages.api.send::<Nothing>(&visitor, Method::PUT, "/users/me/consents", &body, &fields.proof).await {
        Ok(_) => Ok(see_other("/me/account?done=consents")),
        Err(problem) => trouble::faults(problem, t).map(again),
    }
}
