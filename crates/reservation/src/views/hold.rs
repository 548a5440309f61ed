//! The JSON of holds.

use super::given::{GivenId, present};
use super::reservation::SeatView;
use crate::settings::{REQUEST_SEATS_MAX, WAIT_MS_MAX};
use domain::catalog::Grade;
use domain::catalog::template::Flag;
use domain::reservation::Reservation;
use domain::{ReservationId, ScheduleId, SeatId, Timestamp};
use onsale_http::{ApiError, ROUTE_BODY_BYTES, RequestBody};
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;
use utoipa::ToSchema;

/// A wish for seats of a schedule: either `seatIds`, or `count` for the best that there are.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct NewHold {
    schedule_id: GivenId,
    /// 1 to 4 different seats.
    #[serde(default, deserialize_with = "present")]
    #[schema(min_items = 1, max_items = 4, nullable = false)]
    seat_ids: Option<Vec<GivenId>>,
    /// So many seats, side by side where there are.
    #[serde(default, deserialize_with = "present")]
    #[schema(minimum = 1, maximum = 4, nullable = false)]
    count: Option<u32>,
    /// With `count`: of this grade alone, `VIP`, `S`, `A` or `B`.
    #[serde(default, deserialize_with = "present")]
    #[schema(nullable = false)]
    grade: Option<String>,
    /// With `count`: `aisle`, `wheelchair`, `companion`: at least one of the seats has it. `obstructed`: such a view is no
    /// fault. Seats with `wheelchair` or `companion` are left to those who ask for one of the two.
    #[serde(default, deserialize_with = "present")]
    #[schema(nullable = false)]
    flags: Option<Vec<String>>,
    /// Waits so long for seats that others hold.
    #[serde(default, deserialize_with = "present")]
    #[schema(minimum = 0, maximum = 15000, nullable = false)]
    wait_ms: Option<u64>,
}

impl RequestBody for NewHold {
    const LIMIT_BYTES: usize = ROUTE_BODY_BYTES;
}

/// Which seats are wanted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Choice {
    /// These, different ones, in this order.
    Seats(Vec<SeatId>),
    /// The best.
    Best(BestWish),
}

/// The best seats are wanted (RSV-014).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BestWish {
    /// How many.
    pub count: usize,
    /// Of this grade alone.
    pub grade: Option<Grade>,
    /// What is asked for of them ([`domain::seat::best::Wish::flags`]).
    pub flags: BTreeSet<Flag>,
}

/// A wish for seats whose form was checked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HoldAsked {
    /// The schedule.
    pub schedule: ScheduleId,
    /// Which seats.
    pub choice: Choice,
    /// How long to wait for those that others hold, in milliseconds.
    pub wait_ms: u64,
}

impl NewHold {
    /// Checks the form. `max_seats`: the most of a person; a request for more seats than any may name is malformed.
    ///
    /// # Errors
    /// `INVALID_INPUT` with the name of the field.
    pub fn checked(&self, max_seats: u8) -> Result<HoldAsked, ApiError> {
        let most = request_seats_max(max_seats);
        let wait_ms = self.wait_ms.unwrap_or(0);
        let choice = match (&self.seat_ids, self.count) {
            (Some(_), Some(_)) => return Err(ApiError::invalid("seatIds and count cannot be given together")),
            (None, None) => return Err(ApiError::invalid("seatIds or count must be given")),
            (Some(_), None) if self.grade.is_some() || self.flags.is_some() => {
                return Err(ApiError::invalid("grade and flags go with count, not with seatIds"));
            }
            (Some(ids), None) => Choice::Seats(different_seats(ids, most, "seatIds")?),
            (None, Some(count)) => Choice::Best(self.best(count, most)?),
        };
        if wait_ms > WAIT_MS_MAX {
            return Err(ApiError::invalid(format!("waitMs must be 0 to {WAIT_MS_MAX}")));
        }
        Ok(HoldAsked { schedule: ScheduleId(self.schedule_id.0), choice, wait_ms })
    }

    fn best(&self, count: u32, most: usize) -> Result<BestWish, ApiError> {
        let count = usize::try_from(count).ok().filter(|count| (1..=most).contains(count));
        let count = count.ok_or_else(|| ApiError::invalid(format!("count must be 1 to {most}")))?;
        let grade = self.grade.as_deref().map(|name| Grade::parse(name).ok_or(name));
        let grade = grade.transpose().map_err(|_| ApiError::invalid("grade must be VIP, S, A or B"))?;
        let wanted = self.flags.iter().flatten().map(|name| {
            let known = [Flag::Aisle, Flag::Wheelchair, Flag::Companion, Flag::Obstructed];
            let flag = known.into_iter().find(|flag| flag.as_str() == name);
            flag.ok_or_else(|| ApiError::invalid("flags may have aisle, wheelchair, companion and obstructed"))
        });
        Ok(BestWish { count, grade, flags: wanted.collect::<Result<_, _>>()? })
    }
}

