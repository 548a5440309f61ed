//! Versions of terms, and what people say to them (AUTH-002).

use crate::Timestamp;
use std::collections::{BTreeMap, BTreeSet};

/// Longest code and version, in characters.
pub const TERMS_CODE_LENGTH_MAX: usize = 64;
/// Longest version, in characters.
pub const TERMS_VERSION_LENGTH_MAX: usize = 32;
/// Longest title, in characters.
pub const TERMS_TITLE_LENGTH_MAX: usize = 200;
/// Most consents of one call: more than any site has terms.
pub const CONSENTS_MAX: usize = 100;

/// A version of terms without its texts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TermsVersion {
    /// What they are about, such as `PRIVACY`.
    pub code: String,
    /// The version, such as `1.0`.
    pub version: String,
    /// Whether nobody may be without them.
    pub required: bool,
    /// In force from this moment on, until the next version of the same code is.
    pub effective_at: Timestamp,
}

/// What a person says to a version of terms.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Consent {
    /// The terms.
    pub code: String,
    /// The version.
    pub version: String,
    /// Yes or no.
    pub agreed: bool,
}

/// Why what a person says cannot be kept.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ConsentFault {
    /// There is no such version.
    #[error("consents: there is no version {version} of {code}")]
    Unknown {
        /// The terms.
        code: String,
        /// The version.
        version: String,
    },
    /// The same version twice.
    #[error("consents: {0} is named twice in one version")]
    Twice(String),
    /// More than [`CONSENTS_MAX`].
    #[error("consents: at most {CONSENTS_MAX}")]
    TooMany,
}

/// The version of each code that is in force, the latest first. `all` is in the order in which versions were made: of two
/// that begin at the same moment the later one counts.
pub fn in_force(all: &[TermsVersion], now: Timestamp) -> Vec<&TermsVersion> {
    let mut latest: BTreeMap<&str, &TermsVersion> = BTreeMap::new();
    for terms in all.iter().filter(|terms| terms.effective_at <= now) {
        let stands = latest.entry(&terms.code).or_insert(terms);
        if terms.effective_at >= stands.effective_at {
            *stands = terms;
        }
    }
    let mut found: Vec<&TermsVersion> = latest.into_values().collect();
    found.sort_by(|one, other| other.effective_at.cmp(&one.effective_at).then_with(|| one.code.cmp(&other.code)));
    found
}

/// Checks that each version exists and is named once.
///
/// # Errors
/// [`ConsentFault`].
pub fn check_consents(all: &[TermsVersion], given: &[Consent]) -> Result<(), ConsentFault> {
    if given.len() > CONSENTS_MAX {
        return Err(ConsentFault::TooMany);
    }
    let mut seen = BTreeSet::new();
    for Consent { code, version, .. } in given {
        if version_of(all, code, version).is_none() {
            return Err(ConsentFault::Unknown { code: code.clone(), version: version.clone() });
        }
        if !seen.insert((code, version)) {
            return Err(ConsentFault::Twice(code.clone()));
        }
    }
    Ok(())
}

/// The codes of required terms that a person says no to: such a no is not kept.
pub fn refused_consents(all: &[TermsVersion], given: &[Consent]) -> Vec<String> {
    let is_required = |consent: &&Consent| {
        version_of(all, &consent.code, &consent.version).is_some_and(|terms| terms.required && !consent.agreed)
    };
    let codes: BTreeSet<&str> = given.iter().filter(is_required).map(|consent| consent.code.as_str()).collect();
    codes.into_iter().map(str::to_owned).collect()
}

/// The codes of required terms in force whose version in force nobody has agreed to here.
pub fn missing_consents(all: &[TermsVersion], given: &[Consent], now: Timestamp) -> Vec<String> {
    let is_agreed = |terms: &TermsVersion| {
        given.iter().any(|one| one.agreed && one.code == terms.code && one.version == terms.version)
    };
    let required = in_force(all, now).into_iter().filter(|terms| terms.required && !is_agreed(terms));
    let codes: BTreeSet<&str> = required.map(|terms| terms.code.as_str()).collect();
    codes.into_iter().map(str::to_owned).collect()
}

