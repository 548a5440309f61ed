//! What was answered last. While the catalog is away a list of some minutes ago helps more than an error, if it says so.

use crate::problem::Problem;
use crate::{Pages, Visitor};
use domain::Timestamp;
use http::StatusCode;
use moka::sync::Cache;
use serde::de::DeserializeOwned;
use std::any::Any;
use std::sync::{Arc, LazyLock};
use std::time::Duration;

/// Most answers, and how long one is of use.
const ANSWERS_MAX: u64 = 512;
const LIFE: Duration = Duration::from_secs(3_600);

/// By the site, since a test process has many, and the address that was asked.
type Key = (usize, String);
type Kept = (Arc<dyn Any + Send + Sync>, Timestamp);

static LAST: LazyLock<Cache<Key, Kept>> =
    LazyLock::new(|| Cache::builder().max_capacity(ANSWERS_MAX).time_to_live(LIFE).build());

/// An answer, and when it was given if that was not just now.
#[derive(Clone, Debug)]
pub(super) struct Answer<T> {
    pub body: Arc<T>,
    /// The moment of an old answer.
    pub old: Option<Timestamp>,
}

/// Reads something, or what was read last where the role behind it does not answer.
///
/// # Errors
/// A refusal; that the role is away, where nothing was read before.
pub(super) async fn read<T>(pages: &Pages, visitor: &Visitor, path: &str) -> Result<Answer<T>, Problem>
where
    T: DeserializeOwned + Send + Sync + 'static,
{
    let key = (Arc::as_ptr(&pages.settings) as usize, path.to_owned());
    match pages.api.get::<T>(visitor, path).await {
        Ok(body) => {
            let body = Arc::new(body);
            LAST.insert(key, (body.clone(), clock::now()));
            Ok(Answer { body, old: None })
        }
        Err(problem) if is_away(problem.status) => {
            let last = LAST.get(&key).and_then(|(body, at)| Some((body.downcast::<T>().ok()?, at)));
            last.map(|(body, at)| Answer { body, old: Some(at) }).ok_or(problem)
        }
        Err(problem) => {
            // What is gone must not come back when the catalog goes away.
            LAST.invalidate(&key);
            Err(problem)
        }
    }
}

/// Whether another moment may answer differently.
fn is_away(status: StatusCode) -> bool {
    status.is_server_error() || status == StatusCode::TOO_MANY_REQUESTS
}
