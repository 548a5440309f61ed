//! The progress display in the terminal, and the watchdog that stops a load test without progress.

use super::shared::{Progress, Shared};
use indicatif::{HumanCount, ProgressBar, ProgressDrawTarget, ProgressStyle};
use std::io::{IsTerminal, Write};
use std::time::{Duration, Instant};

const LOOK: Duration = Duration::from_millis(20);
const DRAW: Duration = Duration::from_millis(125);
/// Interval of progress lines without a terminal.
const LINE: Duration = Duration::from_secs(5);
/// The load test is stopped after this time without a response.
const STANDSTILL: Duration = Duration::from_secs(60);
/// With at least this many 429 responses, and more than decisions, the rate limits dominate.
const LIMITED_MIN: u64 = 100;
const LIMITS_ADVICE: &str = "the server limits this address (429); for a load test from one machine raise \
    limits.per_ip_per_second and limits.per_ip_burst in its configuration \
    (ONSALE__LIMITS__PER_IP_PER_SECOND, ONSALE__LIMITS__PER_IP_BURST)";

/// Prints a line to standard error.
pub(super) fn print_line(line: &str) {
    // Nobody may be there to read it.
    let _ = writeln!(std::io::stderr().lock(), "rush: {line}");
}

/// Shows the progress until all threads are done; stops the load test when there is no progress.
pub(super) fn watch(shared: &Shared, users: u32, start: Instant, at_work: &dyn Fn() -> bool) {
    let mut pace = Pace { seen: Progress::default(), at: start, moved_at: start, heard: 0, told_of_limits: false };
    let bar = std::io::stderr().is_terminal().then(|| bar(users));
    let interval = if bar.is_some() { DRAW } else { LINE };
    while at_work() {
        std::thread::sleep(LOOK);
        let (now, seen) = (Instant::now(), shared.seen());
        pace.judge(shared, seen, now);
        if now.duration_since(pace.at) < interval {
            continue;
        }
        let line = pace.line(seen, now);
        match &bar {
            Some(bar) => {
                bar.set_position(seen.settled);
                bar.set_message(line);
            }
            None => print_line(&format!("{} of {} users, {line}", HumanCount(seen.settled), HumanCount(users.into()))),
        }
    }
    if let Some(bar) = bar {
        bar.finish_and_clear();
    }
}

fn bar(users: u32) -> ProgressBar {
    let bar = ProgressBar::with_draw_target(Some(users.into()), ProgressDrawTarget::stderr());
    // The template is a constant; the default bar is the fallback.
    let template = "{elapsed_precise} {bar:32.cyan/blue} {human_pos}/{human_len} {msg}";
    bar.set_style(ProgressStyle::with_template(template).unwrap_or_else(|_| ProgressStyle::default_bar()));
    bar
}

struct Pace {
    seen: Progress,
    at: Instant,
    heard: u64,
    moved_at: Instant,
    told_of_limits: bool,
}

impl Pace {
    fn line(&mut self, seen: Progress, now: Instant) -> String {
        let seconds = now.duration_since(self.at).as_secs_f64().max(1e-3);
        let per_second = (seen.settled - self.seen.settled) as f64 / seconds;
        (self.seen, self.at) = (seen, now);
        let troubles = seen.limited + seen.troubles;
        let trouble = if troubles > 0 { format!(", {} retries", HumanCount(troubles)) } else { String::new() };
        let steps = if seen.steps > 0 { format!(", {} ranks", HumanCount(seen.steps)) } else { String::new() };
        format!("{}/s, {} issued{steps}{trouble}", HumanCount(per_second as u64), HumanCount(seen.issued))
    }

    fn judge(&mut self, shared: &Shared, seen: Progress, now: Instant) {
        // A rank counts as progress, too.
        let heard = seen.settled + seen.steps;
        if heard != self.heard {
            (self.heard, self.moved_at) = (heard, now);
        }
        if !self.told_of_limits && seen.limited >= LIMITED_MIN && seen.limited > seen.settled {
            self.told_of_limits = true;
            print_line(LIMITS_ADVICE);
            shared.warn(LIMITS_ADVICE.to_owned());
        }
        if now.duration_since(self.moved_at) >= STANDSTILL && !shared.stopping() {
            shared.fail(standstill(seen));
        }
    }
}

fn standstill(seen: Progress) -> String {
    let advice = if seen.limited > seen.troubles {
        LIMITS_ADVICE
    } else {
        "check that the server is running and that the address is correct"
    };
    format!(
        "no response for {} s ({} users done before; {} responses 429, {} attempts lost or refused): {advice}",
        STANDSTILL.as_secs(),
        seen.settled,
        seen.limited,
        seen.troubles
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rush::shared::Interrupt;

    fn pace(at: Instant) -> Pace {
        Pace { seen: Progress::default(), at, moved_at: at, heard: 0, told_of_limits: false }
    }

    #[test]
    fn a_standstill_stops_the_load_test_with_advice() {
        let (start, shared) = (Instant::now(), Shared::new(10, 1, Interrupt::default()));
        let mut pace = pace(start);
        pace.judge(&shared, Progress { settled: 1, troubles: 9, ..Progress::default() }, start + STANDSTILL);
        pace.judge(&shared, Progress { settled: 1, troubles: 9, ..Progress::default() }, start + STANDSTILL * 2 - LOOK);
        assert!(!shared.stopping(), "a response arrived recently");
        pace.judge(&shared, Progress { settled: 1, troubles: 9, ..Progress::default() }, start + STANDSTILL * 2);
        assert!(shared.outcome().expect_err("stopped").to_string().contains("check that the server is running"));
    }

    #[test]
    fn rate_limits_are_reported_once_and_early() {
        let (start, shared) = (Instant::now(), Shared::new(10, 1, Interrupt::default()));
        let mut pace = pace(start);
        pace.judge(&shared, Progress { settled: 500, limited: 300, ..Progress::default() }, start);
        assert_eq!(shared.warnings(), Vec::<String>::new(), "most requests have a decision");
        for _ in 0..2 {
            pace.judge(&shared, Progress { settled: 500, limited: 600, ..Progress::default() }, start);
        }
        let warnings = shared.warnings();
        assert_eq!(warnings.len(), 1);
        assert!(warnings[0].contains("limits.per_ip_per_second") && warnings[0].contains("limits.per_ip_burst"));
    }
}
