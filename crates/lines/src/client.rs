//! Client of the waiting lines. While one call is in flight the next requests gather and go together.

use domain::line::LineStatus;
use hot::HotError;
use hot::batcher::{BatchLimits, Batcher};
use hot::line::{Clock, Entrant, LinePort, LineUser};
use onsale_http::ApiError;
use std::error::Error;
use std::sync::Arc;

/// The line did not answer, or its answer was lost. Repeating the call is safe and returns the present status.
#[derive(Debug, thiserror::Error)]
#[error("the line did not answer")]
pub struct LineUnavailable(#[source] Box<dyn Error + Send + Sync>);

impl From<LineUnavailable> for ApiError {
    fn from(_: LineUnavailable) -> Self {
        Self::unavailable()
    }
}

type LineBatcher<W> = Batcher<W, Result<LineStatus, HotError>>;

/// Enters users into lines and reads their status. Cheap to clone; all clones share their batches.
#[derive(Clone)]
pub struct LineClient {
    /// The engine that decides.
    pub port: Arc<dyn LinePort>,
    enter_batcher: LineBatcher<Entrant>,
    check_in_batcher: LineBatcher<LineUser>,
}

impl LineClient {
    /// A client of the lines of this engine.
    pub fn new(port: Arc<dyn LinePort>) -> Self {
        let (enter_port, check_in_port) = (port.clone(), port.clone());
        let enter_batcher = Batcher::new(BatchLimits::default(), move |batch| {
            let port = enter_port.clone();
            Box::pin(async move { port.enter_from(batch, Clock::Engine).await })
        });
        let check_in_batcher = Batcher::new(BatchLimits::default(), move |batch| {
            let port = check_in_port.clone();
            Box::pin(async move { port.check_in(batch, Clock::Engine).await })
        });
        Self { port, enter_batcher, check_in_batcher }
    }

    /// Gives the user a position in the line, or returns the one that the user has.
    ///
    /// # Errors
    /// [`LineUnavailable`].
    pub async fn enter(&self, entrant: impl Into<Entrant>) -> Result<LineStatus, LineUnavailable> {
        submit(&self.enter_batcher, entrant.into()).await
    }

    /// Returns the user's status, and records that the user is active.
    ///
    /// # Errors
    /// [`LineUnavailable`].
    pub async fn check_in(&self, user: LineUser) -> Result<LineStatus, LineUnavailable> {
        submit(&self.check_in_batcher, user).await
    }
}

async fn submit<W: Send + 'static>(batcher: &LineBatcher<W>, user: W) -> Result<LineStatus, LineUnavailable> {
    let error: Box<dyn Error + Send + Sync> = match batcher.ask(user).await {
        Ok(Ok(status)) => return Ok(status),
        Ok(Err(error)) => error.into(),
        Err(lost) => lost.into(),
    };
    // The engine logs the cause once. A million requests may fail here for the same cause.
    tracing::debug!(%error, "a line did not answer");
    Err(LineUnavailable(error))
}
