//! Personal data in a message is not shown: an operator judges a message by its form, its ids and its reason.

use serde_json::Value;

/// What stands in place of it.
pub const MASK: &str = "***";
/// Names of fields that hold something personal, without `_` and in small letters.
const PERSONAL: [&str; 21] = [
    "userid",
    "user",
    "email",
    "emailaddress",
    "name",
    "username",
    "customername",
    "holder",
    "phone",
    "phonenumber",
    "password",
    "ci",
    "di",
    "birthdate",
    "ip",
    "ipaddress",
    "useragent",
    "cardnumber",
    "cardname",
    "token",
    "text",
];
/// Digits in a row, dashes and blanks between them passed over, from which on they may be a telephone's or a card's.
const DIGITS_MIN: usize = 9;

/// The value with what is personal replaced: by the names of fields, and by the form of texts.
pub fn masked(value: Value) -> Value {
    match value {
        Value::Object(fields) => Value::Object(
            fields
                .into_iter()
                .map(|(name, value)| {
                    let value = if is_personal(&name) { covered(value) } else { masked(value) };
                    (name, value)
                })
                .collect(),
        ),
        Value::Array(items) => Value::Array(items.into_iter().map(masked).collect()),
        Value::String(text) => Value::String(masked_text(&text)),
        other => other,
    }
}

/// A text without addresses of mail and numbers of telephones or cards.
pub fn masked_text(text: &str) -> String {
    if !text.contains('@') && text.bytes().filter(u8::is_ascii_digit).count() < DIGITS_MIN {
        return text.to_owned();
    }
    let words =
        text.split_inclusive(|letter: char| letter.is_whitespace() || matches!(letter, ',' | ';' | '"' | '(' | ')'));
    words
        .map(|word| {
            let end = word.trim_end_matches(|letter: char| {
                letter.is_whitespace() || matches!(letter, ',' | ';' | '"' | '(' | ')')
            });
            if is_mail(end) || is_number(end) { format!("{MASK}{}", &word[end.len()..]) } else { word.to_owned() }
        })
        .collect()
}

fn is_personal(name: &str) -> bool {
    let plain: String = name.chars().filter(|letter| *letter != '_' && *letter != '-').collect();
    PERSONAL.contains(&plain.to_lowercase().as_str())
}

/// Whatever it is, it is not shown; that it is there is.
fn covered(value: Value) -> Value {
    match value {
        Value::Null => Value::Null,
        _ => Value::String(MASK.to_owned()),
    }
}

fn is_mail(word: &str) -> bool {
    word.split_once('@').is_some_and(|(before, after)| !before.is_empty() && after.contains('.'))
}

/// A telephone's or a card's number begins with a digit or `+` and has nothing but digits and dashes: no time, no UUID.
fn is_number(word: &str) -> bool {
    let word = word.strip_prefix('+').unwrap_or(word);
    let is_plain = !word.is_empty() && word.bytes().all(|byte| byte.is_ascii_digit() || byte == b'-');
    is_plain
        && word.starts_with(|letter: char| letter.is_ascii_digit())
        && word.bytes().filter(u8::is_ascii_digit).count() >= DIGITS_MIN
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn what_is_personal_is_covered_at_any_depth_and_ids_stay() {
        let value = json!({
            "eventId": "0190a1b2-0000-7000-8000-000000000001", "payload": {"userId": "alice", "user_id": "alice", "amount": 132000,
                "list": [{"phoneNumber": "010-1234-5678", "seat": "A-1"}], "reservationId": "0190a1b2-0000-7000-8000-000000000002"},
            "metadata": {"userId": null, "correlationId": "t-1"}, "note": "call 010-1234-5678, or kim@example.com now",
            "at": "2026-12-01T20:00:00.123"
        });
        assert_eq!(
            masked(value),
            json!({
                "eventId": "0190a1b2-0000-7000-8000-000000000001", "payload": {"userId": "***", "user_id": "***", "amount": 132000,
                    "list": [{"phoneNumber": "***", "seat": "A-1"}], "reservationId": "0190a1b2-0000-7000-8000-000000000002"},
                "metadata": {"userId": null, "correlationId": "t-1"}, "note": "call ***, or *** now",
                "at": "2026-12-01T20:00:00.123"
            })
        );
    }

    #[test]
    fn a_text_that_is_no_json_is_masked_too() {
        assert_eq!(masked_text("no JSON: kim@example.com"), "no JSON: ***");
        assert_eq!(masked_text("0190a1b2-0000-7000-8000-000000000002"), "0190a1b2-0000-7000-8000-000000000002");
    }
}
