//! Trials of one fault, each on a campaign of its own.

use crate::crowd::Crowd;
use crate::judge::Verdict;
use crate::settings::STOCK;
use crate::system::{Ack, System, with};
use crate::table;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

/// Number of campaigns in this process.
static CAMPAIGNS: AtomicU64 = AtomicU64::new(1);

/// A fault, as a row of the table.
pub struct Fault {
    pub name: &'static str,
    pub ack: Ack,
    /// Default number of trials, without `ONSALE_FAULTS`.
    pub each_commit: u32,
    /// Whether the hot state is rebuilt from rows and messages, which do not contain idempotency keys.
    pub forgets_keys: bool,
    /// An additional program; where it is missing, the test is skipped by name.
    pub needs: fn(&System) -> testkit::Result<()>,
}

impl Fault {
    pub const fn new(name: &'static str, ack: Ack, each_commit: u32) -> Self {
        Self { name, ack, each_commit, forgets_keys: false, needs: |_| Ok(()) }
    }

    pub const fn forgetting_keys(self) -> Self {
        Self { forgets_keys: true, ..self }
    }

    pub const fn needing(self, needs: fn(&System) -> testkit::Result<()>) -> Self {
        Self { needs, ..self }
    }

    /// Causes the fault under load, and judges the result. `happen` gets the campaign and the number of the trial, and
    /// returns when everything runs again.
    pub fn run(&self, happen: impl Fn(&System, &str, u32)) {
        with(self.ack, |system| {
            if testkit::available((self.needs)(system)).is_none() {
                return;
            }
            for trial in 0..testkit::trials(self.each_commit) {
                self.try_once(system, trial, &happen);
            }
        });
        table::print();
    }

    fn try_once(&self, system: &System, trial: u32, happen: &impl Fn(&System, &str, u32)) {
        let event = format!("fault_{}", CAMPAIGNS.fetch_add(1, Ordering::Relaxed));
        system.open_campaign(&event, STOCK);
        let crowd = Crowd::new(system.edge, &event);
        let after = fastrand::u64(STOCK / 20..STOCK / 3);
        let history = crowd.press(after, || {
            happen(system, &event, trial);
            system.wait_until_whole();
        });
        let settled = system.settle(&event, STOCK);
        let verdict = Verdict::of(&history, &system.rows(&event), STOCK, self.forgets_keys);
        table::add(self.name, &verdict, history.outage, history.put_off);
        let what = format!("{}, trial {}, {event}", self.name, trial + 1);
        if verdict.is_faultless() && settled.is_ok() {
            println!("{what}: {} acknowledged, all kept; {:?} without an answer", verdict.acknowledged, history.outage);
            return;
        }
        table::print();
        if let Err(why) = settled {
            eprintln!("{what}: {why}");
        }
        verdict.demand(&what);
        panic!("{what}: the books do not balance");
    }
}

/// Kills a server, and restarts it after a random time.
pub fn kill_for_ms(process: &testkit::Process, range: std::ops::Range<u64>) {
    process.kill().expect("killed");
    pause_ms(range);
    process.restart().expect("starts again");
}

/// A random value between both.
pub fn pause_ms(range: std::ops::Range<u64>) {
    std::thread::sleep(Duration::from_millis(fastrand::u64(range)));
}
