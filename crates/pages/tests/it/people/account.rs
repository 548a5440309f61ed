use super::support::{Browser, Page, demo, refused};
use serde_json::{Value, json};

fn site() -> Browser {
    Browser::over(demo(), |told| match (told.method.as_str(), told.path.as_str()) {
        ("PATCH", "/users/me") => Some((200, json!({"id": "1", "name": "x", "phone": null}), vec![])),
        ("PUT", "/users/me/password") if told.body["currentPassword"] == "right" => Some((204, Value::Null, vec![])),
        ("PUT", "/users/me/password") => refused(401, "INVALID_CREDENTIALS"),
        ("DELETE", "/users/me") => Some((204, Value::Null, vec![])),
        ("GET", "/users/me/consents") => Some((
            200,
            json!({"consents": [
            {"code": "PRIVACY", "version": "1.0", "agreed": true, "at": "2026-01-02T03:04:05"}]}),
            vec![],
        )),
        ("PUT", "/users/me/consents") => Some((200, json!({"consents": []}), vec![])),
        ("GET", "/auth/terms?size=100") => {
            let term = |code: &str, required: bool| {
                json!({"code": code, "version": "1.0", "title": code, "body": "x", "required": required,
                    "effectiveAt": "2026-01-01T00:00:00"})
            };
            Some((200, json!({"list": [term("PRIVACY", true), term("NEWS", false)]}), vec![]))
        }
        ("GET", "/users/me/logins?page=0&size=20") => Some((
            200,
            json!({"list": [
            {"at": "2026-01-02T03:04:05", "method": "EMAIL", "ipAddress": "203.0.113.9", "userAgent": "<script>",
             "success": false, "suspicious": true}], "page": 0, "size": 20, "totalElements": 21}),
            vec![],
        )),
        ("DELETE", "/users/me/social/kakao") => Some((204, Value::Null, vec![])),
        ("POST", path) if path.starts_with("/auth/oauth2/kakao/link?") => {
            let location = "https://kauth.kakao.com/oauth/authorize?x=1";
            Some((200, json!({"location": location}), vec!["oauthState=half; Path=/"]))
        }
        _ => None,
    })
    .known()
}

/// Sends a form of the account's pages as it stands, with these fields.
async fn press(browser: &Browser, address: &str, fields: &[(&str, &str)]) -> Page {
    let page = browser.get(address).await;
    let csrf = page.hidden("csrfToken").expect("a form with the token");
    let key = page.hidden("idempotencyKey").unwrap_or_default();
    let mut all = fields.to_vec();
    all.extend([("csrfToken", csrf.as_str()), ("idempotencyKey", key.as_str())]);
    browser.post(address, &all).await
}

#[tokio::test]
async fn a_form_without_the_token_changes_nothing() {
    let browser = site();
    for (address, fields) in [
        ("/me/account/profile", vec![("name", "이"), ("phone", "010-1111-2222")]),
        ("/me/account/password", vec![("current", "right"), ("password", "correct horse")]),
        ("/me/account/consents", vec![("term-PRIVACY-1.0", "yes")]),
        ("/me/account/delete", vec![("sure", "yes")]),
        ("/me/account/social", vec![("provider", "kakao"), ("action", "unlink")]),
        ("/session/logout", vec![]),
    ] {
        let page = browser.post(address, &fields).await;
        assert_eq!(page.status.as_u16(), 403, "{address}");
        assert!(
            page.html.contains("다시 한번 눌러 주십시오") || page.html.contains("처리하지 않았습니다"),
            "{}",
            page.html
        );
        let forged = [fields.clone(), vec![("csrfToken", "guessed")]].concat();
        assert_eq!(browser.post(address, &forged).await.status.as_u16(), 403, "{address}");
        let stolen = [fields, vec![("csrfToken", "proof")]].concat();
        assert_eq!(browser.elsewhere().post(address, &stolen).await.status.as_u16(), 403, "{address}");
    }
    let changed = ["PATCH", "PUT", "DELETE", "POST"].iter().any(|method| {
        ["/users/me", "/users/me/password", "/users/me/consents", "/session", "/users/me/social/kakao"]
            .iter()
            .any(|path| !browser.told(method, path).is_empty())
    });
    assert!(!changed);
}

#[tokio::test]
async fn name_and_number_are_changed_and_faults_are_told_at_their_fields() {
    let browser = site();
    let page = press(&browser, "/me/account/profile", &[("name", ""), ("phone", "1")]).await;
    page.has_fault_at("name");
    page.has_fault_at("phone");
    let page = press(&browser, "/me/account/profile", &[("name", "이영희"), ("phone", "01011112222")]).await;
    assert_eq!(page.location(), "/me/account?done=profile");
    let told = &browser.told("PATCH", "/users/me")[0];
    assert_eq!(told.body, json!({"name": "이영희", "phone": "01011112222"}));
    assert!(told.headers.contains_key("idempotency-key"), "sent twice it happens once");
    assert!(browser.get("/me/account?done=profile").await.html.contains("저장했습니다"));
}

#[tokio::test]
async fn a_password_is_changed_by_who_knows_it() {
    let browser = site();
    let page = press(&browser, "/me/account/password", &[("current", "wrong"), ("password", "correct horse")]).await;
    page.has_fault_at("current");
    assert!(!page.html.contains("correct horse"));
    let page = press(&browser, "/me/account/password", &[("current", "right"), ("password", "short")]).await;
    page.has_fault_at("password");
    let page = press(&browser, "/me/account/password", &[("current", "right"), ("password", "correct horse")]).await;
    assert_eq!(page.location(), "/me/account?done=password");
}

