//! The example data.

use crate::support::{NOON, Shop, Who};
use catalog::demo::demo;
use ledger_testkit::Site;
use serde_json::Value;

#[tokio::test]
async fn the_demo_has_two_events_on_sale_and_one_to_come() {
    let _clock = clock::set(NOON);
    let shop = Shop::open(Site::sqlite()).await;
    let made = demo(&shop.service).await.expect("made");
    assert_eq!(made.len(), 3);
    assert_eq!(demo(&shop.service).await.expect("there already"), []);
    let list = shop.get("/events?sort=createdAt,asc").await.expect(200);
    let statuses: Vec<&Value> = list["list"].as_array().expect("a list").iter().map(|one| &one["status"]).collect();
    assert_eq!(statuses, ["OPEN", "OPEN", "OPEN"]);
    assert_eq!(shop.get("/events?status=UPCOMING").await.expect(200)["totalElements"], 1);
    let schedule = shop.schedules(&made[0].to_string()).await.remove(0);
    assert_eq!(shop.seats(&schedule).await.len(), 2_000);
    let sellable = shop.internal(&format!("/internal/schedules/{schedule}/sellable")).await.expect(200);
    assert_eq!(sellable["sellable"], true);
    assert_eq!(shop.get_as(Who::Nobody, "/events?status=PREPARING").await.status, 401);
}
