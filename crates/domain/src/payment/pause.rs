//! When something is tried again: pauses that grow, so that a short trouble is over soon and a long one is not made worse.

use crate::time::Timestamp;

/// Longest pause between two tries, in milliseconds.
pub const PAUSE_MS_MAX: i64 = 600_000;
/// The pause after the first try, in milliseconds. It doubles.
const PAUSE_MS_MIN: i64 = 1_000;
/// Tries without an end after which an operator is told.
pub const TRIES_UNTIL_ALARM: u32 = 10;

/// The pause after this many tries: 1 s, 2 s, 4 s and so on to ten minutes.
pub fn pause_ms(tries: u32) -> i64 {
    let doubled = 1_i64.checked_shl(tries.saturating_sub(1).min(32)).unwrap_or(i64::MAX);
    PAUSE_MS_MIN.saturating_mul(doubled).min(PAUSE_MS_MAX)
}

/// When it is tried again after this many tries.
pub fn after_tries(tries: u32, now: Timestamp) -> Timestamp {
    Timestamp(now.millis().saturating_add(pause_ms(tries)))
}

/// Whether an operator is told of this many tries: at the tenth and each tenth after it.
pub fn is_alarm(tries: u32) -> bool {
    tries > 0 && tries.is_multiple_of(TRIES_UNTIL_ALARM)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_double_to_ten_minutes() {
        let pauses: Vec<i64> = (0..12).map(|tries| pause_ms(tries) / 1_000).collect();
        assert_eq!(pauses, [1, 1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 600]);
        assert_eq!(pause_ms(u32::MAX), PAUSE_MS_MAX);
        assert_eq!(after_tries(3, Timestamp(5)), Timestamp(4_005));
        assert_eq!((0..=20).filter(|tries| is_alarm(*tries)).collect::<Vec<_>>(), [10, 20]);
    }
}
