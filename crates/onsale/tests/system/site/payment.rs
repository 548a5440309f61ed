//! A visitor whom a payment provider sends back by a POST from its own site. `reports.md`, F5.

use crate::site::shop::Shop;
use crate::site::straight::{all, first_page, returning};
use std::path::Path;

/// The location for payment returns, as the README has it.
fn location() -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../deploy/nginx/README.md");
    let text = std::fs::read_to_string(path).expect("the README is there");
    let blocks = text.split("```nginx\n").skip(1).filter_map(|block| block.split("```").next());
    let mut found = blocks.filter(|block| block.contains("/pay/return"));
    let block = found.next().expect("the README has the location").to_owned();
    assert_eq!(found.next(), None);
    block
}

fn with_location(config: String) -> String {
    config.replace("    # ---- the check ---", &format!("{}\n    # ---- the check ---", location()))
}

#[test]
fn what_a_payment_provider_posts_reaches_the_site() {
    let Some(shop) = Shop::open_with(&[], with_location) else { return };
    // As a browser sends it: no cookie of ours with `SameSite=Lax`, and the site's own cookies likewise.
    let provider = shop.client().with("Origin", "https://pay.example").with("Sec-Fetch-Site", "cross-site");
    let provider = provider.with("Sec-Fetch-Mode", "navigate").with("Accept", "text/html,*/*;q=0.8");
    let form = provider.with("Content-Type", "application/x-www-form-urlencoded");
    let answer = form.call("POST", "/pay/return", Some(b"result=0000&tid=T1"));
    assert_eq!((answer.status, answer.header("x-shop")), (200, Some("yes")), "{}", answer.text());
    let posted = shop.site.posted();
    assert_eq!(posted.len(), 1);
    assert_eq!((posted[0].line.as_str(), posted[0].body.as_str()), ("POST /pay/return", "result=0000&tid=T1"));
    assert!(posted[0].head.contains("X-Forwarded-For: 127.0.0.1\r\n"), "{}", posted[0].head);
    // Nothing else is open because of it.
    for path in ["/pay", "/pay/return/x", "/pay/returns", "/pay/cancel"] {
        assert_eq!(form.call("POST", path, Some(b"a=b")).status, 303, "{path}");
    }
    assert_eq!(shop.site.posted().len(), 1);
}

/// With the setting, browsers send the cookies: the POST passes as any other request of a visitor inside.
#[test]
fn with_same_site_none_the_cookies_come_along_over_tls() {
    let trusted = |config: String| {
        let at = "real_ip_header X-Forwarded-For;";
        config.replace(at, &format!("set_real_ip_from 127.0.0.1;\n{at}"))
    };
    let Some(shop) = Shop::open_with(&[("ONSALE__QUEUE__COOKIE_SAME_SITE", "none")], trusted) else { return };
    shop.let_in(1_000);
    let secure = shop.client().with("X-Forwarded-For", "203.0.113.5").with("X-Forwarded-Proto", "https");
    let first = first_page(&secure);
    let given = all(&first, "set-cookie");
    assert_eq!(given.len(), 2, "{given:?}");
    assert!(given.iter().all(|cookie| cookie.starts_with("__Host-") && cookie.ends_with("; SameSite=None; Secure")));
    let inside = returning(&secure, &first).with("Content-Type", "application/x-www-form-urlencoded");
    assert_eq!(inside.call("POST", "/pay/return", Some(b"tid=T2")).status, 200);
    assert_eq!(shop.site.posted()[0].body, "tid=T2");
    // A browser would refuse such a cookie without TLS.
    let plain = all(&shop.client().get("/wait/shop?to=/"), "set-cookie");
    assert!(plain[0].ends_with("; SameSite=Lax"), "{plain:?}");
}
