//! `/signup`: four steps, four addresses. Each can be come back to; answers are kept half an hour (`draft`).
//!
//! ```text
//! /signup            terms      -> consents
//! /signup/identity   window     -> id of the verification
//! /signup/email      code       -> proof of the address
//! /signup/account    password, name, phone -> POST /auth/signup with all of it
//! ```

mod account;
mod email;
mod identity;
mod terms;

pub(super) use account::password_fault;
pub(super) use terms::{Term, in_force as terms_in_force};

use super::draft::{Draft, Purpose};
use super::form::{Step, Steps};
use crate::forms::see_other;
use crate::visitor::Visitor;
use crate::{Pages, Problem};
use axum::Router;
use axum::response::Response;
use axum::routing::get;
use web::Texts;

pub(super) fn routes() -> Router<Pages> {
    Router::new()
        .route("/signup", get(terms::show).post(terms::send))
        .route("/signup/identity", get(identity::show))
        .route("/signup/email", get(email::show).post(email::send))
        .route("/signup/account", get(account::show).post(account::send))
}

/// The addresses of the steps, and the ids of their names.
const STEPS: [(&str, &str); 4] = [
    ("/signup", "people-join-terms"),
    ("/signup/identity", "people-join-identity"),
    ("/signup/email", "people-join-email"),
    ("/signup/account", "people-join-account"),
];

/// Where a person stands, at step `current` from 0.
fn steps(t: Texts, current: usize, draft: Option<&Draft>) -> Steps {
    let is_done = |step: usize| draft.is_some_and(|draft| is_done(draft, step));
    let step = |(at, (href, name)): (usize, &(&'static str, &str))| {
        let name = t.get(name).to_owned();
        Step { href, name, is_current: at == current, is_done: is_done(at) }
    };
    let said = t.with("people-join-step", &[("n", (current + 1).into())]);
    Steps { said, list: STEPS.iter().enumerate().map(step).collect() }
}

fn is_done(draft: &Draft, step: usize) -> bool {
    match step {
        0 => draft.consents.is_some(),
        1 => draft.identity.is_some(),
        2 => draft.has_email(),
        _ => false,
    }
}

/// The draft at a step, if all before it is done.
///
/// # Errors
/// Leads to the first step that is not done.
fn draft_at(pages: &Pages, visitor: &Visitor, step: usize) -> Result<Draft, Problem> {
    let draft = Draft::of(visitor, &pages.settings, Purpose::SignUp);
    match draft {
        None => Err(Problem::redirect(visitor, "/signup?expired=yes".to_owned())),
        Some(draft) => match (0..step).find(|before| !is_done(&draft, *before)) {
            Some(missing) => Err(Problem::redirect(visitor, STEPS[missing].0.to_owned())),
            None => Ok(draft),
        },
    }
}

/// On to a step, with the answers kept.
fn on(pages: &Pages, draft: Draft, step: usize) -> Response {
    let mut response = see_other(STEPS[step].0);
    draft.keep(&pages.settings, Purpose::SignUp, &mut response);
    response
}
