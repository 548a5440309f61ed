//! The brake: admission slows when the services behind a line cannot take more (the seats' and the payments').
//!
//! Additive increase, multiplicative decrease, as congestion control on a network does: half the rate after each look that
//! found a service away or slow, but for the first, since one slow answer is none yet, and a tenth of the rate more after each
//! that found all well. Below a twentieth nobody is admitted but one person at a time, who shows whether it is over.

/// An answer slower than this many milliseconds says that a service cannot take more.
pub const SLOW_MS: u64 = 1_000;
/// The whole rate, in thousandths.
const WHOLE: u32 = 1_000;
/// What is gained with each good look, in thousandths.
const STEP: u32 = 100;
/// Below this, in thousandths, admission stands.
const LEAST: u32 = 50;

/// What a look at a service has found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Strain {
    /// It answers in time.
    None,
    /// It gives no answer, or a slow one.
    TooMuch,
}

/// How much of the rate is admitted now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Brake {
    thousandths: u32,
    /// Whether the last look found strain.
    is_warned: bool,
}

/// Off.
impl Default for Brake {
    fn default() -> Self {
        Self { thousandths: WHOLE, is_warned: false }
    }
}

impl Strain {
    /// Of an answer that took so long; `None` for no answer.
    pub fn of(answer_ms: Option<u64>) -> Self {
        if answer_ms.is_some_and(|ms| ms < SLOW_MS) { Self::None } else { Self::TooMuch }
    }

    /// The worse of two.
    #[must_use]
    pub fn and(self, other: Self) -> Self {
        if self == Self::None { other } else { self }
    }
}

impl Brake {
    /// After another look.
    #[must_use]
    pub fn after(self, strain: Strain) -> Self {
        let thousandths = match strain {
            Strain::None => (self.thousandths + STEP).min(WHOLE),
            Strain::TooMuch if !self.is_warned => self.thousandths,
            Strain::TooMuch if self.thousandths / 2 < LEAST => 0,
            Strain::TooMuch => self.thousandths / 2,
        };
        Self { thousandths, is_warned: strain == Strain::TooMuch }
    }

    /// Whether the whole rate is admitted.
    pub fn is_off(self) -> bool {
        self.thousandths == WHOLE
    }

    /// The part of the rate that is admitted, 0 to 1.
    pub fn part(self) -> f64 {
        f64::from(self.thousandths) / f64::from(WHOLE)
    }

    /// Most people inside until the next look, `look_ms` later, while so many are inside now; 0, no limit, while the brake is
    /// off. Otherwise at least one: where nobody is inside somebody must try.
    pub fn inside_max(self, inside: u64, rate_per_second: u32, look_ms: u64) -> u32 {
        if self.is_off() {
            return 0;
        }
        let rate = u64::from(rate_per_second) * u64::from(self.thousandths);
        let more = (rate * look_ms).div_ceil(u64::from(WHOLE) * 1_000);
        u32::try_from(inside.saturating_add(more).max(1)).unwrap_or(u32::MAX)
    }
}

/// The stricter of two limits of people inside, of which 0 is none.
pub fn stricter(one: u32, other: u32) -> u32 {
    match (one, other) {
        (0, limit) | (limit, 0) => limit,
        (one, other) => one.min(other),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn after(looks: &[Strain]) -> Brake {
        looks.iter().fold(Brake::default(), |brake, strain| brake.after(*strain))
    }

    #[test]
    fn it_halves_under_strain_stands_in_the_end_and_comes_back_in_steps() {
        use Strain::{None, TooMuch};
        assert!(after(&[None, None]).is_off());
        assert!(after(&[TooMuch]).is_off() && after(&[TooMuch, None, TooMuch]).is_off(), "one slow answer is none yet");
        assert_eq!(after(&[TooMuch; 2]).part(), 0.5);
        assert_eq!(after(&[TooMuch; 5]).part(), 0.062);
        assert_eq!(after(&[TooMuch; 6]).part(), 0.0);
        assert_eq!(after(&[TooMuch, TooMuch, None]).part(), 0.6);
        let mut looks = vec![TooMuch; 20];
        looks.extend([None; 9]);
        assert!(!after(&looks).is_off());
        looks.push(None);
        assert!(after(&looks).is_off());
    }

    #[test]
    fn a_braked_line_lets_a_part_of_the_rate_in_and_never_nobody_for_good() {
        let half = after(&[Strain::TooMuch; 2]);
        assert_eq!(half.inside_max(30, 10, 1_000), 35);
        assert_eq!(half.inside_max(30, 10, 500), 33, "rounded up");
        let stands = after(&[Strain::TooMuch; 9]);
        assert_eq!((stands.inside_max(30, 10, 1_000), stands.inside_max(0, 10, 1_000)), (30, 1));
        assert_eq!(Brake::default().inside_max(30, 10, 1_000), 0);
        assert_eq!((stricter(0, 7), stricter(7, 0), stricter(7, 3), stricter(0, 0)), (7, 7, 3, 0));
    }

    #[test]
    fn a_late_answer_and_none_are_strain() {
        assert_eq!((Strain::of(Some(SLOW_MS - 1)), Strain::of(Some(SLOW_MS))), (Strain::None, Strain::TooMuch));
        assert_eq!(Strain::of(None), Strain::TooMuch);
        assert_eq!(Strain::None.and(Strain::TooMuch), Strain::TooMuch.and(Strain::None));
        assert_eq!(Strain::None.and(Strain::None), Strain::None);
    }
}
