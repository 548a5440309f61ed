//! The process ends at a named place of a purchase ([`cut::at`] in the code), and is started again.

use crate::sale::{Sale, trial};
use std::time::Duration;

/// Longer than people take to a place on a busy machine: some are there only after a hold has ended.
const COMES_THERE: Duration = Duration::from_secs(180);

/// Ends when it comes there for this time: people are at work by then. Each further trial ends one time later.
fn ends_at(fault: &'static str, place: &'static str, time: u32) {
    for number in 0..testkit::trials(1) {
        let cut = format!("{place}:{}", time + number);
        trial(fault, Some(&cut), |sale: &mut Sale| {
            let status = sale.server.wait_within(COMES_THERE);
            assert_eq!(status, None, "it ends by itself at {place}: {}", sale.server.log());
            sale.restart();
        });
    }
    crate::table::print();
}

/// One test a place, so that each is named by itself.
macro_rules! places {
    ($($test:ident $place:literal at $time:literal $fault:literal;)+) => {
        $(#[test]
        fn $test() {
            ends_at($fault, $place, $time);
        })+

        #[test]
        fn every_place_is_in_the_code() {
            let root = concat!(env!("CARGO_MANIFEST_DIR"), "/..");
            let mut code = String::new();
            for part in ["reservation", "payment", "bus", "catalog"] {
                collect(&std::path::Path::new(root).join(part).join("src"), &mut code);
            }
            for place in [$($place),+] {
                assert_eq!(code.matches(&format!("\"{place}\"")).count(), 1, "{place}");
            }
        }
    };
}

fn collect(folder: &std::path::Path, code: &mut String) {
    for entry in std::fs::read_dir(folder).expect("a folder") {
        let path = entry.expect("an entry").path();
        if path.is_dir() {
            collect(&path, code);
        } else {
            code.push_str(&std::fs::read_to_string(&path).expect("text"));
        }
    }
}

places! {
    tickets_killed_between_hot_hold_and_row "hold-hot" at 3 "1 hold: after hot, before the row";
    tickets_killed_between_row_and_answer "hold-row" at 3 "2 hold: after the row, before 201";
    tickets_killed_after_the_claim "payment-claimed" at 3 "5 payment: after claim, before its row";
    tickets_killed_before_registering "payment-stored" at 3 "6 payment: after its row, before registering";
    tickets_killed_after_registering "payment-registered" at 3 "7 payment: registered, not noted";
    tickets_killed_before_secure "payment-paid" at 3 "8 confirm: PAID, before secure";
    tickets_killed_after_secure "payment-secured" at 3 "9,10 confirm: secured, before SUCCESS";
    tickets_killed_before_the_relay "payment-decided" at 3 "11 SUCCESS stored, before the relay";
    tickets_killed_in_the_relay "relay-published" at 8 "11 relayed, before it is noted";
    tickets_killed_when_reservation_has_heard "reservation-heard" at 3 "12 reservation has heard, not noted";
    tickets_killed_when_the_catalog_has_heard "catalog-heard" at 3 "12 the catalog has heard, not noted";
    tickets_killed_in_the_sweep "sweep-row" at 1 "13 swept, before hot release";
    tickets_killed_before_the_410 "payment-told" at 1 "13 told stored, before the 410";
    tickets_killed_before_the_refund "refund-owed" at 1 "14 refund owed, before it is asked for";
    tickets_killed_after_the_refund "refund-asked" at 1 "14 refunded, before it is noted";
}
