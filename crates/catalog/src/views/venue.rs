//! The JSON of venues.

use super::hall::NamedHall;
use super::values::{GivenText, present};
use crate::model::Venue;
use crate::rows::halls::Named;
use domain::catalog::text::Kind;
use domain::{Timestamp, VenueId};
use onsale_http::{ApiError, ROUTE_BODY_BYTES, RequestBody};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// A new venue.
#[derive(Debug, Deserialize, ToSchema)]
pub struct NewVenue {
    /// 1 to 200 characters.
    #[schema(value_type = String, example = "올림픽공원")]
    pub name: GivenText,
    /// 1 to 300 characters.
    #[schema(value_type = String, example = "서울 송파구 올림픽로 424")]
    pub address: GivenText,
    /// 1 to 100 characters.
    #[schema(value_type = String, example = "서울")]
    pub city: GivenText,
}

/// Changes of a venue. Absent fields stay.
#[derive(Debug, Default, Deserialize, ToSchema)]
pub struct VenuePatch {
    /// 1 to 200 characters.
    #[serde(default, deserialize_with = "present")]
    #[schema(value_type = Option<String>, nullable = false)]
    pub name: Option<GivenText>,
    /// 1 to 300 characters.
    #[serde(default, deserialize_with = "present")]
    #[schema(value_type = Option<String>, nullable = false)]
    pub address: Option<GivenText>,
    /// 1 to 100 characters.
    #[serde(default, deserialize_with = "present")]
    #[schema(value_type = Option<String>, nullable = false)]
    pub city: Option<GivenText>,
}

impl VenuePatch {
    /// The venue after the change.
    ///
    /// # Errors
    /// `INVALID_INPUT`.
    pub fn apply(&self, before: &Venue) -> Result<Venue, ApiError> {
        let text = |given: &Option<GivenText>, kind, field, before: &String| match given {
            Some(given) => given.checked(kind, field),
            None => Ok(before.clone()),
        };
        Ok(Venue {
            name: text(&self.name, Kind::VenueName, "name", &before.name)?,
            address: text(&self.address, Kind::Address, "address", &before.address)?,
            city: text(&self.city, Kind::City, "city", &before.city)?,
            updated_at: clock::now(),
            ..before.clone()
        })
    }
}

/// A venue.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct VenueView {
    #[schema(value_type = String)]
    id: VenueId,
    name: String,
    address: String,
    city: String,
    #[schema(value_type = String)]
    created_at: Timestamp,
    /// After a change.
    #[schema(value_type = Option<String>, nullable = false)]
    #[serde(skip_serializing_if = "Option::is_none")]
    updated_at: Option<Timestamp>,
    /// Its halls, where one venue is asked for.
    #[schema(nullable = false)]
    #[serde(skip_serializing_if = "Option::is_none")]
    halls: Option<Vec<NamedHall>>,
}

impl VenueView {
    /// A venue by itself.
    pub fn made(venue: &Venue) -> Self {
        let Venue { id, name, address, city, created_at, updated_at: _ } = venue.clone();
        Self { id, name, address, city, created_at, updated_at: None, halls: None }
    }

    /// A venue that was changed.
    pub fn changed(venue: &Venue) -> Self {
        Self { updated_at: Some(venue.updated_at), ..Self::made(venue) }
    }

    /// A venue with its halls.
    pub fn with_halls(venue: &Venue, halls: Vec<Named>) -> Self {
        let halls = Some(halls.into_iter().map(NamedHall::from).collect());
        Self { halls, ..Self::made(venue) }
    }

    /// Its id.
    pub fn id(&self) -> VenueId {
        self.id
    }
}

impl RequestBody for NewVenue {
    const LIMIT_BYTES: usize = ROUTE_BODY_BYTES;
}

impl RequestBody for VenuePatch {
    const LIMIT_BYTES: usize = ROUTE_BODY_BYTES;
}
