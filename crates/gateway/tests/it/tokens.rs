//! Tokens signed by hand, so that header and claims may be anything.

use crate::stack::{PREVIOUS, SECRET, account, seconds};
use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE, URL_SAFE_NO_PAD};
use domain::account::UserRole::User;
use hmac::{Hmac, KeyInit, Mac};
use serde_json::{Value, json};
use sha2::Sha512;

pub fn signed(header: &str, claims: &str, secret: &[u8]) -> String {
    let message = format!("{}.{}", URL_SAFE_NO_PAD.encode(header), URL_SAFE_NO_PAD.encode(claims));
    let mac = Hmac::<Sha512>::new_from_slice(secret).expect("a key").chain_update(&message).finalize();
    format!("{message}.{}", URL_SAFE_NO_PAD.encode(mac.into_bytes()))
}

fn good() -> Value {
    json!({"sub": account(User), "jti": "j", "role": "USER", "email": "a@b.kr", "iat": seconds(), "exp": seconds() + 60})
}

const HEADER: &str = r#"{"alg":"HS512","typ":"JWT"}"#;

/// Name, token, and whether it is good, expired or invalid.
pub fn all() -> Vec<(String, String, &'static str)> {
    let with = |name: &str, value: Value| {
        let mut claims = good();
        claims[name] = value;
        claims.to_string()
    };
    let without = |name: &str| {
        let mut claims = good();
        claims.as_object_mut().expect("an object").remove(name);
        claims.to_string()
    };
    let own = |claims: &str| signed(HEADER, claims, SECRET.as_bytes());
    let good = good().to_string();
    let token = own(&good);
    let [head, body, tail] = token.split('.').collect::<Vec<_>>().try_into().expect("three parts");
    let mut all: Vec<(String, String, &'static str)> = vec![
        ("whole".into(), token.clone(), "good"),
        ("previous secret".into(), signed(HEADER, &good, PREVIOUS.as_bytes()), "good"),
        (
            "kid is not used".into(),
            signed(r#"{"alg":"HS512","kid":"../../dev/null"}"#, &good, SECRET.as_bytes()),
            "good",
        ),
        (
            "jwk is not used".into(),
            signed(r#"{"alg":"HS512","jwk":{"kty":"oct","k":"AA"}}"#, &good, SECRET.as_bytes()),
            "good",
        ),
        (
            "jku is not used".into(),
            signed(r#"{"alg":"HS512","jku":"https://evil.example"}"#, &good, SECRET.as_bytes()),
            "good",
        ),
        ("expired".into(), own(&with("exp", json!(seconds()))), "expired"),
        ("long expired".into(), own(&with("exp", json!(1))), "expired"),
        ("expired long before 1970".into(), own(&with("exp", json!(-5))), "expired"),
        ("nbf passed".into(), own(&with("nbf", json!(seconds()))), "good"),
    ];
    for header in [
        r#"{"alg":"none"}"#,
        r#"{"alg":"None"}"#,
        r#"{"alg":"NONE"}"#,
        r#"{"alg":""}"#,
        r#"{"alg":null}"#,
        r#"{"alg":"HS256"}"#,
        r#"{"alg":"HS384"}"#,
        r#"{"alg":"hs512"}"#,
        r#"{"alg":"RS512"}"#,
        r#"{"alg":"ES512"}"#,
        r#"{"alg":"EdDSA"}"#,
        r#"{"alg":["HS512"]}"#,
        r#"{"typ":"JWT"}"#,
        r#"{"alg":"HS512","crit":["exp"]}"#,
        r#"{"alg":"HS512","crit":[]}"#,
        r#"{"alg":"HS512","b64":false,"crit":["b64"]}"#,
        "{}",
        "[]",
        "null",
        "",
        "HS512",
    ] {
        all.push((format!("header {header}"), signed(header, &good, SECRET.as_bytes()), "invalid"));
    }
    let unsigned = format!("{}.{}.", URL_SAFE_NO_PAD.encode(r#"{"alg":"none"}"#), URL_SAFE_NO_PAD.encode(&good));
    all.push(("none without a signature".into(), unsigned, "invalid"));
    for (name, value) in [
        ("role", json!("ROOT")),
        ("role", json!("user")),
        ("role", json!("admin")),
        ("role", json!("")),
        ("role", json!(null)),
        ("role", json!(1)),
        ("role", json!(["ADMIN"])),
        ("sub", json!("alice")),
        ("sub", json!("")),
        ("sub", json!(7)),
        ("sub", json!(null)),
        ("jti", json!("")),
        ("jti", json!("  ")),
        ("jti", json!(7)),
        ("jti", json!(null)),
        ("exp", json!("4102444800")),
        ("exp", json!(4_102_444_800.5)),
        ("exp", json!(null)),
        ("exp", json!(true)),
        ("exp", json!([4_102_444_800_u64])),
        ("nbf", json!(seconds() + 60)),
        ("type", json!("refresh")),
        ("type", json!("access")),
    ] {
        all.push((format!("{name} = {value}"), own(&with(name, value.clone())), "invalid"));
    }
    all.push((
        "exp beyond numbers".into(),
        own(&good.replace(&(seconds() + 60).to_string(), "99999999999999999999")),
        "invalid",
    ));
    for name in ["sub", "jti", "role", "exp"] {
        all.push((format!("without {name}"), own(&without(name)), "invalid"));
    }
    for claims in ["{}", "[]", "null", "\"ADMIN\"", "", "{", "{\"sub\":1}"] {
        all.push((format!("claims {claims}"), own(claims), "invalid"));
    }
    let mut flipped = tail.as_bytes().to_vec();
    flipped[10] = if flipped[10] == b'A' { b'B' } else { b'A' };
    let changed = URL_SAFE_NO_PAD.encode(good.replace("USER", "ADMIN"));
    let padded = format!("{}.{}.{tail}", URL_SAFE.encode(HEADER), URL_SAFE.encode(&good));
    for (name, token) in [
        (
            "another secret",
            signed(HEADER, &good, b"some other secret of at least sixty-four bytes, which is not ours at all"),
        ),
        ("empty secret", signed(HEADER, &good, b"")),
        ("secret in Base64", signed(HEADER, &good, STANDARD.encode(SECRET).as_bytes())),
        ("role changed after signing", format!("{head}.{changed}.{tail}")),
        ("signature of another", format!("{head}.{body}.{}", String::from_utf8_lossy(&flipped))),
        ("no signature", format!("{head}.{body}.")),
        ("two parts", format!("{head}.{body}")),
        ("one part", head.to_owned()),
        ("four parts", format!("{token}.x")),
        ("five parts", format!("{token}.x.y")),
        ("empty parts", "..".into()),
        ("padding", format!("{token}=")),
        ("standard alphabet padded", if padded.contains('=') { padded } else { format!("{token}==") }),
        ("cut by one", token[..token.len() - 1].to_owned()),
        ("cut in half", token[..token.len() / 2].to_owned()),
        ("upper case", token.to_uppercase()),
        ("long", format!("{token}{}", "a".repeat(8_000))),
        ("letters", "abc".into()),
        ("percent", format!("{token}%20")),
        ("quotes", format!("\"{token}\"")),
        (
            "expired and forged",
            signed(
                HEADER,
                &with("exp", json!(1)),
                b"some other secret of at least sixty-four bytes, which is not ours",
            ),
        ),
    ] {
        all.push((name.to_owned(), token, "invalid"));
    }
    all
}
