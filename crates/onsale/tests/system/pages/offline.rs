//! A ticket opens without a network, and is gone from the device after a log-out.

use super::shop::Shop;
use crate::browser::{Browser, Person};

fn kept(person: &Person, path: &str) -> bool {
    person.value(&format!("caches.match({path:?}).then((kept) => !!kept)")) == Some(true.into())
}

#[test]
fn a_ticket_opens_without_a_network_until_its_owner_logs_out() {
    let Some(browser) = Browser::get() else { return };
    let mut shop = Shop::with(&[]);
    let show = shop.new_show();
    let (person, buyer) = shop.visitor(browser);
    let reservation = buyer.buys(&show, 1, "S");
    let here = format!("/me/tickets/{reservation}");
    person.open(&shop.url(&here));
    person.until_state(&["good"]);
    person.until_true("the ticket is kept", |person| kept(person, &here));
    person.follow("main a[href='/me']");
    let address = shop.world.server.address.to_string();
    shop.world.server.kill();
    person.open(&shop.url(&here));
    person.until_state(&["good"]);
    person.until_seen("#qr svg");
    assert_eq!(person.value("document.querySelector('[data-kept]').hidden"), Some(false.into()), "it is said");
    // Other pages under /me/, where the worker answers, say what is here.
    person.open(&shop.url("/me/coupons"));
    person.until_state(&["offline"]);
    person.until_seen(&format!("a[href='{here}']"));
    shop.world.server = super::shop::restarted(&shop, &address);
    person.open(&shop.url("/me/account"));
    person.until_state(&["account"]);
    person.follow("#logout");
    person.until_true("it is gone", |person| !kept(person, &here));
}
