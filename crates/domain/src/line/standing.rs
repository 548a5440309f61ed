//! What a line tells everybody about itself, in one word (amendment 7 of the contract).

use super::rule::LineRule;
use super::status::LineCounts;
use super::terms::Switch;
use crate::time::Timestamp;
use serde::{Deserialize, Serialize};

/// The sale behind a line, as far as the line knows it. Lines before sites have none: it is always active.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Sale {
    /// It has not begun.
    Scheduled,
    /// It goes on.
    #[default]
    Active,
    /// It is stopped for now.
    Paused,
    /// Nothing is left.
    SoldOut,
    /// It is over.
    Closed,
}

/// The state of a line.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum LineState {
    /// It has not opened: nobody goes on yet.
    Scheduled,
    /// It has opened, and the draw that gives the order is not held yet.
    Drawing,
    /// People go on at the line's rate, or nobody has to wait.
    Open,
    /// Nobody goes on for now: paused by an operator, or at a rate of 0.
    Paused,
    /// People go on, and there is no room for more people in the line.
    Full,
    /// Nothing is left of what people wait for.
    SoldOut,
    /// It is over.
    Ended,
}

impl LineState {
    /// The state that follows from a rule and counts. Where several are true, the one that lasts longest is told.
    pub fn of(rule: &LineRule, counts: &LineCounts, now: Timestamp) -> Self {
        let is_early = rule.opens_at.is_some_and(|opens_at| now < opens_at);
        let is_undrawn = rule.draw.is_some() && counts.drawn.is_none();
        match rule.sale {
            _ if rule.closed || rule.terms.has_ended(now) => Self::Ended,
            Sale::Closed => Self::Ended,
            Sale::SoldOut => Self::SoldOut,
            _ if rule.terms.switch == Switch::Off => Self::Open,
            Sale::Paused => Self::Paused,
            Sale::Scheduled => Self::Scheduled,
            Sale::Active if is_early => Self::Scheduled,
            Sale::Active if is_undrawn => Self::Drawing,
            Sale::Active if !rule.admits_at(now) => Self::Paused,
            Sale::Active if counts.waiting >= u64::from(rule.capacity) => Self::Full,
            Sale::Active => Self::Open,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::line::{DrawPlan, DrawSeed, LineTerms, Randomness};

    const NOW: Timestamp = Timestamp(1_700_000_000_000);
    const LATER: Timestamp = Timestamp(NOW.0 + 1);

    fn state(change: fn(&mut LineRule)) -> LineState {
        let mut rule = LineRule { capacity: 2, ..LineRule::new(1) };
        change(&mut rule);
        LineState::of(&rule, &LineCounts { waiting: 1, ..LineCounts::default() }, NOW)
    }

    #[test]
    fn each_state_has_its_cause() {
        assert_eq!(state(|_| {}), LineState::Open);
        assert_eq!(state(|rule| rule.opens_at = Some(LATER)), LineState::Scheduled);
        assert_eq!(state(|rule| rule.opens_at = Some(NOW)), LineState::Open);
        assert_eq!(state(|rule| rule.sale = Sale::Scheduled), LineState::Scheduled);
        let draw = |rule: &mut LineRule| rule.draw = Some(DrawPlan::new(DrawSeed([1; 32]), NOW, Randomness::None));
        assert_eq!(state(draw), LineState::Drawing);
        assert_eq!(state(|rule| rule.paused = true), LineState::Paused);
        assert_eq!(state(|rule| rule.rate_per_second = 0), LineState::Paused);
        assert_eq!(state(|rule| rule.sale = Sale::Paused), LineState::Paused);
        assert_eq!(state(|rule| rule.capacity = 1), LineState::Full);
        assert_eq!(state(|rule| rule.sale = Sale::SoldOut), LineState::SoldOut);
        assert_eq!(state(|rule| rule.sale = Sale::Closed), LineState::Ended);
        assert_eq!(state(|rule| rule.closed = true), LineState::Ended);
        let ends = |rule: &mut LineRule| rule.terms = LineTerms { closes_at: Some(NOW), ..LineTerms::default() };
        assert_eq!(state(ends), LineState::Ended);
    }

    #[test]
    fn what_lasts_longest_is_told() {
        assert_eq!(
            state(|rule| {
                rule.paused = true;
                rule.opens_at = Some(LATER);
            }),
            LineState::Scheduled
        );
        let off = |rule: &mut LineRule| {
            rule.terms.switch = Switch::Off;
            rule.paused = true;
        };
        assert_eq!(state(off), LineState::Open, "nobody has to wait");
        assert_eq!(serde_json::to_string(&LineState::SoldOut).expect("written"), r#""SOLD_OUT""#);
    }
}
