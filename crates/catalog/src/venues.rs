//! Venues, as administrators make, change and delete them (EVT-010..012).

use crate::audit;
use crate::cache::Name;
use crate::model::Venue;
use crate::new_id::new_id;
use crate::rows::entities::venue::Entity as Row;
use crate::rows::{events, free_id, halls, venues};
use crate::service::{CatalogService, not_found};
use crate::views::page::Page;
use crate::views::venue::{NewVenue, VenuePatch, VenueView};
use domain::catalog::text::Kind;
use domain::{ErrorCode, HallId, VenueId};
use ledger::{Transaction, calls};
use onsale_http::ApiError;

/// Halls shown with their venue: more stand in the list of halls.
const HALLS_SHOWN: u64 = 100;

impl CatalogService {
    /// Makes a venue.
    ///
    /// # Errors
    /// `INVALID_INPUT`, `SERVICE_UNAVAILABLE`.
    pub async fn create_venue(&self, new: &NewVenue) -> Result<VenueView, ApiError> {
        let (now, id) = (clock::now(), VenueId(new_id("venue")));
        let venue = Venue {
            id,
            name: new.name.checked(Kind::VenueName, "name")?,
            address: new.address.checked(Kind::Address, "address")?,
            city: new.city.checked(Kind::City, "city")?,
            created_at: now,
            updated_at: now,
        };
        if call::is_done() {
            let made = venues::get(self.ledger.connection(), id).await?.ok_or_else(|| not_found("venue"))?;
            return Ok(VenueView::made(&made));
        }
        let create = async |change: Transaction| {
            let venue = Venue { id: VenueId(free_id::<Row>(&change, id.get()).await?), ..venue.clone() };
            // First of all: of two runs of one call the second has nothing to make.
            calls::settle(&change, audit::venue("venue.create", None, Some(&venue)).as_ref()).await?;
            venues::insert(&change, &venue).await?;
            change.commit().await?;
            Ok(Ok(venue))
        };
        self.decide(create).await.map(|made| VenueView::made(&made))
    }

    /// A page of venues, newest first.
    ///
    /// # Errors
    /// `SERVICE_UNAVAILABLE`.
    pub async fn venues(&self, city: Option<&str>, page: u64, size: u64) -> Result<Page<VenueView>, ApiError> {
        let (found, total_elements) = venues::list(&self.ledger, city, page, size).await?;
        Ok(Page { list: found.iter().map(VenueView::made).collect(), page, size, total_elements })
    }

    /// A venue with its halls.
    ///
    /// # Errors
    /// `NOT_FOUND`, `SERVICE_UNAVAILABLE`.
    pub async fn venue(&self, id: VenueId) -> Result<VenueView, ApiError> {
        let connection = self.ledger.connection();
        let venue = venues::get(connection, id).await?.ok_or_else(|| not_found("venue"))?;
        let (halls, _) = halls::of_venue(connection, id, 0, HALLS_SHOWN).await?;
        Ok(VenueView::with_halls(&venue, halls))
    }

    /// Changes a venue.
    ///
    /// # Errors
    /// `NOT_FOUND`, `INVALID_INPUT`, `SERVICE_UNAVAILABLE`.
    pub async fn change_venue(&self, id: VenueId, patch: &VenuePatch) -> Result<VenueView, ApiError> {
        let changed = async |change: Transaction| {
            let Some(before) = venues::locked(&change, id).await? else { return Ok(Err(not_found("venue"))) };
            let after = match patch.apply(&before) {
                Ok(after) => after,
                Err(refusal) => return Ok(Err(refusal)),
            };
            if call::is_done() {
                return Ok(Ok(before));
            }
            venues::update(&change, &after).await?;
            calls::settle(&change, audit::venue("venue.change", Some(&before), Some(&after)).as_ref()).await?;
            change.commit().await?;
            Ok(Ok(after))
        };
        let after = self.decide_and_drop(self.shown_in(id, None).await?, changed).await?;
        // An event that was made meanwhile shows the name, too.
        self.cache.renew(self.shown_in(id, None).await?).await;
        Ok(VenueView::changed(&after))
    }

    /// What shows a venue, or a hall of it.
    pub(crate) async fn shown_in(&self, venue: VenueId, hall: Option<HallId>) -> Result<Vec<Name>, ApiError> {
        let events = events::of_place(self.ledger.connection(), venue, hall).await?;
        Ok(events.into_iter().map(Name::Event).chain([Name::List(None)]).collect())
    }

    /// Deletes a venue without halls and events.
    ///
    /// # Errors
    /// `NOT_FOUND`, `VENUE_HAS_HALLS`, `VENUE_HAS_EVENTS`, `SERVICE_UNAVAILABLE`.
    pub async fn delete_venue(&self, id: VenueId) -> Result<(), ApiError> {
        if call::is_done() {
            return Ok(());
        }
        let delete = async |change: Transaction| {
            let Some(venue) = venues::locked(&change, id).await? else { return Ok(Err(not_found("venue"))) };
            let (_, halls) = halls::of_venue(change.connection(), id, 0, 1).await?;
            if halls > 0 {
                return Ok(Err(ErrorCode::VenueHasHalls.into()));
            }
            if events::is_any_of_venue(&change, id).await? {
                return Ok(Err(ErrorCode::VenueHasEvents.into()));
            }
            venues::delete(&change, id).await?;
            calls::settle(&change, audit::venue("venue.delete", Some(&venue), None).as_ref()).await?;
            change.commit().await?;
            Ok(Ok(()))
        };
        self.decide(delete).await
    }
}
