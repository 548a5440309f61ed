//! Identity verifications.

use crate::support::{API, World, kind};
use serde_json::{Value, json};

fn made(world: &World, body: &Value) -> (String, String) {
    let told = world.client().post_json("/sandbox/portone/identity-verifications", body).ok();
    let text = |field: &str| told[field].as_str().expect("text").to_owned();
    (text("identityVerificationId"), text("ci"))
}

fn look(world: &World, id: &str) -> Value {
    world.store().get(&format!("{API}/identity-verifications/{id}?storeId=store-sandbox")).ok()
}

#[test]
fn a_verified_person_is_told_with_name_phone_ci_and_di() {
    let world = World::new();
    let (id, ci) = made(&world, &json!({"name": "홍길동", "phone": "010-1234-5678"}));
    let told = look(&world, &id);
    assert_eq!((&told["status"], &told["id"]), (&json!("VERIFIED"), &json!(id)));
    let customer = &told["verifiedCustomer"];
    assert_eq!(
        (&customer["name"], &customer["phoneNumber"], &customer["ci"]),
        (&json!("홍길동"), &json!("010-1234-5678"), &json!(ci))
    );
    assert_eq!((ci.len(), customer["di"].as_str().expect("a di").len()), (88, 64));
    let door = world.client().get(&format!("/sandbox/portone/identity-verifications/{id}")).ok();
    assert_eq!(door, json!({"status": "VERIFIED", "calls": 1}));
}

#[test]
fn everybody_is_new_unless_a_ci_is_named() {
    let world = World::new();
    let person = json!({"name": "a", "phone": "010-1234-5678"});
    let (first, second) = (made(&world, &person), made(&world, &person));
    assert!(first.0 != second.0 && first.1 != second.1);
    let (id, ci) = made(&world, &json!({"name": "a", "phone": "1", "ci": first.1}));
    assert_eq!((ci.as_str(), &look(&world, &id)["verifiedCustomer"]["ci"]), (first.1.as_str(), &json!(first.1)));
    let (id, _) = made(&world, &json!({"name": "a", "phone": "1", "ci": ""}));
    let told = look(&world, &id);
    assert_eq!((&told["status"], &told["verifiedCustomer"]["ci"]), (&json!("VERIFIED"), &Value::Null));
}

#[test]
fn others_are_ready_failed_or_unknown() {
    let world = World::new();
    for status in ["READY", "FAILED"] {
        let (id, _) = made(&world, &json!({"name": "a", "phone": "1", "status": status}));
        let told = look(&world, &id);
        assert_eq!((&told["status"], &told["verifiedCustomer"]), (&json!(status), &Value::Null));
    }
    let unknown = world.store().get(&format!("{API}/identity-verifications/x"));
    assert_eq!(kind(&unknown), (404, "IDENTITY_VERIFICATION_NOT_FOUND".into()));
    world.client().get("/sandbox/portone/identity-verifications/x").is_error(404, "NOT_FOUND");
    world.order(&json!({"mode": "error", "call": "identity", "count": 1}));
    assert_eq!(world.store().get(&format!("{API}/identity-verifications/x")).status, 500);
    for body in [
        json!({"phone": "1"}),
        json!({"name": "", "phone": "1"}),
        json!({"name": "a\u{0}", "phone": "1"}),
        json!({"name": "a", "phone": "1", "status": "DONE"}),
    ] {
        world.client().post_json("/sandbox/portone/identity-verifications", &body).is_error(400, "INVALID_INPUT");
    }
}