fn version_of<'a>(all: &'a [TermsVersion], code: &str, version: &str) -> Option<&'a TermsVersion> {
    all.iter().find(|terms| terms.code == code && terms.version == version)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn terms(code: &str, version: &str, required: bool, effective_at: i64) -> TermsVersion {
        let (code, version) = (code.to_owned(), version.to_owned());
        TermsVersion { code, version, required, effective_at: Timestamp(effective_at) }
    }

    fn consent(code: &str, version: &str, agreed: bool) -> Consent {
        Consent { code: code.to_owned(), version: version.to_owned(), agreed }
    }

    fn all() -> Vec<TermsVersion> {
        vec![
            terms("SERVICE", "1", true, 10),
            terms("SERVICE", "2", true, 20),
            terms("SERVICE", "3", true, 30),
            terms("MAIL", "1", false, 15),
        ]
    }

    fn shown(now: i64) -> Vec<String> {
        let all = all();
        in_force(&all, Timestamp(now)).iter().map(|terms| format!("{} {}", terms.code, terms.version)).collect()
    }

    #[test]
    fn a_version_is_in_force_until_the_next_one_is() {
        assert!(shown(9).is_empty());
        assert_eq!(shown(10), ["SERVICE 1"]);
        assert_eq!(shown(19), ["MAIL 1", "SERVICE 1"]);
        assert_eq!(shown(20), ["SERVICE 2", "MAIL 1"]);
        assert_eq!(shown(30), ["SERVICE 3", "MAIL 1"]);
        let twins = [terms("A", "1", true, 5), terms("A", "2", true, 5)];
        assert_eq!(in_force(&twins, Timestamp(5))[0].version, "2", "the one made later");
    }

    #[test]
    fn required_terms_need_a_yes_to_the_version_in_force() {
        let all = all();
        let missing = |given: &[Consent]| missing_consents(&all, given, Timestamp(25));
        assert_eq!(missing(&[]), ["SERVICE"]);
        assert_eq!(missing(&[consent("SERVICE", "1", true)]), ["SERVICE"], "an old version");
        assert_eq!(missing(&[consent("SERVICE", "3", true)]), ["SERVICE"], "one to come");
        assert_eq!(missing(&[consent("SERVICE", "2", false)]), ["SERVICE"]);
        assert!(missing(&[consent("SERVICE", "2", true)]).is_empty());
        assert!(missing(&[consent("SERVICE", "2", true), consent("MAIL", "1", false)]).is_empty());
        assert_eq!(refused_consents(&all, &[consent("SERVICE", "1", false), consent("MAIL", "1", false)]), ["SERVICE"]);
    }

    #[test]
    fn a_consent_names_a_version_that_exists_and_names_it_once() {
        let all = all();
        assert_eq!(check_consents(&all, &[consent("SERVICE", "1", true), consent("SERVICE", "2", true)]), Ok(()));
        for unknown in [consent("SERVICE", "4", true), consent("OTHER", "1", true), consent("service", "1", true)] {
            assert!(matches!(check_consents(&all, &[unknown]), Err(ConsentFault::Unknown { .. })));
        }
        let twice = [consent("MAIL", "1", true), consent("MAIL", "1", false)];
        assert_eq!(check_consents(&all, &twice), Err(ConsentFault::Twice("MAIL".into())));
        let many = vec![consent("MAIL", "1", true); CONSENTS_MAX + 1];
        assert_eq!(check_consents(&all, &many), Err(ConsentFault::TooMany));
    }

    proptest! {
        #[test]
        fn each_code_is_in_force_once_and_agreeing_to_all_of_it_is_enough(
            versions in proptest::collection::vec((0u8..4, 0u8..6, any::<bool>(), 0i64..50), 0..30),
            now in 0i64..60,
        ) {
            let all: Vec<TermsVersion> = versions
                .iter()
                .enumerate()
                .map(|(index, (code, _, required, at))| terms(&code.to_string(), &index.to_string(), *required, *at))
                .collect();
            let now = Timestamp(now);
            let found = in_force(&all, now);
            let codes: BTreeSet<&str> = found.iter().map(|terms| terms.code.as_str()).collect();
            prop_assert_eq!(codes.len(), found.len());
            for terms in &all {
                let stands = found.iter().find(|found| found.code == terms.code);
                prop_assert_eq!(stands.is_some(), all.iter().any(|one| one.code == terms.code && one.effective_at <= now));
                if let Some(stands) = stands.filter(|_| terms.effective_at <= now) {
                    prop_assert!(stands.effective_at >= terms.effective_at);
                }
            }
            let yes: Vec<Consent> = found.iter().map(|terms| consent(&terms.code, &terms.version, true)).collect();
            prop_assert!(missing_consents(&all, &yes, now).is_empty());
            prop_assert_eq!(
                missing_consents(&all, &[], now).len(),
                found.iter().filter(|terms| terms.required).count()
            );
        }
    }
}
