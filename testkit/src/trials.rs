//! How often faults are tried.

/// Trials of a fault: `ONSALE_FAULTS`, or else `each_commit`.
///
/// # Panics
/// When the variable is no number.
pub fn trials(each_commit: u32) -> u32 {
    let given = std::env::var("ONSALE_FAULTS").ok();
    given.map_or(each_commit, |text| text.parse().expect("ONSALE_FAULTS is a number"))
}
