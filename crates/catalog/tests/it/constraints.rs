//! What the tables themselves refuse, whatever our code does.

use crate::support::{NOON, Shop};
use ledger_testkit::{Site, on_every_database};
use serde_json::json;

on_every_database!(the_tables_refuse_what_must_not_be);

async fn the_tables_refuse_what_must_not_be(site: Site) {
    let _clock = clock::set(NOON);
    let shop = Shop::open(site).await;
    let place = shop.small_place().await;
    shop.open_event(&place, json!({})).await;
    let raw = shop.raw().await;
    let new = shop.site.engine.uuid(99);
    let seat = |number: &str, schedule: &str| {
        format!(
            "INSERT INTO seats (id, event_schedule_id, seat_number, grade, price, created_at) \
             SELECT {new}, {schedule}, '{number}', 'S', 1, created_at FROM event_schedules"
        )
    };
    for line in [
        seat("A-1", "id"),
        seat("Z-1", &new),
        "UPDATE seats SET grade = 'GOLD'".into(),
        "UPDATE seats SET price = -1".into(),
        "UPDATE seats SET price = 1000000001".into(),
        "UPDATE seats SET status = 'HOLD'".into(),
        "UPDATE seats SET status = 'SOLD'".into(),
        "UPDATE event_schedules SET sold = 7".into(),
        "UPDATE event_schedules SET sold = -1".into(),
        "UPDATE event_schedules SET status = 'ENDED'".into(),
        "UPDATE event_schedules SET event_end_at = event_start_at".into(),
        "UPDATE event_schedules SET sale_end_at = sale_start_at".into(),
        "UPDATE events SET status = 'ENDED'".into(),
        "UPDATE halls SET capacity = 0".into(),
        "UPDATE halls SET capacity = 100001".into(),
        "DELETE FROM venues".into(),
        "DELETE FROM halls".into(),
        "DELETE FROM events".into(),
        "DELETE FROM event_schedules".into(),
        "DELETE FROM seat_plans".into(),
    ] {
        assert!(raw.run(&line).await.is_err(), "{line}");
    }
    raw.run(&seat("Z-1", "id")).await.expect("a right seat is taken");
}
