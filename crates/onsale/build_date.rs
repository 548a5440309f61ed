//! A date of the calendar without a library, for `build.rs`.

const SECONDS_PER_DAY: u64 = 86_400;

/// The day in UTC, as `2026-11-30`, of a time in seconds since 1970.
pub fn of(seconds: u64) -> String {
    let mut days = seconds / SECONDS_PER_DAY;
    let mut year: u64 = 1970;
    while days >= length_of(year) && year < 10_000 {
        days -= length_of(year);
        year += 1;
    }
    let february = if is_leap(year) { 29 } else { 28 };
    let mut month = 1;
    for length in [31, february, 31, 30, 31, 30, 31, 31, 30, 31, 30] {
        if days < length {
            break;
        }
        days -= length;
        month += 1;
    }
    format!("{year:04}-{month:02}-{:02}", days + 1)
}

fn is_leap(year: u64) -> bool {
    year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400))
}

fn length_of(year: u64) -> u64 {
    if is_leap(year) { 366 } else { 365 }
}
