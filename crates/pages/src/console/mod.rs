//! The console: `/console`, for administrators.
//!
//! ```text
//! operator   who may come in: nobody is led to the log-in, others read why not
//! frame      what all its pages have: menu, outcome of the last change
//! model      the operators' API as it answers
//! fields     forms described once: shown, checked, told again, compared with what others changed meanwhile
//! words      spans of time, rates, labels
//! outcomes   what became of each item of a batch, for ten minutes
//! evening lines campaigns shows letters reconcile audit appeal looks   the pages
//! ```
//!
//! Every change is a form that works without script. Scripts of `assets/console` add the live parts on top.

mod appeal;
mod audit;
mod campaigns;
mod evening;
mod fields;
mod frame;
mod letters;
mod lines;
mod looks;
mod model;
mod operator;
mod outcomes;
mod reconcile;
mod shows;
mod words;

use crate::Pages;
use axum::Router;

/// The menu: text and address of each part.
pub(crate) const PLACES: [(&str, &str); 9] = [
    ("console-nav-evening", "/console"),
    ("console-nav-lines", "/console/lines"),
    ("console-nav-campaigns", "/console/campaigns"),
    ("console-nav-shows", "/console/shows"),
    ("console-nav-letters", "/console/letters"),
    ("console-nav-reconcile", "/console/reconcile"),
    ("console-nav-audit", "/console/audit"),
    ("console-nav-appeal", "/console/appeal"),
    ("console-nav-looks", "/console/looks"),
];

/// The routes.
pub(crate) fn routes() -> Router<Pages> {
    Router::new()
        .merge(evening::routes())
        .merge(lines::routes())
        .merge(campaigns::routes())
        .merge(shows::routes())
        .merge(letters::routes())
        .merge(reconcile::routes())
        .merge(audit::routes())
        .merge(appeal::routes())
        .merge(looks::routes())
}
