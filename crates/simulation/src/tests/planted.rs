//! Planted mistakes are found: each test plants one, and sees an invariant break.

use super::*;

/// Histories within which a mistake must show.
const HISTORIES: u64 = 20_000;

fn demand_found(bug: Bug) {
    let (seed, outcome) = first_with(bug, HISTORIES).unwrap_or_else(|| panic!("{bug:?} is not found"));
    // It is the mistake, and not the history. Broken here: an invariant, or the book that judges it, is wrong.
    assert!(!differs(&play(seed, &Plan::default())), "seed {seed} differs without {bug:?}");
    println!("{bug:?} shows at seed {seed}: {}", outcome.findings.violations[0]);
}

macro_rules! planted {
    ($($name:ident: $bug:ident,)*) => {
        $(#[test] fn $name() { demand_found(Bug::$bug); })*

        #[test]
        fn every_mistake_is_planted() {
            assert_eq!(Bug::ALL.len(), [$(Bug::$bug),*].len());
        }
    };
}

planted! {
    a_hold_that_lives_at_its_very_end: ExpiryInclusive,
    a_message_before_its_commit: MessageBeforeCommit,
    refunds_without_comparing_numbers_of_holds: NoHoldNumber,
    success_without_secure: SecureSkipped,
    a_refund_without_a_key: RefundWithoutKey,
    a_refund_with_one_key_for_ever: RefundKeyForEver,
    places_of_consumers_at_the_broker: PlaceAtBroker,
    a_place_that_is_committed_before_the_effect: PlaceBeforeEffect,
    a_buyer_who_is_told_before_it_is_stored: ToldBeforeStored,
    a_message_that_is_marked_before_it_is_sent: MarkedBeforeSent,
    nobody_who_asks_for_lost_messages: NobodyAsks,
    hot_state_left_wrong: HotLeftWrong,
}
