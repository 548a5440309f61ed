//! Step 1: the terms in force.

use super::super::draft::{Consent, Draft, Purpose};
use super::super::form::{Check, Faults, FormPage, Link, Notice};
use super::super::login::back;
use super::super::site;
use super::{on, steps};
use crate::visitor::Visitor;
use crate::{Fields, Pages, Problem};
use axum::extract::{Query, State};
use axum::response::Response;
use serde::Deserialize;
use std::collections::HashMap;

/// Most terms that are shown.
const TERMS: &str = "/auth/terms?size=100";

/// The terms in force.
#[derive(Debug, Deserialize)]
pub(in crate::people) struct TermsList {
    pub list: Vec<Term>,
}

/// One version of terms, in the reader's language.
#[derive(Clone, Debug, Deserialize)]
pub(in crate::people) struct Term {
    pub code: String,
    pub version: String,
    pub title: String,
    pub body: String,
    pub required: bool,
}

impl Term {
    /// The name of its box in a form.
    pub fn field(&self) -> String {
        format!("term-{}-{}", self.code, self.version)
    }

    /// As a box to tick.
    pub fn check(&self, t: web::Texts, is_checked: bool) -> Check {
        let kind = if self.required { "people-terms-required" } else { "people-terms-optional" };
        Check {
            id: self.field(),
            label: format!("{} {}", self.title, t.get(kind)),
            note: t.with("people-terms-version", &[("version", self.version.clone().into())]),
            body: self.body.lines().map(str::trim).filter(|line| !line.is_empty()).map(str::to_owned).collect(),
            is_checked,
            error: None,
        }
    }
}

/// The terms in force.
pub(in crate::people) async fn in_force(pages: &Pages, visitor: &Visitor) -> Result<Vec<Term>, Problem> {
    pages.api.get::<TermsList>(visitor, TERMS).await.map(|found| found.list)
}

/// The address of the page.
#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub(in crate::people) struct Asked {
    return_url: Option<String>,
    expired: Option<String>,
}

pub(super) async fn show(
    State(pages): State<Pages>,
    visitor: Visitor,
    Query(asked): Query<Asked>,
) -> Result<Response, Problem> {
    let terms = in_force(&pages, &visitor).await?;
    let draft = Draft::of(&visitor, &pages.settings, Purpose::SignUp);
    let to = asked.return_url.as_deref().map(|asked| back(Some(asked)));
    let to = to.or_else(|| draft.as_ref().and_then(|draft| draft.return_url.clone()));
    let agreed = |term: &Term| {
        let said = draft.as_ref().and_then(|draft| draft.consents.as_ref()).into_iter().flatten();
        said.clone().any(|said| said.agreed && said.code == term.code && said.version == term.version)
    };
    let mut page = page(&visitor, &terms, agreed, to.as_deref(), draft.as_ref(), None);
    if asked.expired.is_some() && draft.is_none() {
        page.notices.push(Notice::warn(visitor.t().get("people-error-expired")));
    }
    Ok(page.into_answer())
}

fn page(
    visitor: &Visitor,
    terms: &[Term],
    is_agreed: impl Fn(&Term) -> bool,
    to: Option<&str>,
    draft: Option<&Draft>,
    faults: Option<Faults>,
) -> FormPage {
    let t = visitor.t();
    let mut page = FormPage::new(visitor, "people-join-title", "/signup", "people-join-next");
    page.steps = Some(steps(t, 0, draft));
    page.checks = terms.iter().map(|term| term.check(t, is_agreed(term))).collect();
    page.lead.push(t.get(if terms.is_empty() { "people-terms-none" } else { "people-terms-lead" }).to_owned());
    page.hidden = vec![("returnUrl", to.unwrap_or_default().to_owned())];
    page.notes.push(t.get("people-join-keep").to_owned());
    page.links.push(Link::new("/login", t.get("people-join-have")));
    page.with_faults(faults)
}

pub(super) async fn send(
    State(pages): State<Pages>,
    visitor: Visitor,
    fields: Fields<HashMap<String, String>>,
) -> Result<Response, Problem> {
    site::demand_own(&visitor, &pages.settings)?;
    let t = visitor.t();
    let terms = in_force(&pages, &visitor).await?;
    let is_agreed = |term: &Term| fields.first(&term.field()).is_some();
    let to = fields.first("returnUrl").filter(|to| !to.is_empty()).map(|to| back(Some(to)));
    let before = Draft::of(&visitor, &pages.settings, Purpose::SignUp);
    let mut faults = Faults::typed();
    for term in terms.iter().filter(|term| term.required && !is_agreed(term)) {
        faults.add(term.field(), t.get("people-error-consent"));
    }
    if !faults.errors.is_empty() {
        return Ok(page(&visitor, &terms, is_agreed, to.as_deref(), before.as_ref(), Some(faults)).into_answer());
    }
    let said = terms.iter().map(|term| Consent {
        code: term.code.clone(),
        version: term.version.clone(),
        agreed: is_agreed(term),
    });
    let mut draft = before.unwrap_or_else(|| Draft::begin(None));
    draft.consents = Some(said.collect());
    draft.return_url = to.or(draft.return_url);
    Ok(on(&pages, draft, 1))
}
