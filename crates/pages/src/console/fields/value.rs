//! The value of a field: as text in a form, as JSON in the API.

use super::{Kind, Spec};
use domain::Timestamp;
use serde_json::{Value, json};
use web::{FieldError, Texts, Value as Word};

/// Most rows of exceptions that a line takes.
const EXCEPTIONS_MAX: usize = 100;

/// A moment as `<input type="datetime-local">` holds it, in Korean time.
fn local(t: Texts, at: Timestamp) -> String {
    let iso = t.iso(at);
    let length = if iso.get(16..19) == Some(":00") { 16 } else { 19 };
    iso.get(..length).unwrap_or_default().to_owned()
}

/// The moment that a form means.
pub(in crate::console) fn moment(text: &str) -> Option<Timestamp> {
    let seconds = if text.len() == 16 { ":00" } else { "" };
    Timestamp::parse(&format!("{text}{seconds}+09:00")).ok()
}

/// The JSON of a thing's field as a form shows it.
pub(super) fn text_of(t: Texts, kind: Kind, value: &Value) -> String {
    match (kind, value) {
        (Kind::Moment, Value::String(text)) => Timestamp::parse(text).map_or(String::new(), |at| local(t, at)),
        (Kind::Check, Value::Bool(true)) => "on".to_owned(),
        (Kind::Exceptions, Value::Array(all)) => all.iter().map(exception_text).collect::<Vec<_>>().join("\n"),
        (_, Value::String(text)) => text.trim().to_owned(),
        (_, Value::Number(number)) => number.to_string(),
        _ => String::new(),
    }
}

/// What a form holds as the API's JSON. The text is not empty, but for what may be.
///
/// # Errors
/// The field's fault.
pub(super) fn value_of(t: Texts, spec: &Spec, text: &str) -> Result<Value, FieldError> {
    let fault = |id: &str, more: &[(&str, Word<'_>)]| {
        let mut args = vec![("field", Word::from(spec.label(t)))];
        args.extend(more.iter().cloned());
        FieldError::new(spec.id, t.with(id, &args))
    };
    match spec.kind {
        Kind::Text(most) if text.chars().count() > most => {
            Err(fault("console-error-length", &[("most", Word::from(most))]))
        }
        Kind::Text(_) => Ok(text.into()),
        Kind::Number(least, most) => match text.parse::<u64>() {
            Ok(number) if (least..=most).contains(&number) => Ok(number.into()),
            _ => Err(fault("console-error-number", &[("least", Word::from(least)), ("most", Word::from(most))])),
        },
        Kind::Moment => match moment(text) {
            Some(at) => Ok(t.iso(at).into()),
            None => Err(fault("console-error-time", &[])),
        },
        Kind::Choice(all) if all.iter().any(|(value, _)| *value == text) => Ok(text.into()),
        Kind::Choice(_) => Err(fault("console-error-choice", &[])),
        Kind::Check => Ok((!text.is_empty()).into()),
        Kind::Exceptions => exceptions(t, spec, text),
    }
}

fn exceptions(t: Texts, spec: &Spec, text: &str) -> Result<Value, FieldError> {
    let rows = text.lines().enumerate().filter(|(_, row)| !row.trim().is_empty());
    let read = rows.map(|(index, row)| match exception(row.trim()) {
        Some(read) if index < EXCEPTIONS_MAX => Ok(read),
        _ => Err(FieldError::new(spec.id, t.fill("console-error-exception", "line", index + 1))),
    });
    read.collect::<Result<Vec<_>, _>>().map(Value::from)
}

/// `network 203.0.113.0/24`, `path /health*`, `agent Googlebot`, `link`.
fn exception(row: &str) -> Option<Value> {
    if row == "link" {
        return Some(json!({"signedLink": true}));
    }
    let (kind, rest) = row.split_once(char::is_whitespace)?;
    let is_known = matches!(kind, "network" | "path" | "agent") && !rest.trim().is_empty();
    is_known.then(|| json!({kind: rest.trim()}))
}

fn exception_text(written: &Value) -> String {
    let text = |kind: &str| written.get(kind).and_then(Value::as_str).map(|text| format!("{kind} {text}"));
    text("network").or_else(|| text("path")).or_else(|| text("agent")).unwrap_or_else(|| "link".to_owned())
}
