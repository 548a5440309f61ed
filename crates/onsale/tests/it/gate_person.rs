//! A person who waits at a gate with an access token: the page of the person is told more than a shop's server.

use crate::gate::{enqueue, make, open_the_gate, rank};
use crate::operators::{Evening, evening};
use serde_json::json;

#[test]
fn a_person_is_told_the_queue_number_and_a_shop_what_it_was_always_told() {
    let Evening { world, user, user_id, .. } = evening();
    make(&world, "person", 10);
    assert_eq!(open_the_gate(&world, "person", 0).status, 204);
    assert_eq!(enqueue(&world, "person", "ann"), json!({"status": "ENQUEUED", "rank": 1}));
    let enter = "/gate/events/person/enqueue";
    assert_eq!(user.post(enter).ok(), json!({"status": "ENQUEUED", "rank": 2, "ticket": 2}));
    assert_eq!(user.post(enter).ok(), json!({"status": "ALREADY_ENQUEUED", "rank": 2, "ticket": 2}));
    let waiting = json!({"status": "WAITING", "rank": 2, "ticket": 2});
    assert_eq!(user.get("/gate/events/person/rank").ok(), waiting);
    assert_eq!(user.get("/rank?eventId=person").ok(), waiting);
    let serving = user.get("/queue/serving/gate:person").ok();
    assert_eq!(serving["serving"].as_u64().map(|serving| 2 - serving), Some(2), "the rank by the number: {serving}");
    // The same user, asked for by others.
    assert_eq!(rank(&world, "person", &user_id), json!({"status": "WAITING", "rank": 2}));
    assert_eq!(user.get("/gate/events/person/rank?userId=ann").status, 403);
}
