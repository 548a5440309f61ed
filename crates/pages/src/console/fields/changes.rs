//! What of a form has changed, and what others changed meanwhile.

use super::value::{text_of, value_of};
use super::{Given, Spec, needed};
use serde_json::{Map, Value};
use web::{FieldError, Texts, Value as Word};

/// A field that another operator changed while this one filled in the form.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::console) struct Conflict {
    /// In words: what was seen, what holds now, what was wished.
    pub text: String,
}

/// What to send.
#[derive(Clone, Debug)]
pub(in crate::console) enum Changes {
    /// These fields. None: nothing differs.
    Send(Map<String, Value>),
    /// Somebody else was faster. Nothing is sent.
    Meanwhile(Vec<Conflict>),
    /// Fields hold what they may not.
    Faulty(Vec<FieldError>),
}

/// Compares what came with what the operator saw and with the thing as it is. Fields that the form does not have stay.
pub(in crate::console) fn changes(t: Texts, specs: &[Spec], given: Given<'_>, current: &Map<String, Value>) -> Changes {
    let (mut send, mut meanwhile, mut faulty) = (Map::new(), Vec::new(), Vec::new());
    for spec in specs {
        let Some(saw) = given.was(spec.id).map(unified) else { continue };
        let wish = unified(given.text(spec.id));
        if wish == saw {
            continue;
        }
        let now = text_of(t, spec.kind, current.get(spec.id).unwrap_or(&Value::Null));
        if now == wish {
            continue;
        }
        if now != saw {
            meanwhile.push(conflict(t, spec, &saw, &now, &wish));
        } else {
            match changed(t, spec, &wish) {
                Ok(value) => drop(send.insert(spec.id.to_owned(), value)),
                Err(error) => faulty.push(error),
            }
        }
    }
    match (faulty.is_empty(), meanwhile.is_empty()) {
        (false, _) => Changes::Faulty(faulty),
        (true, false) => Changes::Meanwhile(meanwhile),
        (true, true) => Changes::Send(send),
    }
}

/// Browsers send a line's end as two letters.
fn unified(text: &str) -> String {
    text.replace("\r\n", "\n")
}

fn changed(t: Texts, spec: &Spec, wish: &str) -> Result<Value, FieldError> {
    use super::Kind::{Check, Exceptions};
    match (wish.is_empty(), spec.may_go, spec.kind) {
        (true, true, _) => Ok(Value::Null),
        (true, false, Check | Exceptions) | (false, ..) => value_of(t, spec, wish),
        (true, false, _) => Err(needed(t, spec)),
    }
}

fn conflict(t: Texts, spec: &Spec, saw: &str, now: &str, wish: &str) -> Conflict {
    let word = |text: &str| match (text, spec.kind) {
        ("", super::Kind::Check) => Word::from(t.get("console-no").to_owned()),
        ("on", super::Kind::Check) => Word::from(t.get("console-yes").to_owned()),
        ("", _) => Word::from(t.get("console-none").to_owned()),
        _ => Word::from(text.to_owned()),
    };
    let args = [("field", Word::from(spec.label(t))), ("saw", word(saw)), ("now", word(now)), ("want", word(wish))];
    Conflict { text: t.with("console-conflict-row", &args) }
}

#[cfg(test)]
mod tests {
    use super::super::Kind;
    use super::*;
    use onsale_http::Language;
    use serde_json::json;

    const SPECS: [Spec; 4] = [
        Spec::new("capacity", Kind::Number(1, 100)),
        Spec::new("opensAt", Kind::Moment).may_go(),
        Spec::new("gated", Kind::Check),
        Spec::new("exceptions", Kind::Exceptions),
    ];

    fn compared(given: &[(&str, &str)], current: Value) -> Changes {
        let given: Vec<_> = given.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        let Value::Object(current) = current else { panic!("an object") };
        changes(Texts::of(Language::En), &SPECS, Given(&given), &current)
    }

    #[test]
    fn only_what_differs_from_what_was_seen_is_sent() {
        let given = [("capacity", "50"), ("was-capacity", "50"), ("opensAt", ""), ("was-opensAt", "2026-12-01T20:00")];
        // The capacity was changed by somebody else: it is none of this form's business.
        let now = json!({"capacity": 60, "opensAt": "2026-12-01T11:00:00"});
        let Changes::Send(sent) = compared(&given, now) else { panic!("nothing is in the way") };
        assert_eq!(Value::from(sent), json!({"opensAt": null}));
    }

    #[test]
    fn a_field_that_another_operator_changed_meanwhile_is_a_conflict() {
        let given = [("capacity", "70"), ("was-capacity", "50")];
        let Changes::Meanwhile(told) = compared(&given, json!({"capacity": 60})) else { panic!("a conflict") };
        assert_eq!(told[0].text, "Capacity: you saw “50”, it is now “60”, you wrote “70”");
    }

    #[test]
    fn what_another_operator_has_already_done_is_no_conflict() {
        let given = [("capacity", "60"), ("was-capacity", "50")];
        assert!(matches!(compared(&given, json!({"capacity": 60})), Changes::Send(sent) if sent.is_empty()));
    }

    #[test]
    fn an_unchecked_box_is_a_no_and_an_empty_needed_field_a_fault() {
        let given = [("was-gated", "on"), ("capacity", ""), ("was-capacity", "50")];
        let Changes::Faulty(faults) = compared(&given, json!({"capacity": 50, "gated": true})) else {
            panic!("a fault")
        };
        assert_eq!(faults.len(), 1);
        let given = [("was-gated", "on")];
        let Changes::Send(sent) = compared(&given, json!({"gated": true})) else { panic!("a change") };
        assert_eq!(Value::from(sent), json!({"gated": false}));
    }

    #[test]
    fn exceptions_are_read_row_by_row() {
        let rows = "network 203.0.113.0/24\r\n\r\nlink\r\nagent Google bot";
        let given = [("exceptions", rows), ("was-exceptions", "")];
        let Changes::Send(sent) = compared(&given, json!({"exceptions": []})) else { panic!("a change") };
        let wanted = json!([{"network": "203.0.113.0/24"}, {"signedLink": true}, {"agent": "Google bot"}]);
        assert_eq!(sent["exceptions"], wanted);
        let given = [("exceptions", "link\nnonsense"), ("was-exceptions", "")];
        let Changes::Faulty(faults) = compared(&given, json!({"exceptions": []})) else { panic!("a fault") };
        assert!(faults[0].text.contains("Row 2"), "{}", faults[0].text);
    }
}