#[tokio::test]
async fn required_terms_stay_and_optional_ones_can_be_agreed_to_later() {
    let browser = site();
    let page = press(&browser, "/me/account/consents", &[("term-NEWS-1.0", "yes")]).await;
    page.has_fault_at("term-PRIVACY-1.0");
    let page = press(&browser, "/me/account/consents", &[("term-PRIVACY-1.0", "yes"), ("term-NEWS-1.0", "yes")]).await;
    assert_eq!(page.location(), "/me/account?done=consents");
    assert_eq!(browser.told("PUT", "/users/me/consents").len(), 1);
}

#[tokio::test]
async fn a_log_out_ends_the_session_and_forgets_what_the_device_keeps() {
    let browser = site();
    let csrf = browser.get("/me/account").await.hidden("csrfToken").expect("a token");
    for round in 0..2 {
        let page = browser.post("/session/logout", &[("csrfToken", csrf.as_str())]).await;
        assert_eq!((page.status.as_u16(), page.location()), (303, "/login?done=logout"), "round {round}");
        assert_eq!(page.headers["clear-site-data"], "\"cache\", \"storage\"");
    }
    assert_eq!(browser.told("DELETE", "/session").len(), 1);
    assert!(browser.cookies.lock().expect("cookies").is_empty());
    // Where the browser does not know that header the page's script does it, after a log-out and with an account's end.
    let forgets = async |browser: &Browser, done: &str| {
        browser.get(&format!("/login?done={done}")).await.html.contains(" data-forget>")
    };
    assert!(
        forgets(&browser, "logout").await && forgets(&browser, "deleted").await && !forgets(&browser, "reset").await
    );
    assert!(!forgets(&site(), "logout").await, "a link makes nobody who is logged in lose a ticket");
    assert_eq!(browser.get("/session/logout").await.location(), "/me/account", "looking ends nothing");
}

#[tokio::test]
async fn another_sites_form_takes_no_ticket_from_the_device() {
    let browser = site();
    // The form of another site comes without cookies, so nobody seems to be logged in.
    let page = browser.fresh().elsewhere().post("/session/logout", &[]).await;
    assert_eq!(page.status.as_u16(), 403);
    assert!(!page.headers.contains_key("clear-site-data"), "{:?}", page.headers);
    let page = browser.fresh().post("/session/logout", &[]).await;
    assert_eq!((page.status.as_u16(), page.location()), (303, "/login?done=logout"), "a second press on our own page");
}

#[tokio::test]
async fn an_account_is_deleted_only_by_who_has_said_so() {
    let browser = site();
    let page = press(&browser, "/me/account/delete", &[]).await;
    page.has_fault_at("sure");
    assert!(browser.told("DELETE", "/users/me").is_empty());
    let page = press(&browser, "/me/account/delete", &[("sure", "yes")]).await;
    assert_eq!(page.location(), "/login?done=deleted");
    assert!(page.headers.contains_key("clear-site-data"));
    assert!(browser.cookies.lock().expect("cookies").is_empty());
    let page = browser.post("/me/account/delete", &[("sure", "yes"), ("csrfToken", "proof")]).await;
    assert!(page.location().starts_with("/login?returnUrl="), "{}", page.location());
}

#[tokio::test]
async fn another_site_is_reached_by_a_link_and_never_by_a_form() {
    let browser = site();
    let page = press(&browser, "/me/account/social", &[("provider", "kakao"), ("action", "link")]).await;
    assert_eq!((page.status.as_u16(), page.state()), (200, "onward"));
    assert!(page.html.contains("href=\"https://kauth.kakao.com/oauth/authorize?x=1\""), "{}", page.html);
    assert_eq!(browser.cookies.lock().expect("cookies").get("oauthState").map(String::as_str), Some("half"));
    let page = press(&browser, "/me/account/social", &[("provider", "kakao"), ("action", "unlink")]).await;
    assert_eq!(page.location(), "/me/account/social?unlinked=kakao");
    let page = press(&browser, "/me/account/social", &[("provider", "../../users/me"), ("action", "unlink")]).await;
    assert_eq!(page.status.as_u16(), 404);
}

#[tokio::test]
async fn log_ins_are_listed_as_text() {
    let page = site().get("/me/account/logins").await;
    assert!(page.html.contains("203.0.113.9") && page.html.contains("평소와 다름"), "{}", page.html);
    assert!(!page.html.contains("<script>") && page.html.contains("/me/account/logins?page=1"), "{}", page.html);
}

#[tokio::test]
async fn nobody_known_is_led_to_the_log_in_and_back() {
    let browser = Browser::over(demo(), |_| None);
    for address in [
        "/me",
        "/me/coupons",
        "/me/account",
        "/me/account/profile",
        "/me/account/password",
        "/me/account/delete",
        "/me/account/social",
        "/me/account/logins",
        "/me/account/consents",
    ] {
        let page = browser.get(address).await;
        let to = format!("/login?returnUrl={}", address.replace('/', "%2F"));
        assert_eq!((page.status.as_u16(), page.location()), (302, to.as_str()), "{address}");
    }
    let lapsed = Browser::over(demo(), |_| None).set("csrfToken", "proof");
    assert_eq!(lapsed.get("/me").await.location(), "/session/renew?returnUrl=%2Fme");
    // A form that was sent is lost on the way, and the page that comes after says so.
    for address in ["/me/account/profile", "/me/account/password", "/me/account/delete", "/me/account/social"] {
        let page = lapsed.post(address, &[("csrfToken", "proof")]).await;
        let to = format!("/session/renew?returnUrl={}%3Funsent%3D1", address.replace('/', "%2F"));
        assert_eq!(page.location(), to, "{address}");
    }
    let page = site().get("/me/account/profile?unsent=1").await;
    assert!(page.html.contains("id=\"unsent\""), "{}", page.html);
    assert!(!site().get("/me/account/profile").await.html.contains("id=\"unsent\""));
}
