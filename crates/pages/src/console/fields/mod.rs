//! Forms described once: how a field is shown, what it may hold, and what of it has changed.
//!
//! A form of changes carries beside each field what the operator saw (`was-<field>`). Only what differs from that is sent, and
//! what another operator changed meanwhile is told instead of overwritten.

mod changes;
mod value;

pub(super) use changes::{Changes, Conflict, changes};
pub(super) use value::moment;

use crate::Problem;
use http::StatusCode;
use serde_json::{Map, Value};
use value::{text_of, value_of};
use web::{FieldError, Texts, Value as Word};

/// What a field holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// A line of text of so many characters.
    Text(usize),
    /// A whole number between two.
    Number(u64, u64),
    /// A day and a time of day in Korea.
    Moment,
    /// One of these values, each with the id of its text.
    Choice(&'static [(&'static str, &'static str)]),
    /// Yes or no.
    Check,
    /// Who passes a line without waiting, one a row.
    Exceptions,
}

/// A field of a form, as the API names it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Spec {
    /// Name and `id`, in forms as in the API's JSON.
    pub id: &'static str,
    /// What it holds.
    pub kind: Kind,
    /// Whether a new thing needs it.
    pub is_needed: bool,
    /// Whether a thing that exists may lose it: `null` takes it away.
    pub may_go: bool,
    /// Its texts are `console-field-<words>` and `...-hint`.
    words: &'static str,
}

impl Spec {
    /// One that a new thing may leave out, and one that exists always has.
    pub const fn new(id: &'static str, kind: Kind) -> Self {
        Self { id, kind, is_needed: false, may_go: false, words: id }
    }

    /// One that a new thing needs.
    pub const fn needed(self) -> Self {
        Self { is_needed: true, ..self }
    }

    /// One that can be taken away.
    pub const fn may_go(self) -> Self {
        Self { may_go: true, ..self }
    }

    /// With other texts than its name says.
    pub const fn called(self, words: &'static str) -> Self {
        Self { words, ..self }
    }

    /// What people call it.
    pub fn label(&self, t: Texts) -> String {
        t.find(&format!("console-field-{}", self.words)).unwrap_or(self.id).to_owned()
    }
}

/// The fields of a form as they came.
#[derive(Clone, Copy, Debug)]
pub(super) struct Given<'f>(pub &'f [(String, String)]);

impl<'f> Given<'f> {
    /// The first value of a field, without blanks around it.
    pub fn get(self, name: &str) -> Option<&'f str> {
        self.0.iter().find(|(other, _)| other == name).map(|(_, value)| value.trim())
    }

    /// The value of a field; empty for none.
    pub fn text(self, name: &str) -> &'f str {
        self.get(name).unwrap_or_default()
    }

    /// All values of a field: checkboxes of one name.
    pub fn all(self, name: &str) -> Vec<&'f str> {
        self.0.iter().filter(|(other, _)| other == name).map(|(_, value)| value.trim()).collect()
    }

    /// What the operator saw in a field.
    fn was(self, id: &str) -> Option<&'f str> {
        let before = |name: &str| name.strip_prefix("was-") == Some(id);
        self.0.iter().find(|(name, _)| before(name)).map(|(_, value)| value.trim())
    }
}

