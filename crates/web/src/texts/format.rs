//! Numbers, days and times as people of each language write them, and the variables of a text.

use domain::Timestamp;
use fluent_bundle::FluentResource;
use jiff::civil::DateTime;
use onsale_http::Language;
use std::collections::BTreeMap;

/// Korean time is ahead of UTC by this, all year.
const KOREA_SECONDS: i64 = 9 * 3_600;
const DAYS_KO: [&str; 7] = ["월", "화", "수", "목", "금", "토", "일"];
const DAYS_EN: [&str; 7] = ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"];
const MONTHS_EN: [&str; 12] = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];

/// With a comma at every thousand.
pub(super) fn grouped(number: i64) -> String {
    let digits = number.unsigned_abs().to_string();
    let mut out = String::with_capacity(digits.len() + digits.len() / 3 + 1);
    if number < 0 {
        out.push('-');
    }
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

fn in_korea(at: Timestamp) -> DateTime {
    at.plus_seconds(KOREA_SECONDS).civil()
}

pub(super) fn date(at: Timestamp, language: Language) -> String {
    let day = in_korea(at);
    let week = usize::from(day.weekday().to_monday_zero_offset().unsigned_abs());
    let (year, month, number) = (day.year(), day.month(), day.day());
    match language {
        Language::Ko => format!("{year}년 {month}월 {number}일 ({})", DAYS_KO[week]),
        Language::En => {
            let month = MONTHS_EN[usize::from(month.unsigned_abs()) - 1];
            format!("{}, {number} {month} {year}", DAYS_EN[week])
        }
    }
}

pub(super) fn time(at: Timestamp, language: Language) -> String {
    let moment = in_korea(at);
    let zone = if language == Language::En { " KST" } else { "" };
    format!("{:02}:{:02}{zone}", moment.hour(), moment.minute())
}

pub(super) fn iso(at: Timestamp) -> String {
    let moment = in_korea(at);
    format!(
        "{:04}-{:02}-{:02}T{:02}:{:02}:{:02}+09:00",
        moment.year(),
        moment.month(),
        moment.day(),
        moment.hour(),
        moment.minute(),
        moment.second()
    )
}

/// Every text's id with the names of its variables, in the order of the alphabet.
///
/// Read from the source itself: a line that begins with a letter begins a text, and what follows it belongs to it.
pub(super) fn variables(resource: &FluentResource) -> BTreeMap<String, Vec<String>> {
    let mut all: BTreeMap<String, Vec<String>> = BTreeMap::new();
    let mut current = None;
    for line in resource.source().lines() {
        if line.starts_with(|first: char| first.is_ascii_alphabetic())
            && let Some((id, _)) = line.split_once('=')
        {
            current = Some(id.trim().to_owned());
            all.entry(id.trim().to_owned()).or_default();
        } else if !line.is_empty() && !line.starts_with([' ', '}']) {
            current = None;
        }
        if let Some(found) = current.as_ref().and_then(|id| all.get_mut(id)) {
            found.extend(names(line));
            found.sort();
            found.dedup();
        }
    }
    all
}

fn names(line: &str) -> impl Iterator<Item = String> {
    let is_name = |letter: char| letter.is_ascii_alphanumeric() || letter == '_' || letter == '-';
    line.split('$').skip(1).map(move |rest| rest.chars().take_while(|letter| is_name(*letter)).collect())
}
