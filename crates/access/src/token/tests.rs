use super::*;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use domain::AccountId;
use domain::account::UserRole;
use hmac::{Hmac, KeyInit, Mac};
use serde_json::{Value, json};
use uuid::Uuid;

const SECRET: &str = "a secret of at least sixty-four bytes, which nobody would use anywhere";
const OLD: &str = "another secret of at least sixty-four bytes, which was used until now";

fn now() -> Timestamp {
    Timestamp(1_800_000_000_000)
}

fn claims() -> AccessClaims {
    let (sub, iat) = (AccountId(Uuid::from_u128(7)), 1_799_999_999);
    AccessClaims { sub, jti: "one".into(), role: UserRole::User, email: "a@b.kr".into(), iat, exp: 1_800_000_001 }
}

/// Signed by hand, so that header and claims may be anything.
fn forged(header: &Value, claims: &Value, secret: &str) -> String {
    let part = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
    let message = format!("{}.{}", part(header), part(claims));
    let mac = Hmac::<sha2::Sha512>::new_from_slice(secret.as_bytes()).expect("a key").chain_update(&message);
    format!("{message}.{}", URL_SAFE_NO_PAD.encode(mac.finalize().into_bytes()))
}

fn keys() -> TokenKeys {
    TokenKeys::new(SECRET, OLD).expect("keys")
}

#[test]
fn what_was_signed_is_read_also_by_the_previous_secret_and_until_its_second() {
    let keys = keys();
    let token = keys.access_token(&claims());
    assert_eq!(keys.read_access(token.as_bytes(), now()), Ok(claims()));
    let old = TokenKeys::new(OLD, "").expect("keys").access_token(&claims());
    assert_eq!(keys.read_access(old.as_bytes(), now()), Ok(claims()));
    assert_eq!(keys.read_access(token.as_bytes(), Timestamp(1_800_000_001_000)), Err(TokenFault::Expired));
    assert_eq!(keys.read_access(token.as_bytes(), Timestamp(1_800_000_000_999)), Ok(claims()));
    let other = TokenKeys::new(&SECRET.replace('a', "b"), "").expect("keys");
    assert_eq!(other.read_access(token.as_bytes(), now()), Err(TokenFault::Invalid));
}

#[test]
fn a_refresh_token_opens_nothing_and_an_access_token_renews_nothing() {
    let keys = keys();
    let refresh = RefreshClaims { sub: claims().sub, jti: "two".into(), iat: 1_799_999_999, exp: 1_800_000_001 };
    let token = keys.refresh_token(&refresh);
    assert_eq!(keys.read_refresh(token.as_bytes(), now()), Ok(refresh.clone()));
    assert_eq!(keys.read_access(token.as_bytes(), now()), Err(TokenFault::Invalid));
    let access = keys.access_token(&claims());
    assert_eq!(keys.read_refresh(access.as_bytes(), now()), Err((TokenFault::Invalid, None)));
    let late = Timestamp(1_800_000_001_000);
    assert_eq!(keys.read_refresh(token.as_bytes(), late), Err((TokenFault::Expired, Some(refresh))));
}

#[test]
fn forged_and_malformed_tokens_are_refused() {
    let keys = keys();
    let good =
        json!({"sub": claims().sub, "jti": "one", "role": "USER", "email": "a@b.kr", "iat": 1, "exp": 1_800_000_001});
    let header = json!({"alg": "HS512", "typ": "JWT"});
    let with = |name: &str, value: Value| {
        let mut changed = good.clone();
        changed[name] = value;
        forged(&header, &changed, SECRET)
    };
    let without = |name: &str| {
        let mut changed = good.clone();
        changed.as_object_mut().expect("an object").remove(name);
        forged(&header, &changed, SECRET)
    };
    let header_with = |name: &str, value: Value| {
        let mut changed = header.clone();
        changed[name] = value;
        forged(&changed, &good, SECRET)
    };
    assert!(keys.read_access(forged(&header, &good, SECRET).as_bytes(), now()).is_ok(), "the pattern itself is good");
    assert!(
        keys.read_access(header_with("kid", json!("../../dev/null")).as_bytes(), now()).is_ok(),
        "kid counts nothing"
    );
    let mut refused = vec![
        header_with("alg", json!("none")),
        header_with("alg", json!("HS256")),
        header_with("alg", json!("hs512")),
        header_with("alg", json!("RS512")),
        header_with("crit", json!(["exp"])),
        header_with("crit", json!(["b64"])),
        header_with("b64", json!(false)),
        forged(&header, &good, &SECRET.replace("secret", "public")),
        with("role", json!("ROOT")),
        with("role", json!("user")),
        with("role", json!(1)),
        with("sub", json!("alice")),
        with("sub", json!("")),
        with("jti", json!(" ")),
        with("exp", json!("1800000001")),
        with("exp", json!(1_800_000_001.5)),
        with("exp", Value::Null),
        with("nbf", json!(1_800_000_001)),
        with("type", json!("refresh")),
        forged(&header, &json!([]), SECRET),
        String::new(),
        "..".into(),
        "a.b.c".into(),
        "x".repeat(10_000),
    ];
    refused.extend(["sub", "jti", "role", "exp"].map(without));
    let token = forged(&header, &good, SECRET);
    refused.extend((1..token.len()).step_by(7).map(|cut| token[..cut].to_owned()));
    refused.push(format!("{token}.x"));
    refused.push(format!("{token}="));
    refused.push(format!(" {token}"));
    for token in refused {
        assert_eq!(keys.read_access(token.as_bytes(), now()), Err(TokenFault::Invalid), "{token}");
    }
    // The signature counts before the time.
    let expired = forged(&header, &json!({"sub": claims().sub, "jti": "one", "role": "USER", "exp": 1}), "x");
    assert_eq!(keys.read_access(expired.as_bytes(), now()), Err(TokenFault::Invalid));
}

#[test]
fn a_secret_has_sixty_four_bytes() {
    assert_eq!(TokenKeys::new("short", "").err(), Some(SecretFault::Short));
    assert_eq!(TokenKeys::new("base64:%", "").err(), Some(SecretFault::NotBase64));
    assert_eq!(TokenKeys::new(&SECRET[..63], "").err(), Some(SecretFault::Short));
    assert!(TokenKeys::new(&SECRET[..64], "").is_ok());
    let encoded = format!("base64:{}", base64::engine::general_purpose::STANDARD.encode(&SECRET[..64]));
    let (raw, decoded) =
        (TokenKeys::new(&SECRET[..64], "").expect("keys"), TokenKeys::new(&encoded, "").expect("keys"));
    let token = raw.access_token(&claims());
    assert!(decoded.read_access(token.as_bytes(), now()).is_ok());
    assert!(!format!("{raw:?}").contains("secret"));
}