/// A field as a template shows it.
#[derive(Clone, Debug)]
pub(super) struct Field {
    pub id: &'static str,
    pub label: String,
    pub hint: Option<&'static str>,
    pub error: Option<String>,
    pub value: String,
    /// What the operator saw when the form was made; none in a form of something new.
    pub was: Option<String>,
    /// `text`, `number`, `datetime-local`, `area`, `choice` or `check`.
    pub input: &'static str,
    pub options: Vec<(&'static str, String)>,
    /// Most characters of a `text`.
    pub most: usize,
    pub is_needed: bool,
}

impl Field {
    /// The ids of what describes it, for `aria-describedby`.
    pub fn described_by(&self) -> Option<String> {
        let hint = self.hint.map(|_| format!("{}-hint", self.id));
        let error = self.error.as_ref().map(|_| format!("{}-error", self.id));
        let ids: Vec<String> = hint.into_iter().chain(error).collect();
        (!ids.is_empty()).then(|| ids.join(" "))
    }
}

/// The fields of a form. `current`: the thing as it is, in a form of changes. `given`: what came and is told again.
pub(super) fn shown(
    t: Texts,
    specs: &[Spec],
    current: Option<&Map<String, Value>>,
    given: Option<Given<'_>>,
    errors: &[FieldError],
) -> Vec<Field> {
    let field = |spec: &Spec| {
        let now = current.map(|current| text_of(t, spec.kind, current.get(spec.id).unwrap_or(&Value::Null)));
        let came = given.filter(|given| given.get(spec.id).is_some() || given.was(spec.id).is_some());
        let (input, most) = match spec.kind {
            Kind::Text(most) => ("text", most),
            Kind::Exceptions => ("area", 0),
            Kind::Number(..) => ("number", 0),
            Kind::Moment => ("datetime-local", 0),
            Kind::Choice(_) => ("choice", 0),
            Kind::Check => ("check", 0),
        };
        let options = match spec.kind {
            Kind::Choice(all) => all.iter().map(|(value, text)| (*value, t.get(text).to_owned())).collect(),
            _ => Vec::new(),
        };
        Field {
            id: spec.id,
            label: spec.label(t),
            hint: t.find(&format!("console-field-{}-hint", spec.words)),
            error: fault(errors, spec.id).map(str::to_owned),
            value: came.map(|given| given.text(spec.id).to_owned()).or_else(|| now.clone()).unwrap_or_default(),
            was: now,
            input,
            options,
            most,
            is_needed: if current.is_some() { !spec.may_go && spec.kind != Kind::Check } else { spec.is_needed },
        }
    };
    specs.iter().map(field).collect()
}

/// The JSON of something new: the fields that were filled in.
///
/// # Errors
/// Each field that holds what it may not.
pub(super) fn made(t: Texts, specs: &[Spec], given: Given<'_>) -> Result<Map<String, Value>, Vec<FieldError>> {
    let (mut made, mut errors) = (Map::new(), Vec::new());
    for spec in specs {
        let text = given.text(spec.id);
        if text.is_empty() && spec.is_needed {
            errors.push(needed(t, spec));
        } else if !text.is_empty() {
            match value_of(t, spec, text) {
                Ok(value) => drop(made.insert(spec.id.to_owned(), value)),
                Err(error) => errors.push(error),
            }
        }
    }
    if errors.is_empty() { Ok(made) } else { Err(errors) }
}

/// The fault of an empty field.
pub(super) fn needed(t: Texts, spec: &Spec) -> FieldError {
    FieldError::new(spec.id, t.with("console-error-needed", &[("field", Word::from(spec.label(t)))]))
}

/// The fault of a field, to be told beside it.
pub(super) fn fault<'e>(errors: &'e [FieldError], field: &str) -> Option<&'e str> {
    errors.iter().find(|error| error.field == field).map(|error| error.text.as_str())
}

/// A refusal of the API as a fault of the form: it names the field first.
pub(super) fn refused(problem: &Problem, specs: &[Spec]) -> Option<FieldError> {
    let is_of_form = matches!(problem.status, StatusCode::BAD_REQUEST | StatusCode::CONFLICT)
        && problem.code != "IDEMPOTENCY_KEY_IN_USE";
    let message = problem.message.clone().filter(|_| is_of_form)?;
    let named = specs.iter().find(|spec| {
        let mut words = message.split(|letter: char| !letter.is_ascii_alphanumeric() && letter != '_');
        words.any(|word| word == spec.id)
    });
    Some(FieldError::new(named.map_or("", |spec| spec.id), message))
}
