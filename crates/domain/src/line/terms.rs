//! The terms on which people meet a line: when it stands, who need not wait, what is asked of people before they get a
//! position, and what the operator tells them (QUEUE-014, amendments 7, 15..17 of the contract).

use super::exception::{EXCEPTIONS_MAX, Exception};
use crate::name::check_own_name;
use crate::time::{Timestamp, as_millis_option};
use serde::{Deserialize, Serialize};

/// Longest text of a notice in characters (code points).
pub const NOTICE_MAX: usize = 200;

/// Whether people have to wait.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Switch {
    /// People wait for their turn, at the line's rate.
    #[default]
    On,
    /// Nobody waits: every request passes.
    Off,
    /// People wait while more are inside than [`LineTerms::on_above_inside`].
    Auto,
}

/// What is asked of a person before the person gets a position.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Challenge {
    /// Nothing.
    #[default]
    None,
    /// A small proof of work.
    Pow,
    /// A solved reCAPTCHA.
    Recaptcha,
    /// An account.
    Account,
}

impl Challenge {
    /// The word in settings, terms and documents.
    pub fn word(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Pow => "pow",
            Self::Recaptcha => "recaptcha",
            Self::Account => "account",
        }
    }
}

/// Why a text names no challenge.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("must be none, pow, recaptcha or account")]
pub struct ChallengeError;

impl std::str::FromStr for Challenge {
    type Err = ChallengeError;

    fn from_str(text: &str) -> Result<Self, ChallengeError> {
        let all = [Self::None, Self::Pow, Self::Recaptcha, Self::Account];
        all.into_iter().find(|challenge| challenge.word() == text).ok_or(ChallengeError)
    }
}

/// The operator's words to everybody in the line; at least one of both.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Notice {
    /// Korean, 1 to [`NOTICE_MAX`] characters.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ko: Option<String>,
    /// English, 1 to [`NOTICE_MAX`] characters.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub en: Option<String>,
}

impl Notice {
    /// The notice with these texts; `None` without any.
    pub fn of(ko: Option<String>, en: Option<String>) -> Option<Self> {
        (ko.is_some() || en.is_some()).then_some(Self { ko, en })
    }

    /// Whether each text has 1 to [`NOTICE_MAX`] characters.
    pub fn is_valid(&self) -> bool {
        let is_valid =
            |text: &Option<String>| text.as_ref().is_none_or(|text| (1..=NOTICE_MAX).contains(&text.chars().count()));
        is_valid(&self.ko) && is_valid(&self.en)
    }
}

/// The terms of a line. A line that nobody gave any has the default.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct LineTerms {
    /// Whether people have to wait.
    pub switch: Switch,
    /// With [`Switch::Auto`]: people wait while more are inside than this.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub on_above_inside: Option<u32>,
    /// From this moment on the line has ended: nobody gets a position, and nobody has to wait.
    #[serde(skip_serializing_if = "Option::is_none", with = "as_millis_option")]
    pub closes_at: Option<Timestamp>,
    /// What is asked of a person before the person gets a position; `None`: what the configuration says.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub challenge: Option<Challenge>,
    /// Most positions that one network may have, 0 for no limit; `None`: what the configuration says.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub positions_per_network: Option<u32>,
    /// Who and what passes without waiting.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub exceptions: Vec<Exception>,
    /// The name of the look of the line's pages.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub look: Option<String>,
    /// The operator's words.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub notice: Option<Notice>,
}

/// Why terms are invalid.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TermsError {
    /// [`Switch::Auto`] without a number.
    #[error("switch auto needs onAboveInside")]
    NoThreshold,
    /// It would end before it opens.
    #[error("closesAt must be later than opensAt")]
    ClosesFirst,
    /// More than [`EXCEPTIONS_MAX`].
    #[error("there may be at most {EXCEPTIONS_MAX} exceptions")]
    Exceptions,
    /// Not a name.
    #[error("look must be a name of at most 128 letters (A-Z, a-z), digits and _ . : -")]
    Look,
    /// A text that is empty or too long.
    #[error("a notice has 1 to {NOTICE_MAX} characters")]
    Notice,
}

