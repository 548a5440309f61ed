//! The texts of `messages/*.ftl`, resolved once: afterwards a text costs a look-up in a table.

use super::language::Language;
use domain::{ErrorCode, IssueOutcome};
use fluent_bundle::{FluentBundle, FluentResource};
use std::sync::LazyLock;

const SOURCES: [(Language, &str); 2] =
    [(Language::Ko, include_str!("messages/ko.ftl")), (Language::En, include_str!("messages/en.ftl"))];

/// The codes of decisions, which are answers and not errors (`contract.md`, Coupons).
const OUTCOMES: [&str; 7] = ["ISSUED", "ALREADY_ISSUED", "NOT_OPEN", "CLOSED", "PAUSED", "NOT_ADMITTED", "SOLD_OUT"];

struct Texts {
    errors: [Box<str>; ErrorCode::ALL.len()],
    outcomes: [Box<str>; OUTCOMES.len()],
}

static TABLE: LazyLock<[Texts; 2]> = LazyLock::new(|| Language::ALL.map(Texts::of));

impl Texts {
    fn of(language: Language) -> Self {
        let source = SOURCES.iter().find(|(of, _)| *of == language).map_or("", |(_, source)| source);
        let bundle = bundle(language, source);
        Self {
            errors: ErrorCode::ALL.map(|code| text(&bundle, code.as_str())),
            outcomes: OUTCOMES.map(|code| text(&bundle, code)),
        }
    }
}

/// A text that is missing or can not be read shows its code: a test sees to it that none is.
fn text(bundle: &FluentBundle<FluentResource>, code: &str) -> Box<str> {
    let pattern = bundle.get_message(code).and_then(|message| message.value());
    let text = pattern.map(|pattern| bundle.format_pattern(pattern, None, &mut Vec::new()).into_owned());
    text.unwrap_or_else(|| code.to_owned()).into()
}

fn bundle(language: Language, source: &str) -> FluentBundle<FluentResource> {
    let mut bundle = FluentBundle::new(language.as_str().parse().ok().into_iter().collect());
    let resource = FluentResource::try_new(source.to_owned()).unwrap_or_else(|(readable, _)| readable);
    // Adding fails on a doubled id only, and then the first text stands.
    let _ = bundle.add_resource(resource);
    bundle
}

/// What a person reads for an error.
pub fn error_message(code: ErrorCode, language: Language) -> &'static str {
    &TABLE[language.index()].errors[code as usize]
}

/// What a person reads for a decision.
pub fn outcome_message(outcome: &IssueOutcome, language: Language) -> &'static str {
    let place = match outcome {
        IssueOutcome::Issued { .. } => 0,
        IssueOutcome::AlreadyIssued { .. } => 1,
        IssueOutcome::NotOpen { .. } => 2,
        IssueOutcome::Closed { .. } => 3,
        IssueOutcome::Paused { .. } => 4,
        IssueOutcome::NotAdmitted { .. } => 5,
        IssueOutcome::SoldOut => 6,
        IssueOutcome::KeyReused => return error_message(ErrorCode::IdempotencyKeyReused, language),
        IssueOutcome::NoCampaign => return error_message(ErrorCode::CampaignNotFound, language),
    };
    &TABLE[language.index()].outcomes[place]
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::coupon::issue::IssuedCoupon;
    use std::collections::HashSet;
    use uuid::Uuid;

    #[test]
    fn codes_stand_in_the_table_at_their_own_place() {
        for (place, code) in ErrorCode::ALL.into_iter().enumerate() {
            assert_eq!(code as usize, place, "{}", code.as_str());
        }
    }

    #[test]
    fn every_code_has_a_text_of_its_own_in_both_languages() {
        for language in Language::ALL {
            let texts = ErrorCode::ALL.map(|code| error_message(code, language));
            for (code, text) in ErrorCode::ALL.iter().zip(texts) {
                assert_ne!(text, code.as_str(), "no {} text", language.as_str());
                assert!(text.ends_with('.'), "{text}");
            }
            assert_eq!(texts.iter().collect::<HashSet<_>>().len(), texts.len());
        }
    }

    #[test]
    fn every_decision_has_a_text_in_both_languages() {
        let coupon = IssuedCoupon { coupon_id: Uuid::nil(), serial: 1 };
        let outcomes = [
            IssueOutcome::Issued { coupon, remaining: 1 },
            IssueOutcome::AlreadyIssued { coupon, remaining: 1 },
            IssueOutcome::NotOpen { remaining: 1 },
            IssueOutcome::Closed { remaining: 1 },
            IssueOutcome::Paused { remaining: 1 },
            IssueOutcome::NotAdmitted { remaining: 1 },
            IssueOutcome::SoldOut,
        ];
        for (place, outcome) in outcomes.iter().enumerate() {
            assert_eq!(outcome.code(), OUTCOMES[place]);
            for language in Language::ALL {
                assert_ne!(outcome_message(outcome, language), outcome.code());
            }
        }
        assert_eq!(outcome_message(&IssueOutcome::SoldOut, Language::Ko), "쿠폰이 모두 소진되었습니다.");
        assert_eq!(outcome_message(&IssueOutcome::NoCampaign, Language::En), "There is no such campaign.");
    }

    #[test]
    fn the_files_have_no_text_that_nobody_uses() {
        for (language, source) in SOURCES {
            let resource = FluentResource::try_new(source.to_owned()).expect("the file is well formed");
            let messages = source.lines().filter(|line| line.contains(" = ")).count();
            assert_eq!(messages, ErrorCode::ALL.len() + OUTCOMES.len(), "{}", language.as_str());
            assert!(resource.entries().count() >= messages);
        }
    }
}
