//! The pages for browsers.

use crate::support::World;
use serde_json::{Value, json};
use testkit::http::Reply;

fn form(world: &World, path: &str, body: &str) -> Reply {
    let client = world.client().with("Content-Type", "application/x-www-form-urlencoded");
    client.call("POST", path, Some(body.as_bytes()))
}

fn field(location: &str, name: &str) -> Option<String> {
    let query = location.split_once('?')?.1;
    url::form_urlencoded::parse(query.as_bytes()).find(|(given, _)| given == name).map(|(_, value)| value.into_owned())
}

fn location(reply: &Reply) -> String {
    assert_eq!(reply.status, 303, "{}", reply.text());
    reply.header("location").expect("a location").to_owned()
}

#[test]
fn a_buyer_pays_in_the_window_and_comes_back() {
    let world = World::new();
    let path = "/sandbox/portone/window";
    for (key, outcome, captured, code) in [
        ("a", "PAID", 1_234_567, None),
        ("b", "FAILED", 0, Some("FAILURE_TYPE_PG")),
        ("c", "CANCELLED", 0, Some("USER_CANCEL")),
    ] {
        world.registered(key, 1_234_567);
        let page = world
            .client()
            .with("Accept-Language", "ko")
            .get(&format!("{path}?paymentId={key}&returnUrl=/pay/back?x=1"));
        let text = page.text();
        for part in ["lang=\"ko\"", "1,234,567원", "결제하기", "value=\"/pay/back?x=1\""] {
            assert!(page.status == 200 && text.contains(part), "{part} is not in {text}");
        }
        assert!(!text.contains("<script") && !text.contains("style=\""), "{text}");
        let reply = form(&world, path, &format!("paymentId={key}&returnUrl=%2Fpay%2Fback%3Fx%3D1&outcome={outcome}"));
        let there = location(&reply);
        assert!(there.starts_with("/pay/back?x=1&"), "{there}");
        assert_eq!(field(&there, "paymentId").as_deref(), Some(key));
        assert_eq!(json!(field(&there, "transactionId")), world.look(key).ok()["transactionId"]);
        assert_eq!(field(&there, "code").as_deref(), code);
        assert_eq!(world.books(key)["captured"], captured);
    }
    let again = location(&form(&world, path, "paymentId=a&returnUrl=/x&outcome=FAILED"));
    assert_eq!(
        json!(field(&again, "transactionId")),
        world.look("a").ok()["transactionId"],
        "a second click changes nothing"
    );
    let page = world.client().get(&format!("{path}?paymentId=a&returnUrl=/x")).text();
    assert!(page.contains("paid already") && !page.contains("value=\"PAID\""), "{page}");
    let page = world.client().get(&format!("{path}?paymentId=unknown&returnUrl=/x")).text();
    assert!(page.contains("No amount"), "{page}");
    form(&world, path, "paymentId=unknown&returnUrl=/x&outcome=PAID").is_error(400, "INVALID_INPUT");
}

#[test]
fn a_person_is_verified_in_the_window_always_with_the_same_ci() {
    let world = World::new();
    let path = "/sandbox/portone/identity-window";
    let page = world.client().get(&format!("{path}?returnUrl=http://127.0.0.1:9/signup"));
    assert!(page.status == 200 && page.text().contains("name=\"phone\""), "{}", page.text());
    assert!(
        page.header("content-security-policy")
            .is_some_and(|policy| policy.contains("form-action 'self' http://127.0.0.1:9;"))
    );
    let verified = |phone: &str, outcome: &str| {
        let body = format!("returnUrl=/signup&name=%ED%99%8D&phone={phone}&outcome={outcome}");
        let there = location(&form(&world, path, &body));
        let id = field(&there, "identityVerificationId").expect("an id");
        let api = format!("/sandbox/portone/api/identity-verifications/{id}");
        (world.store().get(&api).ok(), field(&there, "code"))
    };
    let (first, code) = verified("010-1234-5678", "VERIFIED");
    assert_eq!((&first["verifiedCustomer"]["name"], code), (&json!("홍"), None));
    let (second, _) = verified("01012345678", "VERIFIED");
    let (other, _) = verified("010-9999-5678", "VERIFIED");
    let ci = |told: &Value| told["verifiedCustomer"]["ci"].clone();
    assert_eq!(ci(&first), ci(&second), "one person");
    assert_ne!(ci(&first), ci(&other), "another");
    let (failed, code) = verified("010-1234-5678", "FAILED");
    assert_eq!((&failed["status"], code.as_deref()), (&json!("FAILED"), Some("FAILURE_TYPE_PG")));
    form(&world, path, "returnUrl=/signup&name=&phone=1").is_error(400, "INVALID_INPUT");
}

#[test]
fn nobody_is_sent_to_strangers() {
    let world = World::new();
    world.registered("p", 1);
    for url in [
        "",
        "//evil.example/",
        "/%5Cevil.example",
        "https://evil.example/",
        "javascript:alert(1)",
        "/.//evil.example",
        "%09/evil.example",
    ] {
        world
            .client()
            .get(&format!("/sandbox/portone/window?paymentId=p&returnUrl={url}"))
            .is_error(400, "INVALID_INPUT");
        world.client().get(&format!("/sandbox/portone/identity-window?returnUrl={url}")).is_error(400, "INVALID_INPUT");
        form(&world, "/sandbox/portone/window", &format!("paymentId=p&returnUrl={url}&outcome=PAID"))
            .is_error(400, "INVALID_INPUT");
    }
    assert_eq!(world.books("p")["captured"], 0);
}

#[test]
fn what_a_stranger_writes_stays_in_its_place() {
    let world = World::new();
    let page = world
        .client()
        .get("/sandbox/portone/window?paymentId=%22%3E%3Cscript%3Ealert(1)%3C/script%3E&returnUrl=/%22%3E%3Cb%3E");
    assert!(page.status == 200 && !page.text().contains("<script") && !page.text().contains("<b>"), "{}", page.text());
    let style = world.client().get("/sandbox/window.css");
    assert_eq!((style.status, style.header("content-type")), (200, Some("text/css; charset=utf-8")));
}
