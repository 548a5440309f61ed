//! What everybody reads of events (EVT-004, EVT-005): lists, details, schedules.

use crate::cache::{Document, Loaded, Name};
use crate::counted;
use crate::life;
use crate::model::{Event, Schedule};
use crate::rows::listing::{self, Wanted};
use crate::rows::{events, halls, schedules, venues};
use crate::service::{CatalogService, not_found};
use crate::views::event::{EventDetail, EventListed};
use crate::views::page::Page;
use crate::views::schedule::ScheduleView;
use bytes::Bytes;
use domain::{ErrorCode, EventId, ScheduleId};
use onsale_http::ApiError;
use serde::Serialize;
use sha2::{Digest, Sha256};
use std::future::Future;
use std::sync::LazyLock;

/// Whether the reader is an administrator, who sees what is being prepared.
pub type IsAdmin = bool;

pub(crate) fn json(body: &impl Serialize) -> Result<Bytes, ApiError> {
    serde_json::to_vec(body).map(Bytes::from).map_err(ApiError::internal)
}

/// An answer that is kept nowhere.
pub(crate) fn unkept(body: &impl Serialize) -> Result<Document, ApiError> {
    Ok(Document { bytes: json(body)?, etag: String::new() })
}

fn name_of(wanted: &Wanted) -> Name {
    Name::List(Some(hex::encode(Sha256::digest(format!("{wanted:?}").as_bytes()))))
}

impl CatalogService {
    /// A page of events as JSON.
    ///
    /// # Errors
    /// `SERVICE_UNAVAILABLE`.
    pub async fn events(&self, wanted: Wanted) -> Result<Document, ApiError> {
        // What is being prepared is not for others, and few ask for it.
        if wanted.with_preparing {
            return Ok(Document { bytes: self.load_list(&wanted).await?.bytes, etag: String::new() });
        }
        self.kept_events(&name_of(&wanted), wanted).await
    }

    /// The first page of all events, in the usual order, as everybody sees it.
    ///
    /// # Errors
    /// `SERVICE_UNAVAILABLE`.
    pub async fn first_events(&self) -> Result<Document, ApiError> {
        static NAME: LazyLock<Name> = LazyLock::new(|| name_of(&Wanted::default()));
        self.kept_events(&NAME, Wanted::default()).await
    }

    async fn kept_events(&self, name: &Name, wanted: Wanted) -> Result<Document, ApiError> {
        let service = self.clone();
        let load = move || {
            let (service, wanted) = (service.clone(), wanted.clone());
            async move { service.load_list(&wanted).await }
        };
        self.cache.read(name, load).await
    }

    async fn load_list(&self, wanted: &Wanted) -> Result<Loaded, ApiError> {
        let now = clock::now();
        let (found, total_elements) = listing::list(&self.ledger, wanted, now).await?;
        let places: Vec<_> = found.iter().map(|event| event.venue).collect();
        let places = venues::with_ids(self.ledger.connection(), &places).await?;
        let listed = |event: &Event| EventListed::new(event, places.iter().find(|venue| venue.id == event.venue), now);
        let list: Vec<EventListed> = found.iter().map(listed).collect();
        let is_empty = list.is_empty();
        let bytes = json(&Page { list, page: wanted.page, size: wanted.size, total_elements })?;
        // Pages without entries have more names than anybody could count.
        let life_ms = if is_empty { 0 } else { self.life_of_list(wanted, now).await? };
        Ok(Loaded { bytes, life_ms, etag: false })
    }

    async fn life_of_list(&self, wanted: &Wanted, now: domain::Timestamp) -> Result<u64, ApiError> {
        let outlook = listing::outlook(&self.ledger, now).await?;
        // Everybody may search for another word.
        let is_short = outlook.is_just_open || wanted.keyword.is_some();
        Ok(life::until(self.settings, is_short, outlook.next_change, now))
    }

    /// An event with its schedules, as JSON.
    ///
    /// # Errors
    /// `NOT_FOUND`, also of an event that is being prepared, but for administrators; `SERVICE_UNAVAILABLE`.
    pub async fn event(&self, id: EventId, is_admin: IsAdmin) -> Result<Document, ApiError> {
        let service = self.clone();
        let load = move || {
            let service = service.clone();
            async move {
                let (event, all) = service.public_event(id).await?;
                let detail = service.detail_of(&event, &all).await?;
                let now = clock::now();
                counted::kept(&detail, &all, life::of_schedules(service.settings, &all, now), now)
            }
        };
        let read = async {
            let name = Name::Event(id);
            self.counted::<EventDetail>(&name, self.cache.read(&name, load).await?).await
        };
        self.or_prepared(read.await, is_admin, async { unkept(&self.detail(id).await?) }).await
    }

