//! The pages that a proxy in front shows when it answers by itself: too many requests, or no server behind it.
//!
//! They need nothing of the site, which may be away: no script, no picture, styles inside. NGINX takes them as texts of its
//! configuration (`deploy/nginx/onsale/pages.conf`), so that each can name the trace id; `cargo run -p web --example
//! edge_pages` writes that file, and a test compares it.

use crate::texts::Texts;
use askama::Template;
use onsale_http::Language;
use std::fmt::Write;

/// Longest text in NGINX's configuration, in bytes; with room to spare.
pub const PAGE_BYTES_MAX: usize = 3_900;
/// NGINX's name of the trace id.
const TRACE: &str = "$onsale_trace_id";
/// The answers of the edge that a person can meet, and the kind of words for each.
const PAGES: [(u16, &str); 3] = [(429, "busy"), (503, "away"), (504, "away")];

#[derive(Template)]
#[template(path = "edge.html")]
struct EdgePage<'a> {
    lang: &'a str,
    name: &'a str,
    heading: &'a str,
    text: &'a str,
    safe: &'a str,
    again: &'a str,
    quote: &'a str,
    trace: &'a str,
}

/// One page. None when it cannot be written, which a test excludes.
pub fn page(kind: &str, language: Language) -> Option<String> {
    let t = Texts::of(language);
    let page = EdgePage {
        lang: language.as_str(),
        name: t.get("common-name"),
        heading: t.find(&format!("errors-{kind}-title"))?,
        text: t.find(&format!("errors-{kind}-text"))?,
        safe: t.get("errors-safe-edge"),
        again: t.get("errors-again"),
        quote: t.get("errors-trace"),
        trace: TRACE,
    };
    page.render().ok()
}

/// The whole of `pages.conf`.
pub fn configuration() -> String {
    let mut out = String::from(
        "# Pages for people, where the edge answers by itself. Level: server.\n# Written by `cargo run -p web --example \
         edge_pages`; a test compares. Headers are in server.conf and maps.conf.\n",
    );
    for (status, kind) in PAGES {
        for language in Language::ALL {
            let page = page(kind, language).unwrap_or_default();
            let page = page.replace('\\', "\\\\").replace('\'', "\\'");
            // Writing into a text cannot fail.
            let _ = write!(
                out,
                "\nlocation = /-/page/{status}-{} {{\n    internal;\n    charset utf-8;\n    default_type text/html;\n    \
                 return {status} '{page}';\n}}\n",
                language.as_str()
            );
        }
    }
    out
}
