//! The language of a caller, chosen by `Accept-Language`.

/// One line for each language: its variant and its tag, which names its file in `messages`.
macro_rules! languages {
    ($($(#[$attribute:meta])* $variant:ident = $tag:literal,)*) => {
        /// The languages that every text exists in.
        #[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
        pub enum Language {
            $($(#[$attribute])* $variant),*
        }

        impl Language {
            /// All languages.
            pub const ALL: [Self; [$($tag),*].len()] = [$(Self::$variant),*];

            /// The language tag.
            pub const fn as_str(self) -> &'static str {
                match self {
                    $(Self::$variant => $tag),*
                }
            }

            /// The messages of the language, in Fluent's format.
            pub(super) const fn source(self) -> &'static str {
                match self {
                    $(Self::$variant => include_str!(concat!("messages/", $tag, ".ftl"))),*
                }
            }
        }
    };
}

languages! {
    /// Korean.
    Ko = "ko",
    /// English.
    #[default]
    En = "en",
}

/// Entries beyond this are ignored: no person reads so many languages.
const ENTRIES_MAX: usize = 16;

impl Language {
    /// The index in a table of texts.
    pub(super) const fn index(self) -> usize {
        self as usize
    }

    /// The language that the header prefers. `default` if there is no header or it names no known language (RFC 9110,
    /// 12.5.4).
    pub fn from_accept(header: Option<&[u8]>, default: Self) -> Self {
        match header {
            None => default,
            Some(header) => Self::best_of(header, default).unwrap_or(default),
        }
    }

    fn best_of(header: &[u8], default: Self) -> Option<Self> {
        let mut best: Option<(u16, Self)> = None;
        for entry in header.split(|byte| *byte == b',').take(ENTRIES_MAX) {
            let mut parts = entry.split(|byte| *byte == b';');
            let tag = parts.next().unwrap_or_default().trim_ascii();
            let Some(language) = Self::of_tag(tag, default) else { continue };
            let weight = parts.find_map(weight_of).unwrap_or(FULL_WEIGHT);
            if weight > best.map_or(0, |(heaviest, _)| heaviest) {
                best = Some((weight, language));
            }
        }
        best.map(|(_, language)| language)
    }

    fn of_tag(tag: &[u8], default: Self) -> Option<Self> {
        let primary = tag.split(|byte| *byte == b'-').next().unwrap_or_default();
        let known = Self::ALL.into_iter().find(|language| primary.eq_ignore_ascii_case(language.as_str().as_bytes()));
        known.or_else(|| (tag == b"*").then_some(default))
    }
}

/// A weight of 1, in thousandths.
const FULL_WEIGHT: u16 = 1000;

/// Reads `q=0.8` as thousandths. A malformed weight reads as 0, so the entry does not count.
fn weight_of(parameter: &[u8]) -> Option<u16> {
    let parameter = parameter.trim_ascii();
    let value = parameter.strip_prefix(b"q=").or_else(|| parameter.strip_prefix(b"Q="))?;
    let weight = std::str::from_utf8(value).ok().and_then(|text| text.trim().parse::<f32>().ok());
    Some(weight.filter(|weight| (0.0..=1.0).contains(weight)).map_or(0, |weight| (weight * 1000.0) as u16))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn chosen(header: &str) -> Language {
        Language::from_accept(Some(header.as_bytes()), Language::En)
    }

    #[test]
    fn the_heaviest_known_language_is_chosen() {
        assert_eq!(chosen("ko"), Language::Ko);
        assert_eq!(chosen("ko-KR,ko;q=0.9,en-US;q=0.8,en;q=0.7"), Language::Ko);
        assert_eq!(chosen("en;q=0.5, ko;q=0.6"), Language::Ko);
        assert_eq!(chosen("fr, en;q=0.3, ko;q=0.2"), Language::En);
        assert_eq!(chosen("KO-kr"), Language::Ko);
        assert_eq!(chosen("ko;q=0, en;q=0.1"), Language::En);
        assert_eq!(chosen("ko, en"), Language::Ko, "the first of equals");
    }

    #[test]
    fn the_default_is_used_if_no_language_matches() {
        for header in ["", "fr", "korean", "*", "ko;q=2", "ko;q=nan", "\u{7f}", ";;;,,,"] {
            assert_eq!(Language::from_accept(Some(header.as_bytes()), Language::En), Language::En, "{header}");
        }
        assert_eq!(Language::from_accept(Some(b"*"), Language::Ko), Language::Ko);
        assert_eq!(Language::from_accept(None, Language::Ko), Language::Ko);
    }
}
