//! What `onsale --version` says beside the version: what somebody needs who has this program and a question. See `build.rs`.

/// The version, commit, its date, target and profile, one a line.
pub const LONG: &str = concat!(
    env!("CARGO_PKG_VERSION"),
    "\ncommit: ",
    env!("BUILD_COMMIT"),
    "\ndate: ",
    env!("BUILD_DATE"),
    "\ntarget: ",
    env!("BUILD_TARGET"),
    "\nprofile: ",
    env!("BUILD_PROFILE"),
);

/// The date of the commit, if it is known.
pub fn date() -> Option<&'static str> {
    Some(env!("BUILD_DATE")).filter(|date| date.starts_with(|first: char| first.is_ascii_digit()))
}

#[cfg(test)]
#[path = "../../build_date.rs"]
mod build_date;

#[cfg(test)]
mod tests {
    use super::{LONG, build_date, date};

    #[test]
    fn the_facts_stand_one_a_line() {
        let names: Vec<&str> = LONG.lines().skip(1).filter_map(|line| Some(line.split_once(": ")?.0)).collect();
        assert_eq!(names, ["commit", "date", "target", "profile"]);
        assert!(LONG.contains(std::env::consts::ARCH), "{LONG}");
        assert_eq!(date().is_some(), !LONG.contains("date: unknown"));
    }

    #[test]
    fn seconds_become_a_day() {
        for (seconds, day) in [
            (0, "1970-01-01"),
            (86_399, "1970-01-01"),
            (951_782_400, "2000-02-29"),
            (951_868_800, "2000-03-01"),
            (1_709_164_800, "2024-02-29"),
            (1_735_603_200, "2024-12-31"),
            (1_796_083_199, "2026-11-30"),
            (4_107_542_400, "2100-03-01"),
        ] {
            assert_eq!(build_date::of(seconds), day, "{seconds}");
        }
    }
}
