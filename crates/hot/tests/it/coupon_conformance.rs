//! The embedded engine against the rules.

use hot::conformance::Histories;
use hot::conformance::coupon as conformance;
use hot::embedded::{EmbeddedEngine, JournalOptions};
use std::cell::RefCell;

/// goals.md, Safety: 2,000 histories of 100 steps each commit.
const HISTORIES: u32 = 2_000;
const STEPS: usize = 100;

#[tokio::test]
async fn random_histories_rules_and_embedded_engine_agree() {
    // Without waiting for the disk the histories take seconds, not minutes.
    let options = JournalOptions { flush: false, ..JournalOptions::default() };
    let folder = RefCell::new(tempfile::tempdir().expect("a temporary folder"));
    let open = || crate::open_coupons(folder.borrow().path(), options).expect("opens");
    let fresh = || async {
        *folder.borrow_mut() = tempfile::tempdir().expect("a temporary folder");
        open()
    };
    let restart = |engine: EmbeddedEngine| async {
        drop(engine);
        open()
    };
    conformance::run(Histories::new(HISTORIES, STEPS), fresh, restart).await;
}
