//! The JSON of looks.

use crate::views::campaign::Change;
use domain::look::{Colors, LookColors, NAME_LENGTH_MAX, Rgb, Token, WORDS_LENGTH_MAX};
use domain::{Timestamp, ZonedTime};
use onsale_http::{ApiError, RequestBody};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use utoipa::ToSchema;

/// What a look says of itself, as it is stored.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Said {
    /// The shown name.
    pub name: String,
    /// Its colours.
    #[serde(default)]
    pub colors: Option<LookColors>,
    /// Words for people.
    #[serde(default)]
    pub words: Option<Words>,
}

/// Words in both languages.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Words {
    /// Korean; 1 to 200 characters.
    pub ko: String,
    /// English; 1 to 200 characters.
    pub en: String,
}

/// A look. What is absent stays as it is, `null` takes it away.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct LookBody {
    /// The shown name; 1 to 100 characters.
    pub name: String,
    /// `data:image/png;base64,...` or `data:image/svg+xml;base64,...`, at most 64 KiB; an SVG is cleaned.
    #[serde(default)]
    #[schema(value_type = Option<String>)]
    pub logo: Change<String>,
    /// `#rrggbb` for any of `paper`, `card`, `ink`, `soft`, `edge`, `act`, `good`, `warn`, `bad`; by night under `dark`.
    #[serde(default)]
    #[schema(value_type = Option<Object>)]
    pub colors: Change<ColorsBody>,
    /// Words for the waiting and the shop pages.
    #[serde(default)]
    #[schema(value_type = Option<Words>)]
    pub words: Change<Words>,
}

/// A logo of 64 KiB in base64, and the rest.
impl RequestBody for LookBody {
    const LIMIT_BYTES: usize = 96 * 1_024;
}

/// Colours: of the day as they stand, of the night under `dark`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ColorsBody {
    /// By night.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    dark: BTreeMap<Token, Rgb>,
    #[serde(flatten)]
    light: BTreeMap<Token, Rgb>,
}

impl From<ColorsBody> for LookColors {
    fn from(ColorsBody { dark, light }: ColorsBody) -> Self {
        Self { light, dark }
    }
}

impl From<LookColors> for ColorsBody {
    fn from(LookColors { light, dark }: LookColors) -> Self {
        Self { dark, light }
    }
}

/// A look as everybody sees it.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct LookView {
    /// The tenant or the line whose look it is.
    pub of: String,
    /// The shown name.
    pub name: String,
    /// The address of the logo.
    pub logo: Option<String>,
    /// The colours that differ from the usual ones.
    #[schema(value_type = Option<Object>)]
    pub colors: Option<ColorsBody>,
    /// Words for people.
    pub words: Option<Words>,
    /// The address of the style.
    pub css: String,
    /// When it was set.
    #[schema(value_type = String)]
    pub updated_at: ZonedTime,
}

impl LookView {
    pub(super) fn new(of: String, said: Said, logo: Option<&str>, style: &str, updated_at: Timestamp) -> Self {
        let address = |file: &str| format!("/assets/look/{file}");
        Self {
            of,
            name: said.name,
            logo: logo.map(address),
            colors: said.colors.map(ColorsBody::from),
            words: said.words,
            css: address(style),
            updated_at: ZonedTime(updated_at),
        }
    }
}

/// What a look would look like.
#[derive(Debug, Serialize, ToSchema)]
pub struct PreviewView {
    /// The style.
    pub css: String,
    /// Empty: all can be read.
    #[schema(value_type = Vec<Object>)]
    pub pairs: Vec<domain::look::Pair>,
}

/// A text for people, of one line.
pub(super) fn check_text(field: &str, text: &str, most: usize) -> Result<(), ApiError> {
    let is_shown = text.chars().all(domain::shown::is_plain);
    let length = text.chars().count();
    if is_shown && (1..=most).contains(&length) && !text.trim().is_empty() {
        return Ok(());
    }
    Err(ApiError::invalid(format!("{field} must be 1 to {most} characters, not blank, without control characters")))
}

pub(super) fn check_name(name: &str) -> Result<(), ApiError> {
    check_text("name", name, NAME_LENGTH_MAX)
}

pub(super) fn check_words(words: &Words) -> Result<(), ApiError> {
    check_text("words.ko", &words.ko, WORDS_LENGTH_MAX)?;
    check_text("words.en", &words.en, WORDS_LENGTH_MAX)
}

/// Colours of nothing are none.
pub(super) fn none_if_usual(colors: LookColors) -> Option<LookColors> {
    let is_usual = |colors: &Colors| colors.is_empty();
    if is_usual(&colors.light) && is_usual(&colors.dark) { None } else { Some(colors) }
}
