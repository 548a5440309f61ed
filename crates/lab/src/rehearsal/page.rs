//! The certificate as one page for people.

use super::Certificate;
use crate::report::thousands;
use anyhow::Context;
use askama::Template;

#[derive(Template)]
#[template(path = "rehearsal.html")]
struct Page<'a> {
    certificate: &'a Certificate,
    signed: &'a str,
    key: &'a str,
}

impl Page<'_> {
    fn whole(&self, number: &f64) -> String {
        thousands(number.round().max(0.0) as u64)
    }

    fn count(&self, number: &u32) -> String {
        thousands((*number).into())
    }

    fn ms(&self, number: &f64) -> String {
        format!("{number:.1} ms")
    }
}

impl Certificate {
    /// The page; `signed` is the signed text, and `key` the public key that checks it.
    ///
    /// # Errors
    /// When the template cannot be rendered.
    pub fn to_html(&self, signed: &str, key: &str) -> anyhow::Result<String> {
        Page { certificate: self, signed, key }.render().context("cannot render the certificate")
    }
}
