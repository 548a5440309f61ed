//! The mails to people: their texts stand with all others, in the language of the account.

use crate::mails::TicketMail;
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

/// A mail about a reservation: what has happened, then the lines that say of what.
pub fn about_reservation(to: &str, kind: TicketMail, about: &About<'_>, language: Language, trace_id: &str) -> Mail {
    let (subject, text) = match kind {
        TicketMail::Cancelled => ("mail-event-cancelled-subject", "mail-event-cancelled"),
        TicketMail::LatePayment => ("mail-late-payment-subject", "mail-late-payment"),
        TicketMail::Ticket => ("mail-ticket-subject", "mail-ticket"),
    };
    let mut lines = vec![message(text, language).to_owned(), String::new()];
    lines.extend(about.show.map(|show| message("mail-show", language).replace(PLACE, &one_line(show))));
    lines.push(message("mail-reservation", language).replace(PLACE, about.reservation));
    lines.extend(about.page.map(str::to_owned));
    of(to, message(subject, language).to_owned(), lines.join("\n"), language, trace_id)
}

/// What a mail is about.
#[derive(Clone, Copy, Debug)]
pub struct About<'a> {
    /// The name of the show, where it is known.
    pub show: Option<&'a str>,
    /// The reservation.
    pub reservation: &'a str,
    /// The address of its page.
    pub page: Option<&'a str>,
}

/// A title is an operator's words, and stands in a line of its own.
fn one_line(text: &str) -> String {
    text.chars().map(|letter| if letter.is_control() { ' ' } else { letter }).collect()
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
        let about = About { show: Some("Autumn\nnight"), reservation: "r-1", page: Some("https://x/me/tickets/r-1") };
        for kind in [TicketMail::Cancelled, TicketMail::LatePayment, TicketMail::Ticket] {
            for language in Language::ALL {
                let mail = about_reservation("a@b.kr", kind, &about, language, "t-3");
                assert!(
                    !mail.subject.contains("mail-") && !mail.text.contains("mail-"),
                    "{}: {}",
                    mail.subject,
                    mail.text
                );
                for part in ["Autumn night", "r-1", "https://x/me/tickets/r-1", "t-3"] {
                    assert!(mail.text.contains(part), "{}", mail.text);
                }
            }
        }
        assert_ne!(code("a@b.kr", "1", Language::Ko, "t").text, code("a@b.kr", "1", Language::En, "t").text);
        assert_eq!(language_of("fr"), Language::default());
    }
}
