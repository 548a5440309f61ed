//! The words that clients of the systems before Onsale look for in `message`, on the routes where they read them: the issue
//! call, and the short form that makes an event. The codes are what counts; the words stay for those who read them.

use serde_json::{Value, json};
use testkit::http::Reply;
use testkit::onsale::World;

#[track_caller]
fn says(reply: &Reply, status: u16, code: Option<&str>, words: &str) {
    let text = reply.field("message");
    assert_eq!(reply.status, status, "{}", reply.text());
    assert_eq!(reply.field("code"), code.map_or(Value::Null, Value::from), "{}", reply.text());
    assert!(text.as_str().is_some_and(|text| text.contains(words)), "{words:?} is not in {text}");
}

#[test]
fn messages_have_the_words_that_others_clients_read() {
    let world = World::new();
    let admin = world.admin();
    let initialize =
        |event: &str, stock: u32| admin.post(&format!("/api/v1/admin/events/{event}/stock?initial_stock={stock}"));
    says(&initialize("sale", 1), 200, None, "initialized successfully");
    says(&initialize("sale", 5), 200, None, "already exists");
    let people = world.anyone();
    assert_eq!(people.issue("ann", "sale").code(), "ISSUED");
    says(&people.issue("ann", "sale"), 200, Some("ALREADY_ISSUED"), "already has a coupon");
    says(&people.issue("bob", "sale"), 200, Some("SOLD_OUT"), "No coupons available");
    let again = json!({"event_id": "sale", "name": "Sale", "stock": 1});
    says(&admin.post_json(testkit::onsale::CAMPAIGNS, &again), 409, Some("CAMPAIGN_EXISTS"), "already exists");
    // By the fast path and by the router, for every English.
    for language in ["en", "en-US,en;q=0.9", "fr", ""] {
        let people = people.with("Accept-Language", language);
        says(&people.issue("ann", "sale"), 200, Some("ALREADY_ISSUED"), "already has a coupon");
        says(&people.issue("bob", "sale"), 200, Some("SOLD_OUT"), "No coupons available");
    }
}