/// Other seats for a hold.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct NewSeats {
    /// 1 to 4 different seats; those that the hold has already may be among them.
    #[schema(min_items = 1, max_items = 4)]
    new_seat_ids: Vec<GivenId>,
}

impl RequestBody for NewSeats {
    const LIMIT_BYTES: usize = ROUTE_BODY_BYTES;
}

impl NewSeats {
    /// Checks the form.
    ///
    /// # Errors
    /// `INVALID_INPUT` with the name of the field.
    pub fn checked(&self, max_seats: u8) -> Result<Vec<SeatId>, ApiError> {
        different_seats(&self.new_seat_ids, request_seats_max(max_seats), "newSeatIds")
    }
}

fn request_seats_max(max_seats: u8) -> usize {
    REQUEST_SEATS_MAX.max(max_seats.into())
}

fn different_seats(ids: &[GivenId], most: usize, field: &str) -> Result<Vec<SeatId>, ApiError> {
    if !(1..=most).contains(&ids.len()) {
        return Err(ApiError::invalid(format!("{field} must name 1 to {most} seats")));
    }
    let different: BTreeSet<&GivenId> = ids.iter().collect();
    if different.len() < ids.len() {
        return Err(ApiError::invalid(format!("{field} must name different seats")));
    }
    Ok(ids.iter().map(|id| SeatId(id.0)).collect())
}

/// The answer to a hold.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct HoldView {
    #[schema(value_type = String)]
    reservation_id: ReservationId,
    /// `PENDING`.
    status: &'static str,
    /// The sum of the prices, in won.
    total_amount: i64,
    #[schema(value_type = String)]
    hold_expires_at: Timestamp,
    /// What is left of it at the answer.
    hold_expires_in_ms: i64,
    seats: Vec<SeatView>,
}

impl HoldView {
    /// The reservation.
    pub fn reservation_id(&self) -> ReservationId {
        self.reservation_id
    }

    /// A hold that stands at `now`.
    pub fn new(reservation: &Reservation, now: Timestamp) -> Self {
        Self {
            reservation_id: reservation.id,
            status: reservation.status.as_str(),
            total_amount: reservation.total_amount,
            hold_expires_at: reservation.hold_expires_at,
            hold_expires_in_ms: left_ms(reservation, now),
            seats: SeatView::all(reservation),
        }
    }
}

/// The answer to a change of seats.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct SwapView {
    #[schema(value_type = String)]
    reservation_id: ReservationId,
    /// `PENDING`.
    status: &'static str,
    /// The sum of the prices, in won.
    new_total_amount: i64,
    #[schema(value_type = String)]
    hold_expires_at: Timestamp,
    /// What is left of it at the answer.
    hold_expires_in_ms: i64,
    seats: Vec<SeatView>,
}

impl SwapView {
    /// A hold that stands at `now`.
    pub fn new(reservation: &Reservation, now: Timestamp) -> Self {
        Self {
            reservation_id: reservation.id,
            status: reservation.status.as_str(),
            new_total_amount: reservation.total_amount,
            hold_expires_at: reservation.hold_expires_at,
            hold_expires_in_ms: left_ms(reservation, now),
            seats: SeatView::all(reservation),
        }
    }
}

/// The answer to an extension.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct ExtendedView {
    #[schema(value_type = String)]
    reservation_id: ReservationId,
    #[schema(value_type = String)]
    hold_expires_at: Timestamp,
    /// What is left of it at the answer.
    hold_expires_in_ms: i64,
}

impl ExtendedView {
    /// A hold that stands at `now`.
    pub fn new(reservation: &Reservation, now: Timestamp) -> Self {
        let hold_expires_at = reservation.hold_expires_at;
        Self { reservation_id: reservation.id, hold_expires_at, hold_expires_in_ms: left_ms(reservation, now) }
    }
}

