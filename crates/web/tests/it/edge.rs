//! The pages of a proxy in front.

use crate::files::folder;
use web::Language;
use web::edge::{PAGE_BYTES_MAX, configuration, page};

#[test]
fn the_proxys_pages_are_those_of_the_texts() {
    let written = std::fs::read_to_string(folder("deploy/nginx/onsale/pages.conf")).unwrap_or_default();
    assert!(written == configuration(), "write them again: cargo run -p web --example edge_pages");
}

#[test]
fn each_says_what_is_safe_and_needs_nothing_of_the_site() {
    for language in Language::ALL {
        for kind in ["busy", "away"] {
            let page = page(kind, language).expect("a page");
            let safe =
                if language == Language::Ko { "두 번 결제되지 않습니다" } else { "cannot be charged twice" };
            assert!(page.contains(safe) && page.contains("$onsale_trace_id"), "{page}");
            assert_eq!(page.matches('$').count(), 1, "a dollar is a variable of NGINX");
            for part in ["<script", "src=", "/assets/", "http:", "https:", "{{", "url("] {
                assert!(!page.contains(part), "{part} in {page}");
            }
            assert!(page.len() <= PAGE_BYTES_MAX, "{} bytes", page.len());
        }
    }
}
