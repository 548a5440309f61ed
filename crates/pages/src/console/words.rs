//! Words of the console that are put together.

use domain::Timestamp;
use web::{Texts, Value};

const MINUTE: u64 = 60;
const HOUR: u64 = 3_600;
const DAY: u64 = 86_400;

/// A span of time: "13 min 44 s".
pub(super) fn span(t: Texts, seconds: u64) -> String {
    let fill = |id: &str, larger: (&str, u64), smaller: (&str, u64)| {
        t.with(id, &[(larger.0, Value::from(larger.1)), (smaller.0, Value::from(smaller.1))])
    };
    match seconds {
        DAY.. => t.get("console-span-days").to_owned(),
        HOUR.. => fill("console-span-hours", ("hours", seconds / HOUR), ("minutes", seconds % HOUR / MINUTE)),
        MINUTE.. => fill("console-span-minutes", ("minutes", seconds / MINUTE), ("seconds", seconds % MINUTE)),
        _ => t.fill("console-span-seconds", "seconds", seconds),
    }
}

/// People a second, as measured: one decimal while it is small.
pub(super) fn per_second(t: Texts, rate: f64) -> String {
    if rate >= 100.0 || rate.fract() == 0.0 { t.number(rate.round() as i64) } else { format!("{rate:.1}") }
}

/// The time of day in Korea, to the second: what operators compare with.
pub(super) fn second(t: Texts, at: Timestamp) -> String {
    t.iso(at).get(11..19).unwrap_or_default().to_owned()
}

/// Day and time of day in Korea, to the second, as a log has it.
pub(super) fn logged(t: Texts, at: Timestamp) -> String {
    t.iso(at).get(..19).unwrap_or_default().replace('T', " ")
}

/// How people call a role of the program.
pub(super) fn role(t: Texts, role: &str) -> String {
    t.find(&format!("console-role-{role}")).unwrap_or(role).to_owned()
}

/// A word of a closed list, such as a state; the bare value for one that is not known here.
pub(super) fn word(t: Texts, group: &str, value: &str) -> String {
    t.find(&format!("console-{group}-{value}")).unwrap_or(value).to_owned()
}

/// Seconds until so many are let in; none while nobody is.
pub(super) fn clear_seconds(waiting: u64, per_second: f64) -> Option<u64> {
    if waiting == 0 {
        return Some(0);
    }
    (per_second > 0.0).then(|| (waiting as f64 / per_second).ceil() as u64)
}

/// Words as templates ask for them: a template hands fields over by reference.
pub(super) trait Say {
    /// A whole number, grouped.
    fn figure(self, number: &u64) -> String;
    /// A whole number, grouped; a dash for one that nobody knows.
    fn maybe(self, number: &Option<u64>) -> String;
    /// An amount of money; a dash for one that nobody knows.
    fn amount(self, won: &Option<i64>) -> String;
    /// People a second.
    fn pace(self, rate: &f64) -> String;
    /// A span of time, or that nobody is let in.
    fn clear(self, seconds: &Option<u64>) -> String;
    /// A word of a closed list.
    fn word(self, group: &str, value: &str) -> String;
    /// Day and time of day.
    fn when(self, at: &Timestamp) -> String;
    /// How people call a role of the program.
    fn role(self, role: &str) -> String;
}

/// Stands for a number that nobody knows.
const DASH: &str = "–";

impl Say for Texts {
    fn figure(self, number: &u64) -> String {
        self.number(*number)
    }

    fn maybe(self, number: &Option<u64>) -> String {
        number.map_or_else(|| DASH.to_owned(), |number| self.number(number))
    }

    fn amount(self, won: &Option<i64>) -> String {
        won.map_or_else(|| DASH.to_owned(), |won| self.won(won))
    }

    fn pace(self, rate: &f64) -> String {
        per_second(self, *rate)
    }

    fn clear(self, seconds: &Option<u64>) -> String {
        match seconds {
            Some(0) => DASH.to_owned(),
            Some(seconds) => span(self, *seconds),
            None => self.get("console-line-never").to_owned(),
        }
    }

    fn word(self, group: &str, value: &str) -> String {
        word(self, group, value)
    }

    fn when(self, at: &Timestamp) -> String {
        self.moment(*at)
    }

    fn role(self, name: &str) -> String {
        role(self, name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use onsale_http::Language;

    #[test]
    fn spans_of_time_are_written_in_two_units() {
        let t = Texts::of(Language::En);
        assert_eq!(span(t, 44), "44 s");
        assert_eq!(span(t, 824), "13 min 44 s");
        assert_eq!(span(t, 7_260), "2 h 1 min");
        assert_eq!(span(t, 90_000), "more than a day");
    }

    #[test]
    fn a_line_clears_in_its_people_over_its_rate() {
        assert_eq!(clear_seconds(41_230, 50.0), Some(825));
        assert_eq!(clear_seconds(0, 0.0), Some(0));
        assert_eq!(clear_seconds(1, 0.0), None);
    }
}
