//! What a look's form holds, and its picture.

use super::super::fields::Given;
use super::super::model::{Look, Notice};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use serde_json::{Map, Value};
use web::{FieldError, Texts};

/// Longest name, in characters.
const NAME_MAX: usize = 100;
/// Longest words in one language, in characters.
const WORDS_MAX: usize = 200;
/// Largest logo, in bytes.
const LOGO_BYTES_MAX: usize = 64 * 1024;

/// A colour that a look may set, as it is without one: in the light and in the dark scheme (`base.css`).
pub(super) const COLORS: [(&str, &str, &str); 9] = [
    ("paper", "#f7f6f3", "#111318"),
    ("card", "#ffffff", "#1a1d24"),
    ("ink", "#16181d", "#f2f2ef"),
    ("soft", "#565d68", "#b2b8c2"),
    ("edge", "#79808b", "#7b838f"),
    ("act", "#1b4fc4", "#8ab4ff"),
    ("good", "#0a6b4b", "#5fd3a3"),
    ("warn", "#7d5200", "#f0bd5a"),
    ("bad", "#b3261e", "#ff8f85"),
];

/// A colour of the form.
#[derive(Clone, Debug)]
pub(super) struct ColorField {
    pub id: String,
    pub label: String,
    pub token: &'static str,
    pub value: String,
    /// The colour where the look sets none.
    pub usual: &'static str,
    pub error: bool,
}

impl ColorField {
    /// The colour that is seen.
    pub fn seen(&self) -> &str {
        if is_color(&self.value) { &self.value } else { self.usual }
    }
}

/// The colours of one scheme.
#[derive(Clone, Debug)]
pub(super) struct Scheme {
    /// `light` or `dark`.
    pub name: &'static str,
    pub label: String,
    pub colors: Vec<ColorField>,
}

impl Scheme {
    /// The colour of a token as it is seen.
    pub fn seen(&self, token: &str) -> &str {
        self.colors.iter().find(|color| color.token == token).map_or("#000000", |color| color.seen())
    }
}

/// What the form shows.
#[derive(Clone, Debug)]
pub(super) struct Form {
    pub name: String,
    pub ko: String,
    pub en: String,
    pub has_no_logo: bool,
    pub schemes: [Scheme; 2],
}

fn is_color(text: &str) -> bool {
    text.len() == 7 && text.starts_with('#') && text[1..].bytes().all(|letter| letter.is_ascii_hexdigit())
}

fn schemes(t: Texts, errors: &[FieldError], value: impl Fn(&'static str, &str) -> String) -> [Scheme; 2] {
    let scheme = |name: &'static str| {
        let color = |(token, light, dark): (&'static str, &'static str, &'static str)| {
            let id = format!("{name}-{token}");
            ColorField {
                label: t.get(&format!("look-color-{token}")).to_owned(),
                token,
                value: value(name, token),
                usual: if name == "light" { light } else { dark },
                error: errors.iter().any(|error| error.field == id),
                id,
            }
        };
        Scheme {
            name,
            label: t.get(&format!("look-scheme-{name}")).to_owned(),
            colors: COLORS.into_iter().map(color).collect(),
        }
    };
    [scheme("light"), scheme("dark")]
}

impl Form {
    /// The words of each language: the field, its label, what is written there.
    pub fn words(&self) -> [(&'static str, &'static str, &str); 2] {
        [("ko", "look-field-ko", &self.ko), ("en", "look-field-en", &self.en)]
    }

    /// Of a look as it is.
    pub fn of(t: Texts, look: &Look) -> Self {
        let color = |scheme: &str, token: &str| {
            let colors = look.colors.as_ref();
            let of_scheme = colors.and_then(|colors| if scheme == "dark" { colors.get("dark") } else { Some(colors) });
            let color = of_scheme.and_then(|colors| colors.get(token)).and_then(Value::as_str);
            color.unwrap_or_default().to_owned()
        };
        let Notice { ko, en } = look.words.clone().unwrap_or_default();
        Self {
            name: if look.name.is_empty() { t.get("common-name").to_owned() } else { look.name.clone() },
            ko: ko.unwrap_or_default(),
            en: en.unwrap_or_default(),
            has_no_logo: false,
            schemes: schemes(t, &[], color),
        }
    }

    /// Of what came.
    pub fn came(t: Texts, given: Given<'_>, errors: &[FieldError]) -> Self {
        Self {
            name: given.text("name").to_owned(),
            ko: given.text("ko").to_owned(),
            en: given.text("en").to_owned(),
            has_no_logo: given.get("no-logo").is_some(),
            schemes: schemes(t, errors, |scheme, token| given.text(&format!("{scheme}-{token}")).to_owned()),
        }
    }
}

