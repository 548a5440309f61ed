//! Social log-in: the page, codes, tokens and profiles.

use crate::support::World;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use testkit::http::Reply;

const VERIFIER: &str = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
const BACK: &str = "http%3A%2F%2F127.0.0.1%3A1%2Fcallback";

fn query(changes: &[(&str, &str)]) -> String {
    let challenge = URL_SAFE_NO_PAD.encode(Sha256::digest(VERIFIER));
    let mut fields = vec![
        ("response_type", "code"),
        ("client_id", "sandbox-client"),
        ("redirect_uri", BACK),
        ("state", "state-1"),
        ("code_challenge", challenge.as_str()),
        ("code_challenge_method", "S256"),
    ];
    fields.retain(|(name, _)| !changes.iter().any(|(changed, _)| changed == name));
    fields.extend(changes);
    fields.iter().map(|(name, value)| format!("{name}={value}")).collect::<Vec<_>>().join("&")
}

fn person(world: &World, provider: &str, id: &str) {
    let body = json!({"id": id, "email": "hong@example.com", "name": "Hong"});
    world.client().post_json(&format!("/sandbox/oauth/{provider}/people"), &body).ok();
}

fn authorize(world: &World, provider: &str, changes: &[(&str, &str)]) -> Reply {
    world.client().get(&format!("/sandbox/oauth/{provider}/authorize?{}", query(changes)))
}

fn code(world: &World, provider: &str, id: &str) -> String {
    let reply = authorize(world, provider, &[("as", id)]);
    assert_eq!(reply.status, 303, "{}", reply.text());
    let location = reply.header("location").expect("a location").to_owned();
    let rest = location.strip_prefix("http://127.0.0.1:1/callback?code=").expect("our callback").to_owned();
    rest.strip_suffix("&state=state-1").expect("the state").to_owned()
}

fn form(world: &World, path: &str, body: &str) -> Reply {
    let client = world.client().with("Content-Type", "application/x-www-form-urlencoded");
    client.call("POST", path, Some(body.as_bytes()))
}

fn token(world: &World, provider: &str, code: &str, changes: &[(&str, &str)]) -> Reply {
    let mut fields = vec![
        ("grant_type", "authorization_code"),
        ("client_id", "sandbox-client"),
        ("client_secret", "sandbox-client-secret"),
        ("code", code),
        ("redirect_uri", BACK),
        ("code_verifier", VERIFIER),
        ("state", "state-1"),
    ];
    fields.retain(|(name, _)| !changes.iter().any(|(changed, _)| changed == name));
    fields.extend(changes);
    let body = fields.iter().map(|(name, value)| format!("{name}={value}")).collect::<Vec<_>>().join("&");
    form(world, &format!("/sandbox/oauth/{provider}/token"), &body)
}

fn profile(world: &World, provider: &str, token: &Value) -> Reply {
    let bearer = format!("Bearer {}", token.as_str().expect("a token"));
    world.client().with("Authorization", &bearer).get(&format!("/sandbox/oauth/{provider}/profile"))
}

#[test]
fn each_provider_tells_the_person_in_its_own_form() {
    let world = World::new();
    for provider in ["kakao", "naver", "google"] {
        person(&world, provider, "12345");
        let granted = token(&world, provider, &code(&world, provider, "12345"), &[]).ok();
        let shown = profile(&world, provider, &granted["access_token"]).ok();
        let (id, email) = match provider {
            "kakao" => (shown["id"].clone(), &shown["kakao_account"]["email"]),
            "naver" => (shown["response"]["id"].clone(), &shown["response"]["email"]),
            _ => (shown["sub"].clone(), &shown["email"]),
        };
        let wanted = if provider == "kakao" { json!(12345) } else { json!("12345") };
        assert_eq!((id, email), (wanted, &json!("hong@example.com")), "{provider}");
        let other = if provider == "kakao" { "google" } else { "kakao" };
        assert_eq!(profile(&world, other, &granted["access_token"]).status, 401, "a token is of one provider");
    }
    world.client().get("/sandbox/oauth/facebook/authorize").is_error(404, "NOT_FOUND");
}

