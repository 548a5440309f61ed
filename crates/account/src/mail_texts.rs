//! The mails to people: their texts stand with all others, in the language of the account.

use crate::outside::Mail;
use onsale_http::Language;
use onsale_http::text::message;

/// Where a text has the value.
const PLACE: &str = "{n}";

/// The mail with a code that proves an e-mail address.
pub fn code(to: &str, code: &str, language: Language, trace_id: &str) -> Mail {
    let subject = message("mail-code-subject", language).replace(PLACE, code);
    of(to, subject, message("mail-code", language).replace(PLACE, code), language, trace_id)
}

/// The mail that says that the password was changed.
pub fn password_changed(to: &str, language: Language, trace_id: &str) -> Mail {
    let subject = message("mail-password-changed-subject", language).to_owned();
    of(to, subject, message("mail-password-changed", language).to_owned(), language, trace_id)
}

/// The language of this tag, as in `users.locale`; the default for any other.
pub fn language_of(locale: &str) -> Language {
    Language::ALL.into_iter().find(|language| language.as_str() == locale).unwrap_or_default()
}

fn of(to: &str, subject: String, text: String, language: Language, trace_id: &str) -> Mail {
    let trace = message("mail-trace", language).replace(PLACE, trace_id);
    Mail { to: to.to_owned(), subject, text: format!("{text}\n\n{trace}\n") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_mail_is_written_in_both_languages_and_names_its_trace() {
        for language in Language::ALL {
            let (code, changed) =
                (code("a@b.kr", "012345", language, "t-1"), password_changed("a@b.kr", language, "t-2"));
            for (mail, trace) in [(&code, "t-1"), (&changed, "t-2")] {
                assert!(!mail.subject.starts_with("mail-") && !mail.text.starts_with("mail-"), "{}", mail.subject);
                assert!(!mail.subject.contains('{') && !mail.text.contains('{'), "{}", mail.text);
                assert!(mail.text.contains(trace) && !mail.subject.contains('\n'));
            }
            assert!(code.text.contains("012345"));
            assert_eq!(language_of(language.as_str()), language);
        }
        assert_ne!(code("a@b.kr", "1", Language::Ko, "t").text, code("a@b.kr", "1", Language::En, "t").text);
        assert_eq!(language_of("fr"), Language::default());
    }
}
