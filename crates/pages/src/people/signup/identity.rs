//! Step 2: who somebody is.

use super::super::draft::{Draft, Purpose};
use super::super::form::{Link, Notice};
use super::super::window::{Came, IdentityPage, Returned, Window};
use super::{draft_at, on, steps};
use crate::visitor::Visitor;
use crate::{Pages, Problem};
use axum::extract::{Query, State};
use axum::response::Response;

const HERE: &str = "/signup/identity";
/// The address of the next step.
const NEXT: &str = "/signup/email";

pub(super) async fn show(
    State(pages): State<Pages>,
    visitor: Visitor,
    Query(returned): Query<Returned>,
) -> Result<Response, Problem> {
    let mut draft = draft_at(&pages, &visitor, 1)?;
    if returned.again.is_some() {
        draft.identity = None;
    }
    let came = returned.came(&draft);
    if let Came::Verified(id) = came {
        draft.identity = Some(id);
        return Ok(on(&pages, draft, 2));
    }
    let stopped = if let Came::Stopped(id) = came { Some(id) } else { None };
    Ok(page(&pages, &visitor, draft, stopped))
}

fn page(pages: &Pages, visitor: &Visitor, draft: Draft, stopped: Option<&'static str>) -> Response {
    let t = visitor.t();
    let is_done = draft.identity.is_some() && stopped.is_none();
    let window = if is_done { Window::Done { next: NEXT } } else { Window::of(&pages.settings, &draft, HERE) };
    let mut page = IdentityPage::new(visitor, "people-join-title", window, stopped);
    page.steps = Some(steps(t, 1, Some(&draft)));
    match is_done {
        true => page.notices.push(Notice::good(t.get("people-identity-done"))),
        false => page.lead.push(t.get("people-identity-lead").to_owned()),
    }
    page.links.push(Link::new("/signup", t.get("people-join-back")));
    let mut response = page.into_answer();
    draft.keep(&pages.settings, Purpose::SignUp, &mut response);
    response
}
