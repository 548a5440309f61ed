//! The page that asks for something before it gives a position.

use super::html;
use super::texts::{Texts, texts};
use ::http::{StatusCode, Uri};
use askama::Template;
use axum::response::Response;
use lines::challenge::ChallengeDocument;
use onsale_http::Language;

#[derive(Template)]
#[template(path = "challenge.html")]
struct ChallengePage<'a> {
    texts: &'a Texts,
    lang: &'static str,
    kind: &'a str,
    nonce: &'a str,
    bits: u8,
    site_key: Option<&'a str>,
    script: Option<&'a str>,
    /// Where the form is sent: the address of the waiting page.
    here: &'a str,
}

/// What the page may load: this site's own files and a worker of it, and for reCAPTCHA its server.
fn policy(script: Option<&str>) -> String {
    let origin = script.and_then(origin).unwrap_or_default();
    let more = if origin.is_empty() { String::new() } else { format!(" {origin} https://www.gstatic.com") };
    let style = if origin.is_empty() { "" } else { " 'unsafe-inline'" };
    format!(
        "default-src 'none'; script-src 'self'{more}; worker-src 'self'; style-src 'self'{style}; \
         connect-src 'self'{more}; frame-src{}; img-src data:; base-uri 'none'; form-action 'self'; \
         frame-ancestors 'none'",
        if more.is_empty() { " 'none'".to_owned() } else { more.clone() }
    )
}

/// Scheme and host of an address; none for what is no address.
fn origin(address: &str) -> Option<String> {
    let uri: Uri = address.parse().ok()?;
    Some(format!("{}://{}", uri.scheme_str()?, uri.authority()?.as_str()))
}

/// The page. `script`: where reCAPTCHA's script is.
pub fn ask(
    document: &ChallengeDocument,
    script: Option<&str>,
    here: &str,
    status: StatusCode,
    language: Language,
) -> Response {
    let site_key = document.site_key.as_deref();
    let script = script.filter(|script| site_key.is_some() && !script.is_empty());
    let page = ChallengePage {
        texts: &texts(language),
        lang: language.as_str(),
        kind: document.kind,
        nonce: &document.nonce,
        bits: document.bits,
        site_key,
        script,
        here,
    };
    html(status, language, &policy(script), page.render())
}

#[cfg(test)]
mod tests {
    use super::*;
    use ::http::header::CONTENT_SECURITY_POLICY;
    use domain::Timestamp;

    fn page(kind: &'static str, site_key: Option<&str>, language: Language) -> (String, String) {
        let site_key = site_key.map(str::to_owned);
        let document =
            ChallengeDocument { kind, nonce: "n-1".to_owned(), bits: 18, site_key, expires_at: Timestamp(0) };
        let script = Some("https://captcha.example/api.js");
        let response = ask(&document, script, "/wait/shop?to=/a%22b", StatusCode::OK, language);
        let policy = String::from_utf8(response.headers()[CONTENT_SECURITY_POLICY].as_bytes().to_vec());
        let body = futures::executor::block_on(axum::body::to_bytes(response.into_body(), 1 << 20)).expect("a body");
        (String::from_utf8(body.to_vec()).expect("text"), policy.expect("text"))
    }

    #[test]
    fn a_proof_of_work_needs_nobody_else_and_says_so_without_script() {
        for (language, word) in [(Language::Ko, "JavaScript가 필요하지만"), (Language::En, "needs JavaScript")] {
            let (page, policy) = page("pow", None, language);
            for part in ["data-nonce=\"n-1\"", "data-bits=\"18\"", "<noscript>", word, "method=\"post\""] {
                assert!(page.contains(part), "{part} not in {page}");
            }
            assert!(!page.contains("://") && !policy.contains("://"), "{page} {policy}");
            assert!(policy.contains("worker-src 'self'") && policy.contains("form-action 'self'"), "{policy}");
        }
    }

    #[test]
    fn recaptcha_is_loaded_from_the_configured_server_alone() {
        let (page, policy) = page("recaptcha", Some("site-1"), Language::En);
        assert!(page.contains("data-sitekey=\"site-1\"") && page.contains("https://captcha.example/api.js"), "{page}");
        assert!(policy.contains("script-src 'self' https://captcha.example "), "{policy}");
    }
}
