//! `siteverify` and the script of pages.

use crate::support::World;
use serde_json::{Value, json};
use std::time::Duration;

fn verify(world: &World, form: &str) -> Value {
    let client = world.client().with("Content-Type", "application/x-www-form-urlencoded");
    client.call("POST", "/sandbox/recaptcha/api/siteverify", Some(form.as_bytes())).ok()
}

#[test]
fn tokens_are_judged_by_their_name() {
    let world = World::new();
    let form = |token: &str| format!("secret=sandbox-recaptcha-secret&response={token}&remoteip=192.0.2.1");
    for _ in 0..2 {
        let verdict = verify(&world, &form("pass"));
        assert_eq!((&verdict["success"], &verdict["score"]), (&json!(true), &json!(0.9)));
    }
    assert_eq!(verify(&world, &form("low"))["score"], 0.1);
    for token in ["fail", "other", "%00"] {
        assert_eq!(verify(&world, &form(token)), json!({"success": false, "error-codes": ["invalid-input-response"]}));
    }
    for (form, code) in [
        ("", "bad-request"),
        ("response=pass", "missing-input-secret"),
        ("secret=x&response=pass", "invalid-input-secret"),
        ("secret=sandbox-recaptcha-secret", "missing-input-response"),
    ] {
        assert_eq!(verify(&world, form)["error-codes"], json!([code]), "{form}");
    }
}

#[test]
fn a_slow_token_is_never_answered() {
    let world = World::new();
    let client = world.client().with("Content-Type", "application/x-www-form-urlencoded");
    let form = "secret=sandbox-recaptcha-secret&response=slow";
    let path = "/sandbox/recaptcha/api/siteverify";
    assert!(client.try_call("POST", path, Some(form.as_bytes()), Duration::from_secs(4)).is_err());
}

#[test]
fn pages_get_a_script_that_lets_everybody_pass() {
    let world = World::new();
    let reply = world.client().get("/sandbox/recaptcha/api.js?render=explicit");
    assert_eq!((reply.status, reply.header("content-type")), (200, Some("text/javascript; charset=utf-8")));
    let script = reply.text();
    for part in ["window.grecaptcha", "execute:", "render", "\"pass\""] {
        assert!(script.contains(part), "{part}");
    }
    for part in ["innerHTML", "eval(", "insertAdjacentHTML", "document.write"] {
        assert!(!script.contains(part), "{part} is refused by Trusted Types");
    }
}
