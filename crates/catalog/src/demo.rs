//! What the demo shows: a venue, a hall of 2,000 seats, two events on sale and one to come.

use crate::service::CatalogService;
use crate::views::event::NewEvent;
use crate::views::hall::NewHall;
use crate::views::venue::NewVenue;
use domain::catalog::Step;
use domain::{EventId, Timestamp};
use onsale_http::ApiError;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

const ROWS: usize = 40;
const SEATS_PER_ROW: usize = 50;
const DAY_SECONDS: i64 = 86_400;
const HOUR_SECONDS: i64 = 3_600;

/// Makes the example data, unless there is a venue already. Returns the events, those on sale first.
///
/// # Errors
/// `SERVICE_UNAVAILABLE`.
pub async fn demo(catalog: &CatalogService) -> Result<Vec<EventId>, ApiError> {
    if catalog.venues(None, 0, 1).await?.total_elements > 0 {
        return Ok(Vec::new());
    }
    let venue: NewVenue =
        read(json!({"name": "온세일 아레나", "address": "서울 송파구 올림픽로 424", "city": "서울"}))?;
    let venue = catalog.create_venue(&venue).await?;
    let hall = catalog.create_hall(venue.id(), &read::<NewHall>(hall())?).await?;
    let now = clock::now();
    let mut made = Vec::new();
    for event in events(now) {
        let mut event = event;
        event["venueId"] = json!(venue.id());
        event["hallId"] = json!(hall.id());
        let id = catalog.create_event(&read::<NewEvent>(event)?).await?.id;
        catalog.step_event(id, Step::Open, None).await?;
        made.push(id);
    }
    Ok(made)
}

fn read<T: DeserializeOwned>(value: Value) -> Result<T, ApiError> {
    serde_json::from_value(value).map_err(ApiError::internal)
}

/// Forty rows of fifty seats in five sections: rows 1 to 5 VIP, to 15 S, to 28 A, the rest B.
fn hall() -> Value {
    let row = |number: usize| format!("{number}열");
    let rows: Vec<String> = (1..=ROWS).map(row).collect();
    let names = |from: usize, to: usize| (from..=to).map(row).collect::<Vec<_>>();
    let grades = json!({"VIP": names(1, 5), "S": names(6, 15), "A": names(16, 28), "B": names(29, 40)});
    let section = |name: &str, from: usize, to: usize| {
        let (top, bottom, half) = (from * 10, to * 10 + 8, 240 + to * 4);
        json!({
            "name": name,
            "rows": names(from, to),
            "outline": [[500 - half, top], [500 + half, top], [500 + half + 12, bottom], [500 - half - 12, bottom]],
        })
    };
    let mut flags = serde_json::Map::new();
    for row in &rows {
        for seat in [1, 25, 26, SEATS_PER_ROW] {
            flags.insert(format!("{row}-{seat}"), json!(["aisle"]));
        }
    }
    for (seat, flag) in [(2, "wheelchair"), (3, "companion"), (48, "companion"), (49, "wheelchair")] {
        flags.insert(format!("16열-{seat}"), json!([flag]));
    }
    flags.insert("40열-25".into(), json!(["aisle", "obstructed"]));
    json!({
        "name": "대공연장",
        "capacity": ROWS * SEATS_PER_ROW,
        "seatTemplate": {
            "rows": rows,
            "seatsPerRow": SEATS_PER_ROW,
            "gradeMapping": grades,
            "flags": flags,
            "layout": {
                "stage": [[300, -80], [700, -80], [700, -10], [300, -10]],
                "sections": [
                    section("1층 VIP", 1, 5),
                    section("1층 앞", 6, 15),
                    section("1층 뒤", 16, 22),
                    section("2층 앞", 23, 28),
                    section("2층 뒤", 29, 40),
                ],
            },
        },
    })
}

/// Two events whose sale has begun, and one whose sale begins tomorrow.
fn events(now: Timestamp) -> Vec<Value> {
    let prices = json!({"VIP": 165_000, "S": 143_000, "A": 121_000, "B": 99_000});
    let event = |title: &str, artist: &str, about: &str, sale_in: i64, days: &[i64]| {
        let schedule = |(sequence, day): (usize, &i64)| {
            let start = now.plus_seconds(day * DAY_SECONDS);
            json!({
                "playSequence": sequence + 1,
                "eventStartAt": start,
                "eventEndAt": start.plus_seconds(2 * HOUR_SECONDS + HOUR_SECONDS / 2),
                "saleStartAt": now.plus_seconds(sale_in),
                "saleEndAt": start.plus_seconds(-HOUR_SECONDS),
            })
        };
        let schedules: Vec<Value> = days.iter().enumerate().map(schedule).collect();
        json!({"title": title, "artist": artist, "description": about, "priceByGrade": prices, "schedules": schedules})
    };
    vec![
        event("가을 밤의 노래", "한강밴드", "첫 번째 단독 공연입니다.", -60, &[14, 15]),
        event("서울 재즈 나이트", "윤슬 쿼텟", "네 사람이 밤새 연주합니다.", -60, &[30]),
        event("겨울 콘서트", "별빛소년", "예매는 내일 시작합니다.", DAY_SECONDS, &[60, 61, 62]),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::catalog::SeatTemplate;

    #[test]
    fn the_hall_of_the_demo_has_two_thousand_seats_in_five_sections() {
        let template: SeatTemplate = read(hall()["seatTemplate"].clone()).expect("a template");
        let plan = template.plan_within(2_000).expect("right");
        assert_eq!((plan.seats(), plan.for_sale(), plan.sections().len()), (2_000, 2_000, 5));
    }
}