#[test]
fn a_code_counts_once_and_for_its_own_verifier_alone() {
    let world = World::new();
    person(&world, "google", "1");
    let one = code(&world, "google", "1");
    token(&world, "google", &one, &[]).ok();
    assert_eq!(token(&world, "google", &one, &[]).json()["error"], "invalid_grant", "used");
    for (field, value) in [
        ("code_verifier", "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXX"),
        ("code_verifier", ""),
        ("code_verifier", "short"),
        ("redirect_uri", "http%3A%2F%2F127.0.0.1%3A1%2Fother"),
    ] {
        let code = code(&world, "google", "1");
        let reply = token(&world, "google", &code, &[(field, value)]);
        assert_eq!((reply.status, &reply.json()["error"]), (400, &json!("invalid_grant")), "{field}={value}");
        assert_eq!(token(&world, "google", &code, &[]).json()["error"], "invalid_grant", "a failed try uses it up");
    }
    let other = code(&world, "google", "1");
    assert_eq!(token(&world, "kakao", &other, &[]).json()["error"], "invalid_grant", "of another provider");
    assert_eq!(token(&world, "google", "invented", &[]).json()["error"], "invalid_grant");
}

#[test]
fn naver_says_no_with_200_and_wants_the_state() {
    let world = World::new();
    person(&world, "naver", "1");
    let code = code(&world, "naver", "1");
    let reply = token(&world, "naver", &code, &[("state", "other")]);
    assert_eq!((reply.status, &reply.json()["error"]), (200, &json!("invalid_grant")));
}

#[test]
fn strangers_are_refused() {
    let world = World::new();
    person(&world, "google", "1");
    let code = code(&world, "google", "1");
    let reply = token(&world, "google", &code, &[("client_secret", "wrong")]);
    assert_eq!((reply.status, &reply.json()["error"]), (401, &json!("invalid_client")));
    assert_eq!(profile(&world, "google", &json!("invented")).status, 401);
    assert_eq!(world.client().get("/sandbox/oauth/google/profile").status, 401);
}

#[test]
fn nobody_is_sent_to_an_address_that_is_not_known() {
    let world = World::new();
    person(&world, "google", "1");
    for changes in [
        [("client_id", "other"), ("as", "1")],
        [("redirect_uri", "https%3A%2F%2Fevil.example%2F"), ("as", "1")],
        [("redirect_uri", "%2F%2Fevil.example"), ("as", "1")],
        [("redirect_uri", ""), ("as", "1")],
    ] {
        authorize(&world, "google", &changes).is_error(400, "INVALID_INPUT");
    }
    authorize(&world, "google", &[("as", "nobody")]).is_error(404, "NOT_FOUND");
}

#[test]
fn a_log_in_without_pkce_comes_back_with_an_error() {
    let world = World::new();
    person(&world, "google", "1");
    for (changes, error) in [
        ([("response_type", "token"), ("as", "1")], "unsupported_response_type"),
        ([("code_challenge", ""), ("as", "1")], "invalid_request"),
        ([("code_challenge_method", "plain"), ("as", "1")], "invalid_request"),
    ] {
        let reply = authorize(&world, "google", &changes);
        let wanted = format!("http://127.0.0.1:1/callback?error={error}&state=state-1");
        assert_eq!((reply.status, reply.header("location")), (303, Some(wanted.as_str())));
    }
}

#[test]
fn the_page_offers_people_a_new_one_and_a_no() {
    let world = World::new();
    person(&world, "kakao", "7");
    let page = authorize(&world, "kakao", &[]);
    assert_eq!(page.status, 200);
    let text = page.text();
    for part in ["value=\"7\"", "Hong", "hong@example.com", "name=\"new_id\"", "name=\"refuse\"", "value=\"state-1\""] {
        assert!(text.contains(part), "{part} is not in {text}");
    }
    let policy = page.header("content-security-policy").expect("a policy");
    assert!(policy.contains("form-action 'self' http://127.0.0.1:1;"), "{policy}");
    let path = "/sandbox/oauth/kakao/authorize";
    let refused = form(&world, path, &query(&[("refuse", "1")]));
    assert_eq!(refused.header("location"), Some("http://127.0.0.1:1/callback?error=access_denied&state=state-1"));
    for answer in [&[("as", "7")][..], &[("new_id", "8"), ("new_email", "")]] {
        let reply = form(&world, path, &query(answer));
        assert!(reply.header("location").is_some_and(|to| to.contains("?code=")), "{answer:?}: {}", reply.text());
    }
    let granted = token(&world, "kakao", &code(&world, "kakao", "8"), &[]).ok();
    let shown = profile(&world, "kakao", &granted["access_token"]).ok();
    assert_eq!((&shown["id"], &shown["kakao_account"]["email"]), (&json!(8), &Value::Null));
}
