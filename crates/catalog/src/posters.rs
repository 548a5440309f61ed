//! Posters of events, as SVG and as PNG (amendment 36).

use crate::cache::{Loaded, Name};
use crate::service::{CatalogService, not_found};
use bytes::Bytes;
use domain::EventId;
use onsale_http::ApiError;
use poster::Poster;
use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

/// Bytes in front of a kept poster: its tag.
const TAG_BYTES: usize = 16;
/// Most pictures in memory, of some 20 KB each.
const PICTURES_MAX: usize = 128;

/// What a poster is asked for as.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PosterForm {
    /// A drawing with title and artist.
    Svg,
    /// A picture of 1200 x 630 pixels, for links that are shared.
    Png,
}

/// A poster.
#[derive(Clone, Debug)]
pub struct PosterAnswer {
    /// The drawing or picture.
    pub bytes: Bytes,
    /// Names what it looks like.
    pub tag: String,
}

/// Pictures that were painted, by tag. One is painted at a time: it keeps a processor busy for some time.
#[derive(Default)]
pub(crate) struct Pictures {
    painted: Mutex<HashMap<String, Bytes>>,
    painting: tokio::sync::Mutex<()>,
}

impl Pictures {
    fn known(&self, tag: &str) -> Option<Bytes> {
        self.painted.lock().unwrap_or_else(PoisonError::into_inner).get(tag).cloned()
    }

    async fn of(&self, tag: &str) -> Result<Bytes, ApiError> {
        if let Some(known) = self.known(tag) {
            return Ok(known);
        }
        let _one = self.painting.lock().await;
        if let Some(known) = self.known(tag) {
            return Ok(known);
        }
        let poster = Poster::of_tag(tag).ok_or_else(|| not_found("poster"))?;
        let painted = tokio::task::spawn_blocking(move || poster.png()).await.map_err(ApiError::internal)?;
        let painted = Bytes::from(painted.map_err(ApiError::internal)?);
        let mut all = self.painted.lock().unwrap_or_else(PoisonError::into_inner);
        if all.len() >= PICTURES_MAX {
            all.clear();
        }
        all.insert(tag.to_owned(), painted.clone());
        Ok(painted)
    }
}

impl CatalogService {
    /// The poster of an event.
    ///
    /// # Errors
    /// `NOT_FOUND`, also of an event that is being prepared; `SERVICE_UNAVAILABLE`.
    pub async fn poster(&self, id: EventId, form: PosterForm) -> Result<PosterAnswer, ApiError> {
        let service = self.clone();
        let load = move || {
            let service = service.clone();
            async move { service.load_poster(id).await }
        };
        let drawn = self.cache.read(&Name::Poster(id), load).await?;
        let tag = drawn.bytes.get(..TAG_BYTES).map(|tag| String::from_utf8_lossy(tag).into_owned());
        let tag = tag.ok_or_else(|| not_found("poster"))?;
        let bytes = match form {
            PosterForm::Svg => drawn.bytes.slice(TAG_BYTES..),
            PosterForm::Png => self.pictures.of(&tag).await?,
        };
        Ok(PosterAnswer { bytes, tag })
    }

    async fn load_poster(&self, id: EventId) -> Result<Loaded, ApiError> {
        let (event, _) = self.public_event(id).await?;
        let poster = Poster::new(id.get().as_u128(), &event.title, &event.artist);
        let bytes = format!("{}{}", poster.tag(), poster.document(&event.title, &event.artist));
        let life_ms = self.settings.cache_ttl_seconds.saturating_mul(1_000);
        Ok(Loaded { bytes: bytes.into(), life_ms, etag: false })
    }
}
