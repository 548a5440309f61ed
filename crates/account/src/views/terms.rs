//! The JSON of terms and consents.

use super::given::BODY_BYTES_MAX;
use crate::rows::consents::KeptConsent;
use crate::rows::terms::{Both, Terms};
use crate::terms::TermsPage;
use domain::Timestamp;
use domain::account::{
    CONSENTS_MAX, Consent, TERMS_CODE_LENGTH_MAX, TERMS_TITLE_LENGTH_MAX, TERMS_VERSION_LENGTH_MAX, TermsVersion,
};
use onsale_http::{ApiError, Language, RequestBody};
use serde::de::value::{MapAccessDeserializer, SeqAccessDeserializer};
use serde::de::{Error, MapAccess, SeqAccess, Visitor};
use serde::{Deserialize, Deserializer, Serialize};
use std::fmt;
use utoipa::ToSchema;

/// A text in both languages.
#[derive(Debug, Deserialize, ToSchema)]
pub struct BothView {
    /// Korean.
    pub ko: String,
    /// English.
    pub en: String,
}

/// A new version of terms. All of it together has at most 10,240 bytes, as every body under `/auth`.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct NewTerms {
    /// What they are about: 1 to 64 of `[A-Za-z0-9_.:-]`.
    #[schema(example = "PRIVACY")]
    pub code: String,
    /// 1 to 32 of `[A-Za-z0-9_.:-]`; a whole number is taken as its digits.
    #[serde(deserialize_with = "version")]
    #[schema(example = "1.0")]
    pub version: String,
    /// 1 to 200 characters each.
    pub title: BothView,
    /// Not blank.
    pub body: BothView,
    /// Whether nobody may be without them.
    pub required: bool,
    /// In force from this moment on.
    #[schema(value_type = String, example = "2026-12-01T00:00:00")]
    pub effective_at: Timestamp,
}

impl RequestBody for NewTerms {
    const LIMIT_BYTES: usize = BODY_BYTES_MAX;
}

impl NewTerms {
    /// The terms, checked.
    ///
    /// # Errors
    /// `INVALID_INPUT` names the field.
    pub fn checked(self) -> Result<Terms, ApiError> {
        let Self { code, version, title, body, required, effective_at } = self;
        name("code", &code, TERMS_CODE_LENGTH_MAX)?;
        name("version", &version, TERMS_VERSION_LENGTH_MAX)?;
        let title = both("title", title, TERMS_TITLE_LENGTH_MAX, |one| !one.is_control())?;
        let body = both("body", body, usize::MAX, |one| !one.is_control() || matches!(one, '\n' | '\r' | '\t'))?;
        Ok(Terms { version: TermsVersion { code, version, required, effective_at }, title, body })
    }
}

fn name(field: &str, text: &str, length_max: usize) -> Result<(), ApiError> {
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"_.:-".contains(&byte);
    if (1..=length_max).contains(&text.len()) && text.bytes().all(is_plain) {
        return Ok(());
    }
    Err(ApiError::invalid(format!("{field} must be 1 to {length_max} of A-Z, a-z, 0-9, _ . : -")))
}

fn both(field: &str, texts: BothView, length_max: usize, is_allowed: impl Fn(char) -> bool) -> Result<Both, ApiError> {
    let checked = |language: &str, text: &str| {
        let text = text.trim();
        if text.is_empty() || text.chars().count() > length_max {
            let most =
                if length_max == usize::MAX { String::new() } else { format!(", at most {length_max} characters") };
            return Err(ApiError::invalid(format!("{field}.{language} must not be blank{most}")));
        }
        if !text.chars().all(&is_allowed) {
            return Err(ApiError::invalid(format!("{field}.{language} must have no control characters")));
        }
        Ok(text.to_owned())
    };
    Ok(Both { ko: checked("ko", &texts.ko)?, en: checked("en", &texts.en)? })
}

/// Reads a version: a text, or a whole number by its digits.
fn version<'de, D: Deserializer<'de>>(deserializer: D) -> Result<String, D::Error> {
    struct Version;
    impl Visitor<'_> for Version {
        type Value = String;

        fn expecting(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
            out.write_str("a version such as \"1.0\"")
        }

        fn visit_str<E: Error>(self, text: &str) -> Result<String, E> {
            Ok(text.to_owned())
        }

        fn visit_u64<E: Error>(self, number: u64) -> Result<String, E> {
            Ok(number.to_string())
        }
    }
    deserializer.deserialize_any(Version)
}

