//! The wait before a retry (FCFS-012).

/// Maximum number of attempts per user.
pub(super) const ATTEMPTS_MAX: u32 = 30;
const FIRST_MS: u64 = 50;
const LONGEST_MS: u64 = 2_000;
/// Longest wait; a longer `Retry-After` is cut to it.
const RETRY_AFTER_SECONDS_MAX: u32 = 5;

/// Milliseconds to wait after `attempts` attempts: doubling up to two seconds, or as the server asks. The wait is
/// jittered, so that users who were refused together do not retry together.
pub(super) fn wait_ms(attempts: u32, retry_after_seconds: Option<u32>, random: &mut fastrand::Rng) -> u64 {
    match retry_after_seconds {
        Some(seconds) => {
            let asked_ms = u64::from(seconds.min(RETRY_AFTER_SECONDS_MAX)) * 1_000;
            asked_ms + random.u64(..=(asked_ms / 2).max(FIRST_MS))
        }
        None => {
            let ceiling_ms = (FIRST_MS << (attempts.clamp(1, 16) - 1)).min(LONGEST_MS);
            random.u64(ceiling_ms / 2..=ceiling_ms)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_grow_to_a_limit_and_follow_retry_after() {
        let mut random = fastrand::Rng::with_seed(7);
        for attempts in 1..=ATTEMPTS_MAX {
            let ceiling_ms = (FIRST_MS * 2u64.pow(attempts - 1)).min(LONGEST_MS);
            let waited_ms = wait_ms(attempts, None, &mut random);
            assert!((ceiling_ms / 2..=ceiling_ms).contains(&waited_ms), "attempt {attempts}: {waited_ms} ms");
            assert!((3_000..=4_500).contains(&wait_ms(attempts, Some(3), &mut random)));
            assert!((5_000..=7_500).contains(&wait_ms(attempts, Some(86_400), &mut random)));
        }
        assert!(wait_ms(1, Some(0), &mut random) <= FIRST_MS);
    }
}
