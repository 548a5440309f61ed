//! People: log-in, sign-up, and the pages under `/me` but for tickets.
//!
//! ```text
//! form       one template for all forms: fields, faults, notices
//! trouble    what the API refused, as faults at fields and as what to do next
//! captcha    reCAPTCHA on a form; window: the identity verification; site: whether a form is this site's own
//! draft      answers of a sign-up between its steps, sealed in a cookie
//! login      /login        recover   /login/reactivate, /login/reset        signup   /signup, four steps
//! bookings   /me           cancel    /me/reservations/{id}/cancel           coupons  /me/coupons
//! account    /me/account with profile, password, consents, logins, social; leave: log-out and deletion
//! ```

mod account;
mod bookings;
mod cancel;
mod captcha;
mod consents;
mod coupons;
mod draft;
mod form;
mod leave;
mod login;
mod logins;
mod profile;
mod recover;
mod signup;
mod site;
mod social;
mod trouble;
mod window;

pub(crate) use bookings::is_over;
pub(crate) use form::{Link, Notice};

use crate::Pages;
use axum::Router;

/// The routes.
pub(crate) fn routes() -> Router<Pages> {
    Router::new()
        .merge(login::routes())
        .merge(recover::routes())
        .merge(signup::routes())
        .merge(bookings::routes())
        .merge(cancel::routes())
        .merge(coupons::routes())
        .merge(account::routes())
        .merge(profile::routes())
        .merge(consents::routes())
        .merge(logins::routes())
        .merge(social::routes())
        .merge(leave::routes())
}