impl LineTerms {
    /// Checks the terms of a line that opens then.
    ///
    /// # Errors
    /// [`TermsError`]: the first part that is out of bounds.
    pub fn check(&self, opens_at: Option<Timestamp>) -> Result<(), TermsError> {
        let closes_first = self.closes_at.zip(opens_at).is_some_and(|(closes_at, opens_at)| closes_at <= opens_at);
        match self {
            _ if self.switch == Switch::Auto && self.on_above_inside.is_none() => Err(TermsError::NoThreshold),
            _ if closes_first => Err(TermsError::ClosesFirst),
            _ if self.exceptions.len() > EXCEPTIONS_MAX => Err(TermsError::Exceptions),
            _ if self.look.as_ref().is_some_and(|look| check_own_name(look).is_err()) => Err(TermsError::Look),
            _ if self.notice.as_ref().is_some_and(|notice| !notice.is_valid()) => Err(TermsError::Notice),
            _ => Ok(()),
        }
    }

    /// Whether the line has ended by time.
    pub fn has_ended(&self, now: Timestamp) -> bool {
        self.closes_at.is_some_and(|closes_at| now >= closes_at)
    }

    /// More people inside than this switch the line on; `None` for a line that its operator switches.
    pub fn auto_above(&self) -> Option<u32> {
        self.on_above_inside.filter(|_| self.switch == Switch::Auto)
    }
}

/// Whether a line of [`Switch::Auto`] is on, when so many people are inside: it goes on above `above`, and off again at four
/// fifths of it or less, so that it does not change with every person.
pub fn is_auto_on(was_on: bool, above: u32, inside: u64) -> bool {
    let off_at = u64::from(above) * 4 / 5;
    inside > if was_on { off_at } else { u64::from(above) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_automatic_switch_has_a_dead_band() {
        let mut is_on = false;
        let told: Vec<bool> = [9, 10, 11, 10, 9, 8, 9, 10, 11, 8]
            .into_iter()
            .map(|inside| {
                is_on = is_auto_on(is_on, 10, inside);
                is_on
            })
            .collect();
        assert_eq!(told, [false, false, true, true, true, false, false, false, true, false]);
        assert!(is_auto_on(false, 0, 1) && !is_auto_on(true, 0, 0));
        assert!(!is_auto_on(false, u32::MAX, u64::from(u32::MAX)));
    }

    #[test]
    fn terms_are_bounded_and_survive_their_written_form() {
        let text = |length: usize| Some("가".repeat(length));
        let terms = LineTerms {
            switch: Switch::Auto,
            on_above_inside: Some(5),
            closes_at: Some(Timestamp(1_700_000_000_123)),
            challenge: Some(Challenge::Pow),
            positions_per_network: Some(3),
            exceptions: vec![Exception::SignedLink],
            look: Some("acme".to_owned()),
            notice: Notice::of(text(NOTICE_MAX), None),
        };
        assert_eq!(terms.check(None), Ok(()));
        let written = serde_json::to_string(&terms).expect("written");
        assert_eq!(serde_json::from_str::<LineTerms>(&written).expect("read"), terms);
        assert_eq!(serde_json::from_str::<LineTerms>("{}").expect("read"), LineTerms::default());
        let broken = |change: fn(&mut LineTerms)| {
            let mut broken = terms.clone();
            change(&mut broken);
            broken.check(Some(Timestamp(1_700_000_000_122)))
        };
        assert_eq!(broken(|terms| terms.on_above_inside = None), Err(TermsError::NoThreshold));
        assert_eq!(broken(|terms| terms.closes_at = Some(Timestamp(1_700_000_000_122))), Err(TermsError::ClosesFirst));
        assert_eq!(broken(|terms| terms.look = Some("a b".to_owned())), Err(TermsError::Look));
        assert_eq!(
            broken(|terms| terms.exceptions = vec![Exception::SignedLink; EXCEPTIONS_MAX + 1]),
            Err(TermsError::Exceptions)
        );
        for length in [0, NOTICE_MAX + 1] {
            let notice = Notice::of(None, text(length));
            assert_eq!(LineTerms { notice, ..LineTerms::default() }.check(None), Err(TermsError::Notice));
        }
    }
}
