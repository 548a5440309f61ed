//! The sandbox: stands in for PortOne, reCAPTCHA, the providers of social log-in and a mail server.
//!
//! It speaks their protocols over HTTP and SMTP, so the product's clients are the real ones and only their addresses
//! differ. Doors under `/sandbox/` play the people and the operators of those companies: they pay, verify an identity,
//! make calls fail. Its books are on the disk before any answer leaves, so they can be compared with ours after any crash
//! on either side. It knows nothing of the product, and it is for demos and tests: its secrets are public.

mod books;
pub mod command;
mod doors;
mod oauth;
mod portone;
mod recaptcha;
mod service;
mod settings;
pub mod smtp;
mod windows;

pub use books::{BooksFault, OpenError};
pub use service::Sandbox;
pub use settings::{OauthSettings, PortOneSettings, RecaptchaSecret, SandboxSettings};

use axum::Router;

/// All routes, under `/sandbox/`. Wrap them in `onsale_http::standard` (alone, or with those of a whole server).
pub fn routes(sandbox: Sandbox) -> Router {
    Router::new()
        .merge(portone::routes())
        .merge(recaptcha::routes())
        .merge(oauth::routes())
        .merge(doors::routes())
        .merge(windows::routes())
        .with_state(sandbox)
}
