//! What a rate would do, before it is set.

use super::super::words::{clear_seconds, span};
use web::{Texts, Value};

/// Beyond so many times the present rate a second press is asked for.
const SURE_TIMES: u32 = 2;

/// The figures that a preview is worked out from.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Figures {
    /// People in the line.
    pub waiting: u64,
    /// What is left behind the line; none while nobody knows, or where a line has no stock.
    pub stock: Option<u64>,
    /// How much of it one person takes, on average.
    pub per_person: f64,
}

impl Figures {
    /// Seconds until the stock is gone at a rate, if everybody who is let in goes on as people did so far.
    fn stock_seconds(self, rate: u32) -> Option<u64> {
        let stock = self.stock? as f64;
        let a_second = f64::from(rate) * self.per_person;
        (a_second > 0.0).then(|| (stock / a_second).round() as u64)
    }

    /// "41,230 waiting clear in 13 min 44 s; stock lasts about 9 min 10 s."
    pub fn sentence(self, t: Texts, rate: u32) -> String {
        if self.waiting == 0 {
            return t.get("console-rate-preview-nobody").to_owned();
        }
        let waiting = ("waiting", Value::from(self.waiting));
        let Some(clear) = clear_seconds(self.waiting, f64::from(rate)) else {
            return t.with("console-rate-preview-zero", &[waiting]);
        };
        let clear = ("clear", Value::from(span(t, clear)));
        match self.stock_seconds(rate) {
            Some(stock) => {
                t.with("console-rate-preview-stock", &[waiting, clear, ("stock", Value::from(span(t, stock)))])
            }
            None => t.with("console-rate-preview", &[waiting, clear]),
        }
    }
}

/// Whether a change needs a second press: more than twice as many, or nobody any more.
pub(super) fn needs_second_press(was: u32, rate: u32) -> bool {
    rate > was.saturating_mul(SURE_TIMES) || (rate == 0 && was > 0)
}

/// "2.5", "12": how many times as many.
pub(super) fn times(t: Texts, was: u32, rate: u32) -> String {
    super::super::words::per_second(t, f64::from(rate) / f64::from(was.max(1)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use onsale_http::Language;

    #[test]
    fn a_preview_says_how_long_people_wait_and_how_long_the_stock_lasts() {
        let t = Texts::of(Language::En);
        let figures = Figures { waiting: 41_230, stock: Some(27_500), per_person: 1.0 };
        assert_eq!(figures.sentence(t, 50), "41,230 waiting clear in 13 min 45 s; stock lasts about 9 min 10 s.");
        let without = Figures { stock: None, ..figures };
        assert_eq!(without.sentence(t, 50), "41,230 waiting clear in 13 min 45 s.");
        assert!(figures.sentence(t, 0).starts_with("Nobody is let in, and 41,230"));
        assert_eq!(Figures { waiting: 0, ..figures }.sentence(t, 9), "Nobody is waiting right now.");
    }

    #[test]
    fn more_than_twice_as_many_and_nobody_need_a_second_press() {
        assert!(!needs_second_press(10, 20));
        assert!(needs_second_press(10, 21));
        assert!(needs_second_press(10, 0));
        assert!(!needs_second_press(0, 0));
        assert!(needs_second_press(0, 1));
        assert!(!needs_second_press(10, 5));
    }
}
