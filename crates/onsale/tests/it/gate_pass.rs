//! One pass issues one coupon, even when both routes are called concurrently.

use crate::gate::{enqueue, issue, make_with_limit, open_the_gate, rank};
use serde_json::{Value, json};
use std::sync::Barrier;
use testkit::onsale::{World, wait_until};

/// Number of concurrent calls, half of them on each route.
const CALLS: usize = 24;

/// The responses of concurrent calls, with the route.
fn ask_everywhere_at_once(world: &World, event: &str, user: &str) -> Vec<(&'static str, Value)> {
    let together = Barrier::new(CALLS);
    let ask = |number: usize| {
        let body = json!({"user_id": user, "event_id": event});
        let keyed = world.anyone().with("Idempotency-Key", &format!("{user}-{number}"));
        let plain = world.anyone();
        together.wait();
        match number % 4 {
            0 | 2 => ("gate", issue(world, event, user)),
            1 => ("coupon", plain.post_json("/api/v1/coupons/issue", &body).ok()),
            _ => ("coupon", keyed.post_json("/api/v1/coupons/issue", &body).ok()),
        }
    };
    std::thread::scope(|scope| {
        let asking: Vec<_> = (0..CALLS).map(|number| scope.spawn(move || ask(number))).collect();
        asking.into_iter().map(|asking| asking.join().expect("an answer")).collect()
    })
}

#[test]
fn a_pass_issues_one_coupon_even_when_each_user_may_have_two() {
    let world = World::with(&[("ONSALE__GATE__DISPATCH_PER_SECOND", "0"), ("ONSALE__LIMITS__ENABLED", "false")]);
    make_with_limit(&world, "pairs", 100, 2);
    let users = ["ann", "bob", "cho", "dan", "eve"];
    for user in users {
        enqueue(&world, "pairs", user);
    }
    assert_eq!(open_the_gate(&world, "pairs", 1_000).status, 204);
    for user in users {
        wait_until("the user may go on", || rank(&world, "pairs", user)["status"] == "ACTIVE");
        let heard = ask_everywhere_at_once(&world, "pairs", user);
        let held = world.anyone().get(&format!("/api/v1/coupons/user/{user}/event/pairs")).ok();
        let coupons: Vec<&Value> = held["coupons"].as_array().expect("coupons").iter().collect();
        assert_eq!(coupons.len(), 1, "one pass, one coupon: {heard:?}");
        let is_yes = |answer: &Value| answer == "SUCCESS" || answer["code"] == "ISSUED";
        assert_eq!(heard.iter().filter(|(_, answer)| is_yes(answer)).count(), 1, "one yes: {heard:?}");
        for (route, answer) in &heard {
            let fits = match *route {
                "gate" => answer == "SUCCESS" || answer == "ALREADY_ISSUED",
                // A call after the use of the pass has no pass.
                _ if answer["code"] == "NOT_ADMITTED" => true,
                _ => answer["coupon_id"] == coupons[0]["coupon_id"],
            };
            assert!(fits, "{route}: {answer}");
        }
        // The result is final: no user queues twice for one campaign.
        assert_eq!(enqueue(&world, "pairs", user), json!({"status": "ALREADY_ENQUEUED", "rank": 0}));
    }
}