fn left_ms(reservation: &Reservation, now: Timestamp) -> i64 {
    (reservation.hold_expires_at.millis() - now.millis()).max(0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use onsale_http::extract::json::from_json;
    use serde_json::{Value, json};

    const SCHEDULE: &str = "0190a1b2-0000-7000-8000-00000000000f";
    const SEATS: [&str; 5] = [
        "0190a1b2-0000-8000-8000-000000000000",
        "0190a1b2-0000-8000-8000-000000000001",
        "0190A1B2-0000-8000-8000-000000000002",
        "0190a1b2-0000-8000-8000-000000000003",
        "0190a1b2-0000-8000-8000-000000000004",
    ];

    fn asked(body: &Value) -> Result<HoldAsked, ApiError> {
        from_json::<NewHold>(body.to_string().as_bytes())?.checked(4)
    }

    #[test]
    fn seats_or_a_number_of_them_are_asked_for() {
        let seats = asked(&json!({"scheduleId": SCHEDULE, "seatIds": SEATS[1..3], "more": [1]})).expect("a wish");
        let ids = SEATS[1..3].iter().map(|id| id.parse().expect("an id")).collect();
        assert_eq!((seats.choice, seats.wait_ms), (Choice::Seats(ids), 0));
        let best = json!({"scheduleId": SCHEDULE, "count": 2, "grade": "S", "flags": ["aisle"], "waitMs": 15000});
        let wish = BestWish { count: 2, grade: Some(Grade::S), flags: [Flag::Aisle].into() };
        let best = asked(&best).expect("a wish");
        assert_eq!((best.choice, best.wait_ms), (Choice::Best(wish), 15_000));
    }

    #[test]
    fn a_malformed_wish_is_refused_by_the_name_of_its_field() {
        let twice = [SEATS[0], SEATS[0]];
        for (body, field) in [
            (json!({}), "scheduleId"),
            (json!({"scheduleId": null, "count": 1}), "scheduleId"),
            (json!({"scheduleId": "", "count": 1}), "scheduleId"),
            (json!({"scheduleId": 7, "count": 1}), "scheduleId"),
            (json!({"scheduleId": "7", "count": 1}), "scheduleId"),
            (json!({"scheduleId": SCHEDULE}), "seatIds"),
            (json!({"scheduleId": SCHEDULE, "seatIds": null}), "seatIds"),
            (json!({"scheduleId": SCHEDULE, "seatIds": []}), "seatIds"),
            (json!({"scheduleId": SCHEDULE, "seatIds": "A-1"}), "seatIds"),
            (json!({"scheduleId": SCHEDULE, "seatIds": [null]}), "seatIds[0]"),
            (json!({"scheduleId": SCHEDULE, "seatIds": ["A-1"]}), "seatIds[0]"),
            (json!({"scheduleId": SCHEDULE, "seatIds": {}}), "seatIds"),
            (json!({"scheduleId": SCHEDULE, "seatIds": twice}), "seatIds"),
            (json!({"scheduleId": SCHEDULE, "seatIds": SEATS}), "seatIds"),
            (json!({"scheduleId": SCHEDULE, "seatIds": [SEATS[0]], "count": 1}), "count"),
            (json!({"scheduleId": SCHEDULE, "seatIds": [SEATS[0]], "grade": "S"}), "grade"),
            (json!({"scheduleId": SCHEDULE, "count": 0}), "count"),
            (json!({"scheduleId": SCHEDULE, "count": 5}), "count"),
            (json!({"scheduleId": SCHEDULE, "count": -1}), "count"),
            (json!({"scheduleId": SCHEDULE, "count": 1.5}), "count"),
            (json!({"scheduleId": SCHEDULE, "count": "1"}), "count"),
            (json!({"scheduleId": SCHEDULE, "count": null}), "count"),
            (json!({"scheduleId": SCHEDULE, "count": 1, "grade": "C"}), "grade"),
            (json!({"scheduleId": SCHEDULE, "count": 1, "grade": null}), "grade"),
            (json!({"scheduleId": SCHEDULE, "count": 1, "flags": ["blocked"]}), "flags"),
            (json!({"scheduleId": SCHEDULE, "count": 1, "flags": "aisle"}), "flags"),
            (json!({"scheduleId": SCHEDULE, "count": 1, "waitMs": 15001}), "waitMs"),
            (json!({"scheduleId": SCHEDULE, "count": 1, "waitMs": -1}), "waitMs"),
            (json!({"scheduleId": SCHEDULE, "count": 1, "waitMs": null}), "waitMs"),
            (json!([1]), "object"),
        ] {
            let refusal = asked(&body).expect_err("refused");
            let detail = refusal.detail.unwrap_or_default();
            assert!(refusal.code == domain::ErrorCode::InvalidInput && detail.contains(field), "{body}: {detail}");
        }
        for (body, field) in [
            (json!({}), "newSeatIds"),
            (json!({"newSeatIds": []}), "newSeatIds"),
            (json!({"newSeatIds": twice}), "newSeatIds"),
            (json!({"newSeatIds": SEATS}), "newSeatIds"),
            (json!({"newSeatIds": null}), "newSeatIds"),
        ] {
            let read = from_json::<NewSeats>(body.to_string().as_bytes()).and_then(|seats| seats.checked(4));
            let detail = read.expect_err("refused").detail.unwrap_or_default();
            assert!(detail.contains(field), "{body}: {detail}");
        }
    }

    #[test]
    fn a_sale_of_more_seats_to_a_person_takes_longer_requests() {
        let body = json!({"scheduleId": SCHEDULE, "seatIds": SEATS});
        let read = from_json::<NewHold>(body.to_string().as_bytes()).expect("a wish");
        assert!(read.checked(6).is_ok() && read.checked(2).is_err());
    }
}