/// The API's JSON of what came.
///
/// # Errors
/// Each field that holds what it may not.
pub(super) fn body(t: Texts, given: Given<'_>, logo: Option<&Bytes>) -> Result<Value, Vec<FieldError>> {
    let mut errors = Vec::new();
    let mut fault = |field: &str, text: String| errors.push(FieldError::new(field, text));
    let name = given.text("name");
    if name.is_empty() || name.chars().count() > NAME_MAX {
        fault("name", t.get("look-error-name").to_owned());
    }
    let mut body = Map::from_iter([("name".to_owned(), name.into())]);
    let mut words = Map::new();
    for language in ["ko", "en"] {
        let text = given.text(language).replace("\r\n", "\n");
        if text.chars().count() > WORDS_MAX {
            fault(language, t.get("look-error-words").to_owned());
        } else if !text.is_empty() {
            words.insert(language.to_owned(), text.into());
        }
    }
    if let (Some((written, _)), 1) = (words.iter().next(), words.len()) {
        let empty = if written == "ko" { "en" } else { "ko" };
        fault(empty, t.get("look-error-both").to_owned());
    }
    body.insert("words".to_owned(), if words.is_empty() { Value::Null } else { words.into() });
    let (mut light, mut dark) = (Map::new(), Map::new());
    for (scheme, colors) in [("light", &mut light), ("dark", &mut dark)] {
        for (token, ..) in COLORS {
            let id = format!("{scheme}-{token}");
            match given.text(&id) {
                "" => {}
                color if is_color(color) => {
                    colors.insert(token.to_owned(), color.to_ascii_lowercase().into());
                }
                _ => fault(&id, t.fill("look-error-color", "color", t.get(&format!("look-color-{token}")).to_owned())),
            }
        }
    }
    if !dark.is_empty() {
        light.insert("dark".to_owned(), dark.into());
    }
    body.insert("colors".to_owned(), if light.is_empty() { Value::Null } else { light.into() });
    match (given.get("no-logo"), logo) {
        (Some(_), _) => drop(body.insert("logo".to_owned(), Value::Null)),
        (None, Some(bytes)) => match data_url(bytes) {
            Ok(url) => drop(body.insert("logo".to_owned(), url.into())),
            Err(id) => fault("logo", t.get(id).to_owned()),
        },
        (None, None) => {}
    }
    if errors.is_empty() { Ok(Value::Object(body)) } else { Err(errors) }
}

/// A picture as the API takes it, or the id of what is wrong with it.
fn data_url(bytes: &[u8]) -> Result<String, &'static str> {
    if bytes.len() > LOGO_BYTES_MAX {
        return Err("look-error-logo-size");
    }
    let kind = match bytes {
        [0x89, b'P', b'N', b'G', ..] => "image/png",
        _ if String::from_utf8_lossy(bytes).contains("<svg") => "image/svg+xml",
        _ => return Err("look-error-logo-kind"),
    };
    Ok(format!("data:{kind};base64,{}", STANDARD.encode(bytes)))
}

/// A pair of colours that is too close, in words.
pub(super) fn pairs(t: Texts, refusal: &Value) -> Vec<String> {
    let pairs = refusal.get("pairs").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
    let pair = |pair: &Value| {
        let text = |field: &str| pair.get(field).and_then(Value::as_str).unwrap_or_default();
        let word = |group: &str, value: &str| t.find(&format!("look-{group}-{value}")).unwrap_or(value).to_owned();
        let ratio = |field: &str| {
            pair.get(field).and_then(Value::as_f64).map(|ratio| format!("{ratio:.2}")).unwrap_or_default()
        };
        let args = [
            ("scheme", word("scheme", text("scheme")).into()),
            ("text", word("color", text("text")).into()),
            ("on", word("color", text("on")).into()),
            ("ratio", ratio("ratio").into()),
            ("needed", pair.get("needed").map(Value::to_string).unwrap_or_default().into()),
        ];
        t.with("look-contrast-pair", &args)
    };
    pairs.iter().map(pair).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use onsale_http::Language;
    use serde_json::json;

    fn given(fields: &[(&str, &str)]) -> Vec<(String, String)> {
        fields.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
    }

    #[test]
    fn a_form_becomes_the_look_that_it_shows() {
        let t = Texts::of(Language::En);
        let fields = given(&[
            ("name", "Shop"),
            ("ko", "어서 오십시오"),
            ("en", "Welcome"),
            ("light-act", "#0A3FB4"),
            ("dark-act", "#8ab4ff"),
        ]);
        let png = Bytes::from_static(b"\x89PNG");
        let body = body(t, Given(&fields), Some(&png)).expect("good");
        let wanted = json!({"name": "Shop", "words": {"ko": "어서 오십시오", "en": "Welcome"}, "logo": "data:image/png;base64,iVBORw==",
            "colors": {"act": "#0a3fb4", "dark": {"act": "#8ab4ff"}}});
        assert_eq!(body, wanted);
    }

    #[test]
    fn an_empty_form_takes_everything_away_but_the_logo() {
        let fields = given(&[("name", "Shop")]);
        let body = body(Texts::of(Language::En), Given(&fields), None).expect("good");
        assert_eq!(body, json!({"name": "Shop", "words": null, "colors": null}));
    }

    #[test]
    fn each_fault_names_its_field() {
        let fields = given(&[("name", ""), ("light-ink", "red;}"), ("ko", &"가".repeat(201))]);
        let text = Bytes::from_static(b"<html>");
        let faults = body(Texts::of(Language::Ko), Given(&fields), Some(&text)).expect_err("faults");
        let fields: Vec<_> = faults.iter().map(|fault| fault.field.as_str()).collect();
        assert_eq!(fields, ["name", "ko", "light-ink", "logo"]);
        let large = Bytes::from(vec![0; LOGO_BYTES_MAX + 1]);
        assert_eq!(data_url(&large), Err("look-error-logo-size"));
    }

    #[test]
    fn pairs_that_are_too_close_are_told_in_words() {
        let refusal =
            json!({"pairs": [{"scheme": "light", "text": "act", "on": "paper", "ratio": 2.314, "needed": 4.5}]});
        let told = pairs(Texts::of(Language::En), &refusal);
        assert_eq!(told, ["Light: Links and selection on Background has a contrast of 2.31:1. It needs 4.5:1."]);
    }
}
