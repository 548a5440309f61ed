//! The look of one's own that pages wear (WEB-010).
//!
//! Looks live in the role coupon. A page waits for one a fifth of a second at most and does without it then: colours never keep
//! anybody from a ticket. The console wears none: an operator must be able to read it after any look.

use crate::Pages;
use crate::visitor::Visitor;
use axum::body::{Body, to_bytes};
use axum::response::{IntoResponse, Response};
use http::HeaderMap;
use http::header::{CONTENT_ENCODING, CONTENT_LENGTH, CONTENT_TYPE};
use moka::future::Cache;
use std::sync::Arc;
use std::time::Duration;
use web::Look;

/// The look of everything that has none of its own.
pub(crate) const DEFAULT: &str = "default";
/// How long a look is kept, and that there is none.
const LIFE: Duration = Duration::from_secs(5);
/// Longest wait for a look.
const PATIENCE: Duration = Duration::from_millis(200);
/// Most looks that are kept.
const LOOKS_MAX: u64 = 1_000;
/// Largest page of a line that is dressed, in bytes.
const PAGE_BYTES_MAX: usize = 256 * 1024;

/// Looks by their names. Cheap to clone.
#[derive(Clone)]
pub(crate) struct Looks(Cache<String, Option<Arc<Look>>>);

impl Default for Looks {
    fn default() -> Self {
        Self(Cache::builder().max_capacity(LOOKS_MAX).time_to_live(LIFE).build())
    }
}

impl Pages {
    /// What a tenant or a line wears: a line without a look of its own, its tenant's. None where there is none, or nobody says in
    /// time.
    pub(crate) async fn look(&self, visitor: &Visitor, name: &str) -> Option<Arc<Look>> {
        if !self.settings.has_looks || !is_name(name) {
            return None;
        }
        let ask = async {
            let path = format!("/api/v1/admin/looks/{name}?effective=true");
            let everybody = visitor.everybody(path.clone());
            let look = tokio::time::timeout(PATIENCE, self.api.get::<Look>(&everybody, &path)).await.ok()?.ok()?;
            look.is_own().then(|| Arc::new(look))
        };
        self.looks.0.get_with(name.to_owned(), ask).await
    }

    /// The page of a line before another site, in the line's look.
    pub(crate) async fn dressed(&self, visitor: &Visitor, line: &str, response: Response) -> Response {
        let Some(look) = self.look(visitor, &format!("queue:{line}")).await else { return response };
        if !is_plain_page(response.headers()) {
            return response;
        }
        let (mut parts, body) = response.into_parts();
        let Ok(page) = to_bytes(body, PAGE_BYTES_MAX).await else {
            return crate::Problem::not_found(visitor).into_response();
        };
        let page = look.put_on(&String::from_utf8_lossy(&page), visitor.lang);
        parts.headers.remove(CONTENT_LENGTH);
        Response::from_parts(parts, Body::from(page))
    }
}

/// Of a tenant or a line; others have no look, and are not asked for.
fn is_name(name: &str) -> bool {
    name.bytes().all(|letter| letter.is_ascii_alphanumeric() || b"-_.:~".contains(&letter))
}

fn is_plain_page(headers: &HeaderMap) -> bool {
    let kind = headers.get(CONTENT_TYPE).map(|kind| kind.as_bytes()).unwrap_or_default();
    kind.starts_with(b"text/html") && !headers.contains_key(CONTENT_ENCODING)
}
