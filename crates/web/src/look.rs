//! A look of one's own: name, logo, colours, words (WEB-010). Never a script.

use onsale_http::Language;
use serde::Deserialize;

/// Where all files of looks lie. A look that names another place is not worn.
const FILES: &str = "/assets/look/";
/// Where the page of a line before another site gets the look that the gateway knows: its style and its head.
pub const STYLE_PLACE: &str = "<!-- look: style -->";
/// As [`STYLE_PLACE`], for name, logo and words.
pub const HEAD_PLACE: &str = "<!-- look: head -->";

/// How pages look for one tenant or one line, as the API tells it.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct Look {
    /// The shown name, in place of the product's.
    pub name: String,
    /// The address of the logo.
    pub logo: Option<String>,
    /// The address of the style with the colours.
    pub css: String,
    /// Words for people who wait.
    pub words: Option<Words>,
}

/// Words in each language.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct Words {
    ko: String,
    en: String,
}

impl Look {
    /// Whether all its files are our own: nobody may lead people's browsers elsewhere by a look.
    pub fn is_own(&self) -> bool {
        self.css.starts_with(FILES) && self.logo.as_ref().is_none_or(|logo| logo.starts_with(FILES))
    }

    /// The words in a language.
    pub fn words_in(&self, lang: Language) -> Option<&str> {
        let words = self.words.as_ref()?;
        Some(match lang {
            Language::Ko => &words.ko,
            Language::En => &words.en,
        })
    }

    /// Puts it on a finished page that has the two places.
    pub fn put_on(&self, page: &str, lang: Language) -> String {
        let style = format!("<link rel=\"stylesheet\" href=\"{}\">", escaped(&self.css));
        let name = escaped(&self.name);
        let brand = match &self.logo {
            Some(logo) => format!("<img src=\"{}\" alt=\"{name}\">", escaped(logo)),
            None => name,
        };
        let words = self.words_in(lang).map(|words| format!("<p class=\"words\">{}</p>", escaped(words)));
        let head = format!("<header><p class=\"brand\">{brand}</p></header>{}", words.unwrap_or_default());
        page.replacen(STYLE_PLACE, &style, 1).replacen(HEAD_PLACE, &head, 1)
    }
}

fn escaped(text: &str) -> String {
    askama::filters::escape(text, askama::filters::Html).map(|safe| safe.to_string()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn look() -> Look {
        let words = Some(Words { ko: "천천히 오세요".to_owned(), en: "Take <b>your</b> time".to_owned() });
        Look { name: "Tom & Co".to_owned(), logo: None, css: "/assets/look/1.css".to_owned(), words }
    }

    #[test]
    fn a_look_is_put_on_a_page_and_none_of_it_becomes_markup() {
        let page = format!("<head>{STYLE_PLACE}</head><body>{HEAD_PLACE}<main></main>");
        let worn = look().put_on(&page, Language::En);
        assert!(worn.contains("<link rel=\"stylesheet\" href=\"/assets/look/1.css\"></head>"), "{worn}");
        assert!(worn.contains("Tom &#38; Co") && !worn.contains("<b>"), "{worn}");
        let logo = Look { logo: Some("/assets/look/2.svg".to_owned()), ..look() };
        assert!(logo.put_on(&page, Language::Ko).contains("<img src=\"/assets/look/2.svg\" alt=\"Tom &#38; Co\">"));
        assert!(logo.put_on(&page, Language::Ko).contains("천천히"));
    }

    #[test]
    fn a_look_with_files_of_others_is_not_worn() {
        assert!(look().is_own());
        assert!(!Look { css: "https://elsewhere.example/a.css".to_owned(), ..look() }.is_own());
        assert!(!Look { logo: Some("//elsewhere.example/a.png".to_owned()), ..look() }.is_own());
    }
}
