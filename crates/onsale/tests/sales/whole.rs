//! Faults of a whole process, at any moment of the sale.

use crate::sale::{HOLD_SECONDS, Sale, trial};
use crate::table;
use std::time::Duration;

fn sleep_ms(range: std::ops::Range<u64>) {
    std::thread::sleep(Duration::from_millis(fastrand::u64(range)));
}

fn happens(fault: &'static str, happen: impl Fn(&mut Sale)) {
    for _ in 0..testkit::trials(1) {
        trial(fault, None, |sale| {
            sleep_ms(1_000..4_000);
            happen(sale);
        });
    }
    table::print();
}

#[test]
fn tickets_killed_at_any_moment() {
    happens("killed at any moment, twice", |sale| {
        for _ in 0..2 {
            sale.server.kill();
            sale.restart();
            sleep_ms(200..2_000);
        }
    });
}

/// The sweeper, settlement and whoever asks at the provider wake up after their time: nothing that they hold counts any more.
#[test]
fn tickets_stalled_beyond_a_hold() {
    happens("stalled for longer than a hold lives", |sale| {
        sale.server.stall();
        std::thread::sleep(Duration::from_secs(HOLD_SECONDS + 3));
        sale.server.resume();
    });
}

#[test]
fn tickets_killed_and_held_seats_lost() {
    happens("killed, hot state of seats lost", |sale| {
        sale.server.kill();
        for file in ["seats.db", "seats.db-wal", "seats.db-shm"] {
            let path = sale.folder.path().join(file);
            if path.exists() {
                std::fs::remove_file(path).expect("removed");
            }
        }
        sale.restart();
    });
}

#[test]
fn tickets_the_provider_stalls() {
    happens("the provider stalls for 6 s", |sale| {
        sale.sandbox.stall();
        std::thread::sleep(Duration::from_secs(6));
        sale.sandbox.resume();
    });
}
