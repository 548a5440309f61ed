//! How long an answer may be kept.

use crate::model::Schedule;
use crate::service::Settings;
use domain::Timestamp;
use domain::catalog::ScheduleStatus;

/// While seats are sold, what shows them is kept so long at most: should the process that heard of a sale die before it has
/// dropped the answer, nobody reads the old one for longer.
const LIVE_SECONDS: u64 = 30;

/// The life of an answer in milliseconds: at most until `next_change`, when time alone changes it.
pub(crate) fn until(settings: Settings, is_just_open: bool, next_change: Option<Timestamp>, now: Timestamp) -> u64 {
    let seconds = if is_just_open { settings.cache_ttl_open_seconds } else { settings.cache_ttl_seconds };
    let longest = seconds.saturating_mul(1_000);
    let left = next_change.map(|at| u64::try_from(at.millis() - now.millis()).unwrap_or(0));
    longest.min(left.unwrap_or(longest))
}

/// The life of an answer about these schedules.
pub(crate) fn of_schedules(settings: Settings, schedules: &[Schedule], now: Timestamp) -> u64 {
    let is_just_open = schedules.iter().any(|schedule| schedule.times.is_just_open(now));
    let next_change = schedules.iter().filter_map(|schedule| schedule.times.next_change(now)).min();
    let life_ms = until(settings, is_just_open, next_change, now);
    let is_live = schedules.iter().any(|one| one.times.status(one.is_cancelled, now) == ScheduleStatus::Ongoing);
    if is_live { life_ms.min(LIVE_SECONDS * 1_000) } else { life_ms }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_ends_with_its_life_or_with_what_it_says() {
        let (settings, now) = (Settings::default(), Timestamp(1_000_000));
        assert_eq!(until(settings, false, None, now), 300_000);
        assert_eq!(until(settings, true, None, now), 10_000);
        assert_eq!(until(settings, false, Some(Timestamp(1_002_500)), now), 2_500);
        assert_eq!(until(settings, true, Some(Timestamp(1_020_000)), now), 10_000);
        assert_eq!(until(settings, false, Some(now), now), 0);
    }
}
