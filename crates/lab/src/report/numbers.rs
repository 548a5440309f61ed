//! Numbers for display.

/// 1,234,567.
pub(crate) fn thousands(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::with_capacity(digits.len() + digits.len() / 3);
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// About three significant digits: 0.042, 4.20, 42.0, 4,200.
pub(super) fn rounded(number: f64) -> String {
    match number {
        number if number >= 100.0 => thousands(number.round() as u64),
        number if number >= 10.0 => format!("{number:.1}"),
        number if number >= 1.0 => format!("{number:.2}"),
        number => format!("{number:.3}"),
    }
}

/// Milliseconds with their unit, seconds from a second on.
pub(super) fn latency(ms: f64) -> String {
    if ms >= 1_000.0 { format!("{} s", rounded(ms / 1_000.0)) } else { format!("{} ms", rounded(ms)) }
}

/// Seconds with their unit, milliseconds below a second.
pub(super) fn duration(seconds: f64) -> String {
    if seconds >= 120.0 {
        let whole = seconds.round() as u64;
        return format!("{} min {} s", whole / 60, whole % 60);
    }
    latency(seconds * 1_000.0)
}

/// A number for an axis: 0, 250, 10k, 1.5M.
pub(super) fn short(number: f64) -> String {
    let with = |number: f64, unit: &str| {
        let text = format!("{number:.1}");
        format!("{}{unit}", text.strip_suffix(".0").unwrap_or(&text))
    };
    match number {
        number if number >= 1e6 => with(number / 1e6, "M"),
        number if number >= 1e3 => with(number / 1e3, "k"),
        number => with(number, ""),
    }
}

/// A share of a whole in percent, never rounded to nothing or to all.
pub(super) fn percent(part: u64, whole: u64) -> String {
    if whole == 0 || part == 0 {
        return "0 %".into();
    }
    match 100.0 * part as f64 / whole as f64 {
        share if share < 0.01 => "< 0.01 %".into(),
        share if part < whole && share > 99.99 => "> 99.99 %".into(),
        share if part == whole => format!("{share:.0} %"),
        share => format!("{share:.2} %"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_formatted_for_display() {
        assert_eq!(thousands(0), "0");
        assert_eq!(thousands(999), "999");
        assert_eq!(thousands(1_234_567), "1,234,567");
        assert_eq!([rounded(4_200.4), rounded(42.04), rounded(4.204)], ["4,200", "42.0", "4.20"]);
        assert_eq!([latency(0.0421), latency(1_500.0)], ["0.042 ms", "1.50 s"]);
        assert_eq!([duration(0.05), duration(11.42), duration(125.0)], ["50.0 ms", "11.4 s", "2 min 5 s"]);
        assert_eq!([short(0.0), short(250.0), short(10_000.0), short(1.5e6)], ["0", "250", "10k", "1.5M"]);
        assert_eq!([percent(0, 5), percent(5, 5), percent(1, 1_000_000)], ["0 %", "100 %", "< 0.01 %"]);
        assert_eq!([percent(999_999, 1_000_000), percent(1, 1_000)], ["> 99.99 %", "0.10 %"]);
    }
}
