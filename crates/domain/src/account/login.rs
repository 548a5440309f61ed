//! The history of log-ins, and which of them are suspicious (AUTH-019).

use crate::Timestamp;

/// How long a network with a browser is remembered, in days.
pub const KNOWN_DAYS: u32 = 90;
/// Failures before a success that make it suspicious.
pub const FAILURES_SUSPICIOUS: usize = 5;
/// Within which time they count, in milliseconds.
pub const FAILURES_WITHIN_MS: i64 = 600_000;

macro_rules! named {
    ($(#[$doc:meta])* $name:ident { $($(#[$variant_doc:meta])* $variant:ident = $text:literal,)* }) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub enum $name {
            $($(#[$variant_doc])* $variant,)*
        }

        impl $name {
            /// As in tables.
            pub fn as_str(self) -> &'static str {
                match self {
                    $(Self::$variant => $text,)*
                }
            }

            /// The one of this name.
            pub fn parse(text: &str) -> Option<Self> {
                [$(Self::$variant),*].into_iter().find(|one| one.as_str() == text)
            }
        }
    };
}

named! {
    /// How somebody logs in.
    LoginMethod {
        /// E-mail address and password.
        Email = "EMAIL",
        /// Kakao.
        Kakao = "KAKAO",
        /// Naver.
        Naver = "NAVER",
        /// Google.
        Google = "GOOGLE",
    }
}

named! {
    /// Why a log-in failed.
    LoginFailure {
        /// The password is another.
        InvalidPassword = "INVALID_PASSWORD",
        /// Nobody has this e-mail address.
        UserNotFound = "USER_NOT_FOUND",
        /// The account was deleted.
        AccountDeleted = "ACCOUNT_DELETED",
        /// The account sleeps.
        AccountDormant = "ACCOUNT_DORMANT",
        /// The token of reCAPTCHA was refused.
        RecaptchaFailed = "RECAPTCHA_FAILED",
        /// reCAPTCHA did not judge.
        RecaptchaServiceError = "RECAPTCHA_SERVICE_ERROR",
    }
}

/// What is known about an account when somebody logs in.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct LoginPast {
    /// The account's latest success from anywhere.
    pub last_success: Option<Timestamp>,
    /// The latest success from the same network with the same browser.
    pub last_same: Option<Timestamp>,
    /// Wrong passwords within [`FAILURES_WITHIN_MS`] before.
    pub recent_failures: usize,
}

/// Whether a success is marked: from a network with a browser not seen in [`KNOWN_DAYS`], or after
/// [`FAILURES_SUSPICIOUS`] failures. The first log-in of an account is compared with nothing.
pub fn is_suspicious(past: &LoginPast, now: Timestamp) -> bool {
    let is_known = past.last_same.is_some_and(|at| now < at.plus_days(KNOWN_DAYS));
    let is_strange = past.last_success.is_some() && !is_known;
    is_strange || past.recent_failures >= FAILURES_SUSPICIOUS
}

/// A browser by its user agent: without digits, so that an update of it is not another browser.
pub fn browser(user_agent: &str) -> String {
    user_agent.chars().filter(|character| !character.is_ascii_digit()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const NOW: Timestamp = Timestamp(1_700_000_000_000);

    #[test]
    fn a_strange_place_is_one_not_seen_in_ninety_days() {
        let ago = |days: i64| Some(Timestamp(NOW.0 - days * 86_400_000));
        let past = |last_success, last_same| LoginPast { last_success, last_same, recent_failures: 0 };
        assert!(!is_suspicious(&past(None, None), NOW), "the first log-in");
        assert!(!is_suspicious(&past(ago(1), ago(89)), NOW));
        assert!(is_suspicious(&past(ago(1), ago(90)), NOW));
        assert!(is_suspicious(&past(ago(1), None), NOW));
    }

    #[test]
    fn the_fifth_failure_makes_a_success_suspicious() {
        let after = |recent_failures| {
            is_suspicious(&LoginPast { last_success: Some(NOW), last_same: Some(NOW), recent_failures }, NOW)
        };
        assert!(!after(4) && after(5));
    }

    #[test]
    fn an_updated_browser_is_the_same_one() {
        assert_eq!(browser("Firefox/128.0 (Linux)"), browser("Firefox/131.5 (Linux)"));
        assert_ne!(browser("Firefox/128.0"), browser("Chrome/128.0"));
    }

    proptest! {
        #[test]
        fn more_failures_never_make_a_login_less_suspicious(seen in prop::option::of(0i64..200), n in 0usize..12) {
            let at = seen.map(|days| Timestamp(NOW.0 - days * 86_400_000));
            let with = |recent_failures| {
                is_suspicious(&LoginPast { last_success: Some(NOW), last_same: at, recent_failures }, NOW)
            };
            prop_assert!(!with(n) || with(n + 1));
        }
    }

    #[test]
    fn names_are_read_as_they_are_written() {
        for method in [LoginMethod::Email, LoginMethod::Kakao, LoginMethod::Naver, LoginMethod::Google] {
            assert_eq!(LoginMethod::parse(method.as_str()), Some(method));
        }
        assert_eq!(LoginFailure::parse("ACCOUNT_DORMANT"), Some(LoginFailure::AccountDormant));
        assert_eq!(LoginMethod::parse("email"), None);
    }
}
