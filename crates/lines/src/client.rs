//! Answers people in lines. While one call is in flight the next people gather, and go together.

use domain::line::LineStatus;
use hot::HotError;
use hot::batcher::{BatchLimits, Batcher};
use hot::line::{Clock, LinePort, LineUser};
use onsale_http::ApiError;
use std::error::Error;
use std::sync::Arc;

/// The line did not answer, or its answer was lost. The same again is safe, and tells.
#[derive(Debug, thiserror::Error)]
#[error("the line did not answer")]
pub struct NoAnswer(#[source] Box<dyn Error + Send + Sync>);

impl From<NoAnswer> for ApiError {
    fn from(_: NoAnswer) -> Self {
        Self::unavailable()
    }
}

type Asking = Batcher<LineUser, Result<LineStatus, HotError>>;

/// Where people ask. Cheap to clone; all clones gather together.
#[derive(Clone)]
pub struct LineClient {
    /// Decides.
    pub port: Arc<dyn LinePort>,
    entering: Asking,
    looking: Asking,
}

impl LineClient {
    /// A client of the lines of this engine.
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
    /// [`NoAnswer`].
    pub async fn enter(&self, who: LineUser) -> Result<LineStatus, NoAnswer> {
        ask(&self.entering, who).await
    }

    /// How somebody stands, who is there by asking.
    ///
    /// # Errors
    /// [`NoAnswer`].
    pub async fn look(&self, who: LineUser) -> Result<LineStatus, NoAnswer> {
        ask(&self.looking, who).await
    }
}

async fn ask(asking: &Asking, who: LineUser) -> Result<LineStatus, NoAnswer> {
    let error: Box<dyn Error + Send + Sync> = match asking.ask(who).await {
        Ok(Ok(standing)) => return Ok(standing),
        Ok(Err(error)) => error.into(),
        Err(lost) => lost.into(),
    };
    // The engine says once why; here there may be a million of them.
    tracing::debug!(%error, "a line did not answer");
    Err(NoAnswer(error))
}