/// A version of terms, in the language of `Accept-Language`.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct TermsView {
    /// What they are about.
    pub code: String,
    /// The version.
    pub version: String,
    /// The title.
    pub title: String,
    /// The text.
    pub body: String,
    /// Whether nobody may be without them.
    pub required: bool,
    /// In force from this moment on.
    #[schema(value_type = String, example = "2026-12-01T00:00:00")]
    pub effective_at: Timestamp,
}

impl TermsView {
    /// The view in a language.
    pub fn of(terms: &Terms, language: Language) -> Self {
        let TermsVersion { code, version, required, effective_at } = terms.version.clone();
        let (title, body) = (terms.title.in_language(language).to_owned(), terms.body.in_language(language).to_owned());
        Self { code, version, title, body, required, effective_at }
    }
}

/// A page of the terms in force.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct TermsList {
    /// The latest first.
    pub list: Vec<TermsView>,
    /// From 0.
    pub page: u64,
    /// Most entries of a page.
    pub size: u64,
    /// Entries of all pages.
    pub total_elements: u64,
}

impl TermsList {
    /// The view of a page.
    pub fn of(found: &TermsPage, page: u64, size: u64, language: Language) -> Self {
        let list = found.list.iter().map(|terms| TermsView::of(terms, language)).collect();
        Self { list, page, size, total_elements: found.total }
    }
}

/// What a person says to a version of terms.
#[derive(Clone, Debug, Deserialize, ToSchema)]
pub struct GivenConsent {
    /// The terms.
    #[schema(example = "PRIVACY")]
    pub code: String,
    /// The version.
    #[serde(deserialize_with = "version")]
    #[schema(example = "1.0")]
    pub version: String,
    /// Yes or no.
    pub agreed: bool,
}

impl From<GivenConsent> for Consent {
    fn from(given: GivenConsent) -> Self {
        let GivenConsent { code, version, agreed } = given;
        Self { code, version, agreed }
    }
}

/// What a person says: `{"consents":[...]}`, or the list alone.
#[derive(Debug, ToSchema)]
pub struct GivenConsents {
    /// At most 100, each version once. What is not named stays.
    pub consents: Vec<GivenConsent>,
}

impl RequestBody for GivenConsents {
    const LIMIT_BYTES: usize = BODY_BYTES_MAX;
}

impl GivenConsents {
    /// The consents for the rules.
    pub fn consents(self) -> Vec<Consent> {
        self.consents.into_iter().map(Consent::from).collect()
    }
}

impl<'de> Deserialize<'de> for GivenConsents {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        #[derive(Deserialize)]
        struct Whole {
            consents: Vec<GivenConsent>,
        }
        struct Either;
        impl<'de> Visitor<'de> for Either {
            type Value = Vec<GivenConsent>;

            fn expecting(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(out, "an object with consents, a list of at most {CONSENTS_MAX}")
            }

            fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Self::Value, A::Error> {
                Whole::deserialize(MapAccessDeserializer::new(map)).map(|whole| whole.consents)
            }

            fn visit_seq<A: SeqAccess<'de>>(self, list: A) -> Result<Self::Value, A::Error> {
                Vec::deserialize(SeqAccessDeserializer::new(list))
            }
        }
        deserializer.deserialize_any(Either).map(|consents| Self { consents })
    }
}

/// What a person has said to a version of terms.
#[derive(Debug, Serialize, ToSchema)]
pub struct ConsentView {
    /// The terms.
    pub code: String,
    /// The version.
    pub version: String,
    /// Yes or no.
    pub agreed: bool,
    /// When it was said.
    #[schema(value_type = String, example = "2026-12-01T20:00:00")]
    pub at: Timestamp,
}

/// All that a person has said.
#[derive(Debug, Serialize, ToSchema)]
pub struct ConsentsView {
    /// In the order of codes and versions.
    pub consents: Vec<ConsentView>,
}

impl From<Vec<KeptConsent>> for ConsentsView {
    fn from(kept: Vec<KeptConsent>) -> Self {
        let view =
            |KeptConsent { consent: Consent { code, version, agreed }, at }| ConsentView { code, version, agreed, at };
        Self { consents: kept.into_iter().map(view).collect() }
    }
}
