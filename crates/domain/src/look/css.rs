//! The style of a look: the tokens of the pages, and nothing else. It is written from colours that were read, never copied.

use super::{Colors, LookColors};

/// The style sheet; empty for a look with the usual colours.
pub fn css(colors: &LookColors) -> String {
    let mut sheet = String::new();
    if !colors.light.is_empty() {
        sheet.push_str(&format!(":root{{{}}}\n", declared(&colors.light)));
    }
    // The light tokens stand on `:root` too, so those that a look leaves out by night are the usual ones of the night again.
    if !(colors.light.is_empty() && colors.dark.is_empty()) {
        let night = colors.of(super::Scheme::Dark);
        sheet.push_str(&format!("@media (prefers-color-scheme:dark){{:root{{{}}}}}\n", declared(&night)));
    }
    sheet
}

fn declared(colors: &Colors) -> String {
    let declared: Vec<String> = colors.iter().map(|(token, color)| format!("--{}:{color}", token.as_str())).collect();
    declared.join(";")
}

#[cfg(test)]
mod tests {
    use super::super::Token;
    use super::*;

    #[test]
    fn a_look_sets_tokens_by_day_and_by_night() {
        assert_eq!(css(&LookColors::default()), "");
        let act = |text: &str| [(Token::Act, text.parse().expect("a colour"))].into();
        let sheet = css(&LookColors { light: act("#00407a"), dark: act("#9ec5ff") });
        assert!(
            sheet.starts_with(":root{--act:#00407a}\n@media (prefers-color-scheme:dark){:root{--paper:#111318;"),
            "{sheet}"
        );
        assert!(sheet.contains("--act:#9ec5ff"), "{sheet}");
    }
}
