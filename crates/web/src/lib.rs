//! The kit of pages: what every page for people is made with.
//!
//! ```text
//! assets   scripts, styles and pictures under one hash, compressed when the program is built
//! texts    the words of all pages, Korean and English
//! look     a name, a logo, colours and words of one's own
//! visit    who looks: language, address, CSRF token
//! shell    what stands around every page: head, header, footer
//! page     a template as an answer: content policy, caching, language
//! edge     what a proxy in front shows when it answers by itself
//! errors   the summary of a form's faults, and the page that says what is safe
//! wait     the waiting page, the same before seats, before coupons and before other sites
//! ```
//!
//! A page's template begins with `{% extends "layout.html" %}`, and its struct has a field `shell`.

pub mod assets;
pub mod edge;
pub mod errors;
pub mod look;
mod page;
pub mod shell;
pub mod texts;
mod visit;
pub mod wait;

pub use errors::FieldError;
pub use look::Look;
pub use onsale_http::Language;
pub use page::{Caching, Hosts, Policy, page};
pub use shell::{OpenGraph, Shell, UNSENT};
pub use texts::{Texts, Value};
pub use visit::Visit;
