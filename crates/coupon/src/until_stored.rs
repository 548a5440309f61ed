//! Changes that are stored only if no other change came first.

use onsale_http::ApiError;

/// How often a change is decided again after another change of the same thing came first.
const ATTEMPTS_MAX: usize = 5;

/// Repeats an attempt that reads, decides and stores, until it succeeds. An attempt returns `None` when another change
/// came first.
///
/// # Errors
/// The attempt's error; `SERVICE_UNAVAILABLE` when other changes came first each time.
pub(crate) async fn until_stored<T, F>(mut attempt: impl FnMut() -> F) -> Result<T, ApiError>
where
    F: Future<Output = Result<Option<T>, ApiError>>,
{
    for _ in 0..ATTEMPTS_MAX {
        if let Some(stored) = attempt().await? {
            return Ok(stored);
        }
    }
    Err(ApiError::unavailable())
}
