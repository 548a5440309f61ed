//! The JSON of halls.

use super::values::{GivenText, present};
use crate::model::Hall;
use crate::rows::halls::Named;
use domain::catalog::SeatTemplate;
use domain::{HallId, Timestamp, VenueId};
use onsale_http::{ROUTE_BODY_BYTES, RequestBody};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// A new hall.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct NewHall {
    /// 1 to 100 characters; unique in the venue.
    #[schema(value_type = String, example = "KSPO DOME")]
    pub name: GivenText,
    /// 1 to 100000.
    #[schema(minimum = 1, maximum = 100000, example = 2000)]
    pub capacity: u32,
    /// Either `{rows,seatsPerRow,gradeMapping}`, with `gradeMapping` as `{"A":"VIP"}` or `{"VIP":["A"]}`, or
    /// `{seats:[{row,number,grade,flags?}]}`. Both may have `flags:{"A-1":["aisle"]}` and
    /// `layout:{sections:[{name,rows,outline?}],stage?}`.
    #[schema(value_type = Object, example = json!({"rows": ["A", "B"], "seatsPerRow": 10, "gradeMapping": {"A": "VIP", "B": "S"}}))]
    pub seat_template: SeatTemplate,
}

/// Changes of a hall. Absent fields stay.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct HallPatch {
    /// 1 to 100 characters; unique in the venue.
    #[serde(default, deserialize_with = "present")]
    #[schema(value_type = Option<String>, nullable = false)]
    pub name: Option<GivenText>,
    /// 1 to 100000; not less than the seats of the template.
    #[serde(default, deserialize_with = "present")]
    #[schema(minimum = 1, maximum = 100000, nullable = false)]
    pub capacity: Option<u32>,
    /// As in a new hall.
    #[serde(default, deserialize_with = "present")]
    #[schema(value_type = Option<Object>, nullable = false)]
    pub seat_template: Option<SeatTemplate>,
}

/// A hall of a list.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct NamedHall {
    #[schema(value_type = String)]
    id: HallId,
    name: String,
    capacity: u32,
    #[schema(value_type = String)]
    created_at: Timestamp,
}

impl From<Named> for NamedHall {
    fn from(named: Named) -> Self {
        let Named { id, name, capacity, created_at } = named;
        Self { id, name, capacity, created_at }
    }
}

/// A hall.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct HallView {
    #[schema(value_type = String)]
    id: HallId,
    #[schema(value_type = String)]
    venue_id: VenueId,
    name: String,
    capacity: u32,
    #[schema(value_type = String)]
    created_at: Timestamp,
    /// After a change.
    #[schema(value_type = Option<String>, nullable = false)]
    #[serde(skip_serializing_if = "Option::is_none")]
    updated_at: Option<Timestamp>,
    /// Where one hall is asked for.
    #[schema(value_type = Option<Object>, nullable = false)]
    #[serde(skip_serializing_if = "Option::is_none")]
    seat_template: Option<SeatTemplate>,
}

impl HallView {
    /// A hall by itself.
    pub fn made(hall: &Hall) -> Self {
        let Hall { id, venue, name, capacity, template: _, created_at, updated_at: _ } = hall;
        let (id, venue_id, name, capacity, created_at) = (*id, *venue, name.clone(), *capacity, *created_at);
        Self { id, venue_id, name, capacity, created_at, updated_at: None, seat_template: None }
    }

    /// A hall of a list.
    pub fn named(venue_id: VenueId, named: Named) -> Self {
        let Named { id, name, capacity, created_at } = named;
        Self { id, venue_id, name, capacity, created_at, updated_at: None, seat_template: None }
    }

    /// A hall that was changed.
    pub fn changed(hall: &Hall) -> Self {
        Self { updated_at: Some(hall.updated_at), ..Self::made(hall) }
    }

    /// A hall with its template.
    pub fn whole(hall: &Hall) -> Self {
        Self { seat_template: Some(hall.template.clone()), ..Self::made(hall) }
    }

    /// Its id.
    pub fn id(&self) -> HallId {
        self.id
    }
}

impl RequestBody for NewHall {
    const LIMIT_BYTES: usize = ROUTE_BODY_BYTES;
}

impl RequestBody for HallPatch {
    const LIMIT_BYTES: usize = ROUTE_BODY_BYTES;
}
