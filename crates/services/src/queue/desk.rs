//! Answers people in lines. While one call is in flight the next people gather, and go together.

use crate::http::ApiError;
use domain::line::LineStatus;
use hot::HotError;
use hot::batcher::{BatchLimits, Batcher};
use hot::line::{Clock, LinePort, LineUser};
use std::sync::Arc;

/// Seconds after which people may come again when the engine does not answer.
const RETRY_AFTER_SECONDS: u32 = 1;

type Asking = Batcher<LineUser, Result<LineStatus, HotError>>;

/// Where people ask. Cheap to clone; all clones gather together.
#[derive(Clone)]
pub struct Desk {
    /// Decides.
    pub port: Arc<dyn LinePort>,
    entering: Asking,
    looking: Asking,
}

impl Desk {
    /// A desk before an engine.
    pub fn new(port: Arc<dyn LinePort>) -> Self {
        let (enter, look) = (port.clone(), port.clone());
        let entering = Batcher::new(BatchLimits::default(), move |batch| {
            let port = enter.clone();
            Box::pin(async move { port.enter(batch, Clock::Engine).await })
        });
        let looking = Batcher::new(BatchLimits::default(), move |batch| {
            let port = look.clone();
            Box::pin(async move { port.check_in(batch, Clock::Engine).await })
        });
        Self { port, entering, looking }
    }

    /// Takes a place, or tells the one that there is.
    ///
    /// # Errors
    /// `SERVICE_UNAVAILABLE`: asking again is safe and tells.
    pub async fn enter(&self, who: LineUser) -> Result<LineStatus, ApiError> {
        ask(&self.entering, who).await
    }

    /// How somebody stands, who is there by asking.
    ///
    /// # Errors
    /// `SERVICE_UNAVAILABLE`.
    pub async fn look(&self, who: LineUser) -> Result<LineStatus, ApiError> {
        ask(&self.looking, who).await
    }
}

async fn ask(asking: &Asking, who: LineUser) -> Result<LineStatus, ApiError> {
    let why: &dyn std::fmt::Display = match asking.ask(who).await {
        Ok(Ok(standing)) => return Ok(standing),
        Ok(Err(ref error)) => &error.clone(),
        Err(ref lost) => &lost.clone(),
    };
    // The engine says once why; here there may be a million of them.
    tracing::debug!(%why, "a line did not answer");
    Err(ApiError::unavailable(RETRY_AFTER_SECONDS))
}
