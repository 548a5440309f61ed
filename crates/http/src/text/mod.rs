//! The messages for people: `messages/*.ftl`, one file for each language, for the API and for pages.
//!
//! They are resolved once. After that a text costs a lookup in a table: by the code for codes, by the id for pages.

pub mod language;
pub mod plain;
pub mod shorten;

use domain::{ErrorCode, IssueOutcome};
use fluent_bundle::{FluentArgs, FluentBundle, FluentResource};
use language::Language;
use std::collections::HashMap;
use std::sync::LazyLock;

/// The value in messages. It resolves to its placeholder, `{n}`, which whoever shows the text replaces.
const PLACEHOLDERS: [(&str, &str); 1] = [("n", "{n}")];

struct Texts {
    errors: [Box<str>; ErrorCode::ALL.len()],
    outcomes: [Box<str>; IssueOutcome::CODES.len()],
    all: HashMap<Box<str>, Box<str>>,
}

static TABLE: LazyLock<[Texts; Language::ALL.len()]> = LazyLock::new(|| Language::ALL.map(Texts::of));

impl Texts {
    fn of(language: Language) -> Self {
        let resource = FluentResource::try_new(language.source().to_owned()).unwrap_or_else(|(readable, _)| readable);
        let ids: Vec<Box<str>> = ids(&resource).map(Into::into).collect();
        let bundle = bundle(language, resource);
        Self {
            errors: ErrorCode::ALL.map(|code| text(&bundle, code.as_str())),
            outcomes: IssueOutcome::CODES.map(|code| text(&bundle, code)),
            all: ids.into_iter().map(|id| (id.clone(), text(&bundle, &id))).collect(),
        }
    }
}

fn ids(resource: &FluentResource) -> impl Iterator<Item = &str> {
    let lines = resource.source().lines().filter(|line| !line.starts_with(['#', ' ']));
    lines.filter_map(|line| line.split_once(" = ")).map(|(id, _)| id)
}

/// A text that is missing or malformed shows its id. A test proves that there is none.
fn text(bundle: &FluentBundle<FluentResource>, id: &str) -> Box<str> {
    let placeholders: FluentArgs<'_> = PLACEHOLDERS.into_iter().collect();
    let pattern = bundle.get_message(id).and_then(|message| message.value());
    let text = pattern.map(|pattern| bundle.format_pattern(pattern, Some(&placeholders), &mut Vec::new()).into_owned());
    text.unwrap_or_else(|| id.to_owned()).into()
}

fn bundle(language: Language, resource: FluentResource) -> FluentBundle<FluentResource> {
    let mut bundle = FluentBundle::new(language.as_str().parse().ok().into_iter().collect());
    // Screen readers would read the isolation marks, and nobody would find the placeholder.
    bundle.set_use_isolating(false);
    // Adding fails only for a duplicate id, and then the first text is used.
    let _ = bundle.add_resource(resource);
    bundle
}

/// The message for an error.
pub fn error_message(code: ErrorCode, language: Language) -> &'static str {
    &TABLE[language.index()].errors[code as usize]
}

/// The message for a decision.
pub fn outcome_message(outcome: &IssueOutcome, language: Language) -> &'static str {
    &TABLE[language.index()].outcomes[outcome.index()]
}

/// The message with this id, for a page. An unknown id is returned itself.
pub fn message(id: &'static str, language: Language) -> &'static str {
    TABLE[language.index()].all.get(id).map_or(id, |text| text)
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::CouponId;
    use domain::coupon::issue::IssuedCoupon;
    use std::collections::HashSet;
    use uuid::Uuid;

    #[test]
    fn each_code_has_its_own_index_in_the_table() {
        for (index, code) in ErrorCode::ALL.into_iter().enumerate() {
            assert_eq!(code as usize, index, "{}", code.as_str());
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
        let coupon = IssuedCoupon { coupon_id: CouponId(Uuid::nil()), serial: 1 };
        let outcomes = [
            IssueOutcome::Issued { coupon, remaining: 1 },
            IssueOutcome::AlreadyIssued { coupon, remaining: 1 },
            IssueOutcome::NotOpen { remaining: 1 },
            IssueOutcome::Closed { remaining: 1 },
            IssueOutcome::Paused { remaining: 1 },
            IssueOutcome::NotAdmitted { remaining: 1 },
            IssueOutcome::SoldOut,
        ];
        for (index, outcome) in outcomes.iter().enumerate() {
            assert_eq!(outcome.code(), IssueOutcome::CODES[index]);
            for language in Language::ALL {
                assert_ne!(outcome_message(outcome, language), outcome.code());
            }
        }
        assert_eq!(outcome_message(&IssueOutcome::SoldOut, Language::Ko), "쿠폰이 모두 소진되었습니다.");
        assert_eq!(outcome_message(&IssueOutcome::NoCampaign, Language::En), "This campaign does not exist.");
    }

    #[test]
    fn every_language_has_the_same_messages_and_placeholders() {
        let of = |language: Language| {
            let placeholders = |text: &str| PLACEHOLDERS.map(|(_, placeholder)| text.matches(placeholder).count());
            let all = TABLE[language.index()].all.iter();
            all.map(|(id, text)| (id.clone(), placeholders(text))).collect::<HashMap<_, _>>()
        };
        for language in Language::ALL {
            let (known, wanted) = (of(language), of(Language::default()));
            let ids = known.keys().chain(wanted.keys()).map(AsRef::as_ref);
            let differing: HashSet<&str> = ids.filter(|id| known.get(*id) != wanted.get(*id)).collect();
            assert!(
                differing.is_empty(),
                "{}.ftl: missing, surplus or with other numbers: {differing:?}",
                language.as_str()
            );
            for (id, text) in &TABLE[language.index()].all {
                assert!(id != text && !text.contains('$'), "{}: {id} = {text}", language.as_str());
            }
        }
    }

    #[test]
    fn every_code_of_a_decision_has_a_text_of_its_own() {
        for language in Language::ALL {
            for (code, text) in IssueOutcome::CODES.iter().zip(&TABLE[language.index()].outcomes) {
                assert_ne!(&**text, *code, "no {} text", language.as_str());
            }
        }
    }

    #[test]
    fn every_message_for_a_code_belongs_to_a_code() {
        let known: HashSet<&str> =
            ErrorCode::ALL.map(ErrorCode::as_str).into_iter().chain(IssueOutcome::CODES).collect();
        for id in TABLE[0].all.keys().filter(|id| id.starts_with(|first: char| first.is_ascii_uppercase())) {
            assert!(known.contains(&**id), "{id}");
        }
    }
}
