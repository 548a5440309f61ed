//! Where a person goes after a log-in: a path of this site, whatever was asked for.

/// Longest address in bytes, as it is written.
const BYTES_MAX: usize = 2_048;
/// Addresses that log in or out themselves: nobody is sent back to them.
const TAKEN: [&str; 2] = ["/auth/", "/session"];
/// Escapes in a path that some program between reads as a separator, a dot segment or an end: no path of this site has one.
const ESCAPES: [&str; 5] = ["%2f", "%5c", "%2e", "%25", "%7f"];

/// A path of this site with its query, in ASCII: safe as `Location`.
///
/// Browsers read `//host`, `/\host`, and both with tabs or line ends between, as another site. So only a narrow set is
/// accepted, and everything else is `/`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReturnUrl(String);

impl ReturnUrl {
    /// Reads `returnUrl` as it came out of the query; `/` for none, and for what is no path of this site.
    pub fn read(asked: Option<&str>) -> Self {
        Self(asked.and_then(local).unwrap_or_else(|| "/".to_owned()))
    }

    /// The path.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

fn local(asked: &str) -> Option<String> {
    let at = asked.find(['?', '#']).unwrap_or(asked.len());
    let (path, rest) = asked.split_at(at);
    let is_kept = is_path(path) && !TAKEN.iter().any(|taken| path.starts_with(taken));
    let written = written(path, rest).filter(|_| is_kept)?;
    (written.len() <= BYTES_MAX).then_some(written)
}

fn is_path(path: &str) -> bool {
    let lower = path.to_ascii_lowercase();
    let is_dots = |segment: &str| matches!(segment, "." | "..");
    let has_control = lower.as_bytes().windows(2).any(|pair| pair == b"%0" || pair == b"%1");
    path.starts_with('/')
        && !path.contains("//")
        && !path.contains(['\\', ' '])
        && !path.split('/').any(is_dots)
        && !ESCAPES.iter().any(|escape| lower.contains(escape))
        && !has_control
}

/// Letters of other languages, and in the query what a header may not have, as `%XX`; none with control characters.
fn written(path: &str, rest: &str) -> Option<String> {
    let mut out = String::with_capacity(path.len() + rest.len());
    for byte in path.bytes().chain(rest.bytes()) {
        match byte {
            0..0x20 | 0x7f => return None,
            b' ' | b'"' | b'<' | b'>' | b'\\' | 0x80.. => out.push_str(&format!("%{byte:02X}")),
            _ => out.push(char::from(byte)),
        }
    }
    Some(out)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn read(asked: &str) -> String {
        ReturnUrl::read(Some(asked)).as_str().to_owned()
    }

    #[test]
    fn paths_of_this_site_are_kept() {
        let long = format!("/{}", "a".repeat(BYTES_MAX - 1));
        for kept in ["/", "/shows/1", "/me?tab=tickets&to=https://evil.example/", "/a?b=//c", "/a#b", "/@evil", &long] {
            assert_eq!(read(kept), kept);
        }
        assert_eq!(read("/shows?keyword=아 이"), "/shows?keyword=%EC%95%84%20%EC%9D%B4");
        assert_eq!(read("/공연"), "/%EA%B3%B5%EC%97%B0");
        assert_eq!(ReturnUrl::read(None).as_str(), "/");
    }

    #[test]
    fn every_trick_leads_to_the_first_page() {
        let longer = format!("/{}", "a".repeat(BYTES_MAX));
        for trick in [
            "",
            "shows",
            "//evil.example",
            "///evil.example",
            "/\\evil.example",
            "\\/evil.example",
            "\\\\evil.example",
            "/a//evil.example",
            "/%2f%2fevil.example",
            "/%2F/evil.example",
            "%2f%2fevil.example",
            "/%5cevil.example",
            "/%255cevil.example",
            "/.//evil.example",
            "/../evil",
            "/a/..//evil.example",
            "/%2e%2e//evil",
            "/%2E./evil",
            "/%09/evil.example",
            "/%0d%0aSet-Cookie:a=b",
            "/\t/evil.example",
            "/\n/evil.example",
            "/\r\nLocation: https://evil.example",
            "/a?\r\nSet-Cookie: a=b",
            "/a#\u{0}",
            "/\u{7f}",
            "\u{0}/a",
            " /a",
            " //evil.example",
            "/ /evil.example",
            "https://evil.example",
            "HTTPS:evil.example",
            "https:/evil.example",
            "http:///evil.example",
            "javascript:alert(1)",
            "JavaScript://%0aalert(1)",
            "java\tscript:alert(1)",
            "data:text/html,<script>",
            "?a=//evil",
            "#//evil",
            "@evil.example",
            ".evil.example",
            "\u{ff0f}\u{ff0f}evil.example",
            "\u{feff}//evil.example",
            "/auth/oauth2/kakao",
            "/session/renew?returnUrl=/",
            &longer,
        ] {
            assert_eq!(read(trick), "/", "{trick:?}");
        }
    }

    proptest! {
        #[test]
        fn what_is_kept_is_a_plain_path(asked in "[/\\\\%2f.a:?# \t\r\n@\u{80}-\u{ffff}]{0,40}") {
            let kept = read(&asked);
            prop_assert!(kept.starts_with('/') && !kept.starts_with("//") && !kept.contains('\\'), "{kept:?}");
            prop_assert!(kept.bytes().all(|byte| byte.is_ascii_graphic()), "{kept:?}");
            prop_assert_eq!(read(&kept), kept.clone(), "read again it is the same");
        }
    }
}