    /// The public answer; for an administrator, where there is none, that of what is being prepared.
    async fn or_prepared(
        &self,
        public: Result<Document, ApiError>,
        is_admin: IsAdmin,
        prepared: impl Future<Output = Result<Document, ApiError>>,
    ) -> Result<Document, ApiError> {
        match public {
            Err(error) if is_admin && error.code == ErrorCode::NotFound => prepared.await,
            public => public,
        }
    }

    /// An event with its schedules, whoever asks.
    ///
    /// # Errors
    /// `NOT_FOUND`, `SERVICE_UNAVAILABLE`.
    pub(crate) async fn detail(&self, id: EventId) -> Result<EventDetail, ApiError> {
        let connection = self.ledger.connection();
        let event = events::get(connection, id).await?.ok_or_else(|| not_found("event"))?;
        let all = schedules::of_event(connection, id).await?;
        self.detail_of(&event, &all).await
    }

    async fn detail_of(&self, event: &Event, all: &[Schedule]) -> Result<EventDetail, ApiError> {
        let connection = self.ledger.connection();
        let venue = venues::with_ids(connection, &[event.venue]).await?.pop().ok_or_else(|| not_found("venue"))?;
        let hall = halls::name_of(connection, event.hall).await?.unwrap_or_default();
        Ok(EventDetail::new(event, venue, hall, all, clock::now()))
    }

    pub(crate) async fn public_event(&self, id: EventId) -> Result<(Event, Vec<Schedule>), ApiError> {
        let connection = self.ledger.connection();
        let event = events::get(connection, id).await?.filter(Event::is_public);
        let event = event.ok_or_else(|| not_found("event"))?;
        Ok((event, schedules::of_event(connection, id).await?))
    }

    /// The schedules of an event, the first performance first, a page of them as JSON.
    ///
    /// # Errors
    /// As [`CatalogService::event`].
    pub async fn schedules(&self, id: EventId, page: u64, size: u64, is_admin: IsAdmin) -> Result<Document, ApiError> {
        let connection = self.ledger.connection();
        let event = events::get(connection, id).await?.filter(|event| is_admin || event.is_public());
        event.ok_or_else(|| not_found("event"))?;
        let all = schedules::of_event(connection, id).await?;
        let before = usize::try_from(page.saturating_mul(size)).unwrap_or(usize::MAX);
        let total_elements = all.len() as u64;
        let of_page = all.into_iter().skip(before).take(usize::try_from(size).unwrap_or(usize::MAX));
        let list = self.counted_now(&of_page.collect::<Vec<_>>()).await;
        unkept(&Page::<ScheduleView> { list, page, size, total_elements })
    }

    /// A schedule as JSON.
    ///
    /// # Errors
    /// As [`CatalogService::event`].
    pub async fn schedule(&self, id: ScheduleId, is_admin: IsAdmin) -> Result<Document, ApiError> {
        let service = self.clone();
        let load = move || {
            let service = service.clone();
            async move {
                let (_, schedule) = service.schedule_of(id, false).await?;
                let (now, all) = (clock::now(), std::slice::from_ref(&schedule));
                let life_ms = life::of_schedules(service.settings, all, now);
                counted::kept(&ScheduleView::new(&schedule, now), all, life_ms, now)
            }
        };
        let read = async {
            let name = Name::Schedule(id);
            self.counted::<ScheduleView>(&name, self.cache.read(&name, load).await?).await
        };
        let prepared = async {
            let (_, schedule) = self.schedule_of(id, true).await?;
            unkept(&ScheduleView::new(&schedule, clock::now()))
        };
        self.or_prepared(read.await, is_admin, prepared).await
    }

    /// A schedule with its event, from the tables.
    ///
    /// # Errors
    /// `NOT_FOUND`, also of an event that was deleted, or is being prepared without `with_preparing`.
    pub(crate) async fn schedule_of(
        &self,
        id: ScheduleId,
        with_preparing: bool,
    ) -> Result<(Event, Schedule), ApiError> {
        let connection = self.ledger.connection();
        let schedule = schedules::get(connection, id).await?.ok_or_else(|| not_found("schedule"))?;
        let event = events::get(connection, schedule.event).await?;
        let event = event.filter(|event| with_preparing || event.is_public());
        Ok((event.ok_or_else(|| not_found("schedule"))?, schedule))
    }
}
