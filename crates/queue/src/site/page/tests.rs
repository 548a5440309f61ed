use super::*;
use ::http::header::{CONTENT_SECURITY_POLICY, RETRY_AFTER};
use domain::Timestamp;
use domain::line::LineState;

const HERE: &str = "/wait/shop?to=/a%22b";

fn text(response: Response) -> String {
    let body = futures::executor::block_on(axum::body::to_bytes(response.into_body(), 1 << 20)).expect("a body");
    String::from_utf8(body.to_vec()).expect("text")
}

fn serving(state: LineState, rate_per_second: f64) -> Serving {
    Serving {
        line: "queue:shop".into(),
        state,
        opens_at: None,
        serving: 3_000,
        last: 6_000,
        waiting: 2_500,
        rate_per_second,
        numbers_per_second: rate_per_second,
        left: vec![],
        notice: Some(NoticeDocument { ko: None, en: Some("Ten minutes <more>".into()) }),
        draw: None,
        at: Timestamp(0),
        now: 0,
    }
}

fn page(rank: u64, document: Option<Serving>, language: Language) -> String {
    let page = Waiting {
        number: QueueNumber(5_000),
        rank,
        from_rank: 2_000,
        is_lost: false,
        is_late: false,
        document: document.map(Arc::new),
    };
    text(waiting(&page, "shop", HERE, language))
}

#[test]
fn rank_and_estimate_are_shown_in_both_languages() {
    let open = || Some(serving(LineState::Open, 8.0));
    let korean = page(1_234, open(), Language::Ko);
    for part in ["lang=\"ko\"", "1,234", "약 3분", "value=\"38\"", "content=\"30;", "1,266", "1초에 8명"] {
        assert!(korean.contains(part), "{part} not in {korean}");
    }
    let english = page(1_234, Some(serving(LineState::Open, 0.169)), Language::En);
    for part in ["lang=\"en\"", "1,234", "About 2 h 2 min", "Ten minutes &#60;more&#62;"] {
        assert!(english.contains(part), "{part} not in {english}");
    }
    assert!(page(1, open(), Language::En).contains("Less than a minute"));
    assert!(page(1, Some(serving(LineState::Paused, 0.0)), Language::En).contains("Nobody is being let in for now"));
    assert!(
        page(0, None, Language::En).contains("5,000") && page(0, None, Language::En).contains("data-state=\"drawing\"")
    );
}

#[test]
fn special_characters_stay_inside_their_attribute() {
    let page = Waiting { number: QueueNumber(1), rank: 1, from_rank: 0, is_lost: true, is_late: true, document: None };
    let page = text(waiting(&page, "\"><script>alert(1)</script>", "/wait/\"><script>alert(2)</script>", Language::En));
    assert!(!page.contains("<script>alert"), "{page}");
}

#[test]
fn pages_load_only_from_this_site_and_are_kept_by_nobody() {
    for language in Language::ALL {
        let all = [Notice::NoCookies, Notice::CookieLost, Notice::Full, Notice::TooMany, Notice::AccountNeeded];
        let all = all.into_iter().chain([Notice::Closed, Notice::Unavailable, Notice::Gone, Notice::Left]);
        for page in
            all.map(|found| notice(found, "shop", HERE, language)).chain([leave("shop", HERE, "x".into(), language)])
        {
            assert_eq!(page.headers()[CACHE_CONTROL], "no-store");
            let page = text(page);
            assert!(!page.contains("://") && !page.contains("style=\"") && !page.contains("onclick"), "{page}");
            assert!(!page.contains("wait-") || !page.contains(">wait-"), "a text is missing: {page}");
            assert!(!page.contains("<header"), "nothing of this shop before another site");
        }
    }
}

#[test]
fn a_page_that_tries_again_does_so_without_script_in_noscript_alone() {
    let full = notice(Notice::Full, "shop", HERE, Language::Ko);
    assert_eq!(
        (full.status(), &full.headers()[RETRY_AFTER]),
        (StatusCode::SERVICE_UNAVAILABLE, &HeaderValue::from(30))
    );
    let full = text(full);
    assert!(full.contains("<noscript><meta http-equiv=\"refresh\" content=\"30;"), "{full}");
    let lost = notice(Notice::CookieLost, "shop", HERE, Language::Ko);
    assert_eq!((lost.status(), lost.headers().get(RETRY_AFTER)), (StatusCode::OK, None));
    assert!(!text(lost).contains("http-equiv=\"refresh\""));
    let none = notice(Notice::NoCookies, "shop", HERE, Language::Ko);
    assert_eq!(none.headers()[RETRY_AFTER], HeaderValue::from(300));
}

fn asks(kind: &'static str, site_key: Option<&str>, language: Language) -> (String, String) {
    let site_key = site_key.map(str::to_owned);
    let document = ChallengeDocument { kind, nonce: "n-1".to_owned(), bits: 18, site_key, expires_at: Timestamp(0) };
    let script = Some("https://captcha.example/api.js");
    let response = ask(&document, script, "shop", HERE, StatusCode::OK, language);
    let policy = String::from_utf8(response.headers()[CONTENT_SECURITY_POLICY].as_bytes().to_vec());
    (text(response), policy.expect("text"))
}

#[test]
fn a_proof_of_work_needs_nobody_else_and_says_so_without_script() {
    for (language, word) in [(Language::Ko, "JavaScript가 필요하지만"), (Language::En, "needs JavaScript")] {
        let (page, policy) = asks("pow", None, language);
        for part in ["data-nonce=\"n-1\"", "data-bits=\"18\"", "<noscript>", word, "method=\"post\""] {
            assert!(page.contains(part), "{part} not in {page}");
        }
        assert!(!page.contains("://") && !policy.contains("://"), "{page} {policy}");
        // A worker is a script by this policy (CSP 3, 6.1.13).
        assert!(policy.contains("script-src 'self';") && policy.contains("form-action 'self'"), "{policy}");
    }
}

#[test]
fn recaptcha_is_loaded_from_the_configured_server_alone() {
    let (page, policy) = asks("recaptcha", Some("site-1"), Language::En);
    assert!(page.contains("data-sitekey=\"site-1\"") && page.contains("https://captcha.example/api.js"), "{page}");
    assert!(policy.contains("script-src 'self' https://captcha.example "), "{policy}");
}
