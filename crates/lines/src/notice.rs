//! The operator's words to everybody in a line, as they come (amendment 16 of the contract).

use crate::definition::given;
use domain::line::{NOTICE_MAX, Notice};
use onsale_http::{ApiError, ROUTE_BODY_BYTES, RequestBody};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// The words of a pause.
#[derive(Clone, Debug, Default, Deserialize, ToSchema)]
#[serde(default)]
pub struct PauseWords {
    /// Both texts or one of them; null or none of them takes the words away; without the field they stay.
    #[serde(deserialize_with = "given")]
    #[schema(value_type = Option<NoticeTexts>)]
    notice: Option<Option<NoticeTexts>>,
}

/// The words of a line: in `notice`, or as they are.
#[derive(Clone, Debug, Default, Deserialize, ToSchema)]
#[serde(default)]
pub struct NewNotice {
    /// Both texts or one of them; null or none of them takes the words away.
    notice: Option<NoticeTexts>,
    /// Korean, where there is no `notice`.
    ko: Option<String>,
    /// English, where there is no `notice`.
    en: Option<String>,
}

/// The texts of a notice, 1 to 200 characters each.
#[derive(Clone, Debug, Default, Serialize, Deserialize, ToSchema)]
#[serde(default)]
pub struct NoticeTexts {
    /// Korean.
    ko: Option<String>,
    /// English.
    en: Option<String>,
}

impl RequestBody for PauseWords {
    const LIMIT_BYTES: usize = ROUTE_BODY_BYTES;
}

impl RequestBody for NewNotice {
    const LIMIT_BYTES: usize = ROUTE_BODY_BYTES;
}

impl NoticeTexts {
    fn words(self) -> Result<Option<Notice>, ApiError> {
        match Notice::of(self.ko, self.en) {
            Some(notice) if !notice.is_valid() => {
                Err(ApiError::invalid(format!("notice: ko and en have 1 to {NOTICE_MAX} characters each")))
            }
            notice => Ok(notice),
        }
    }
}

impl PauseWords {
    /// The words that there are from now on; `None` where they stay, `Some(None)` where they are taken away.
    ///
    /// # Errors
    /// `INVALID_INPUT` for a text that is empty or too long.
    pub fn words(self) -> Result<Option<Option<Notice>>, ApiError> {
        self.notice.map(|texts| texts.unwrap_or_default().words()).transpose()
    }
}

impl NewNotice {
    /// The words that there are from now on.
    ///
    /// # Errors
    /// `INVALID_INPUT` for a text that is empty or too long.
    pub fn words(self) -> Result<Option<Notice>, ApiError> {
        self.notice.unwrap_or(NoticeTexts { ko: self.ko, en: self.en }).words()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use onsale_http::extract::json::from_json;

    fn pause(text: &str) -> Result<Option<Option<Notice>>, ApiError> {
        from_json::<PauseWords>(text.as_bytes())?.words()
    }

    #[test]
    fn words_come_stay_and_go() {
        let ko = |text: &str| Notice::of(Some(text.to_owned()), None);
        assert_eq!(pause("{}"), Ok(None));
        assert_eq!(pause(r#"{"notice":null}"#), Ok(Some(None)));
        assert_eq!(pause(r#"{"notice":{}}"#), Ok(Some(None)));
        assert_eq!(pause(r#"{"notice":{"ko":"가"},"other":1}"#), Ok(Some(ko("가"))));
        let put = |text: &str| from_json::<NewNotice>(text.as_bytes()).expect("read").words();
        assert_eq!(put(r#"{"notice":{"ko":"가"}}"#), Ok(ko("가")));
        assert_eq!(put(r#"{"ko":"가"}"#), Ok(ko("가")));
        assert_eq!(put("{}"), Ok(None));
        assert_eq!(put(r#"{"notice":null}"#), Ok(None));
    }

    #[test]
    fn lengths_are_counted_in_characters() {
        let of = |length: usize| pause(&format!(r#"{{"notice":{{"en":"{}"}}}}"#, "😀".repeat(length)));
        assert!(of(1).is_ok() && of(NOTICE_MAX).is_ok());
        assert!(of(0).is_err() && of(NOTICE_MAX + 1).is_err());
        assert!(pause(r#"{"notice":"text"}"#).is_err());
    }
}
