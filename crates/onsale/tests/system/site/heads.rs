//! Kind: addresses that NGINX and the site (or Onsale) could understand differently, at the line before a site.

use crate::site::proxy::holder;
use crate::site::shop::Shop;
use testkit::http::heads::{Fault, bad_heads};
use testkit::http::raw;

#[test]
fn no_address_that_means_two_things_is_decided_on() {
    let Some(shop) = Shop::open(&[]) else { return };
    for path in ["/", "/cart", "/wait/shop", "/queue/place/shop", "/queue/stream/shop", "/assets/wait.js"] {
        for method in ["GET", "POST"] {
            for bad in bad_heads(method, path, "?a=b") {
                if matches!(bad.fault, Fault::Path | Fault::Host) {
                    let answer = raw(shop.address, &bad.bytes);
                    assert_eq!(answer.status, 400, "{}{}", bad.text(), answer.text());
                }
            }
        }
    }
    assert_eq!(shop.site.asked(), [""; 0]);
}

/// Browsers and links send such addresses; the site, not the line, knows what they mean.
#[test]
fn bytes_of_other_languages_reach_the_site_and_come_back_from_the_line() {
    let Some(shop) = Shop::open(&[]) else { return };
    let ask = |target: &[u8], more: &str| {
        let head = format!(" HTTP/1.1\r\nHost: a\r\n{more}Connection: close\r\n\r\n");
        raw(shop.address, [b"GET ", target, head.as_bytes()].concat())
    };
    for (target, back) in [
        (&b"/search?q=\xed\x99\x8d"[..], "/search%3Fq%3D%25ED%2599%258D"),
        (b"/search?q=\xc8\xab", "/search%3Fq%3D%25C8%25AB"),
        (b"/\xed\x99\x8d", "/%25ED%2599%258D"),
        (b"/a?b=\"c\"", "/a%3Fb%3D%2522c%2522"),
    ] {
        let answer = ask(target, "");
        let expected = format!("/wait/shop?to={back}");
        assert_eq!((answer.status, answer.header("location")), (303, Some(expected.as_str())));
    }
    shop.let_in(1_000);
    assert_eq!(holder(&shop).get("/search?q=%C8%AB").status, 200);
    assert_eq!(shop.site.asked(), ["/search?q=%C8%AB"]);
}
