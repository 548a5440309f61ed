//! The internal route at which roles without a database have keys checked.

use crate::internal::InternalKeys;
use crate::keys::KeyRing;
use crate::remote::{KeyCheck, KeyHolder, PATH};
use axum::Router;
use axum::extract::{FromRequest, Request, State};
use axum::routing::post;
use domain::ErrorCode;
use onsale_http::{ApiError, ClientIp, Json};
use std::sync::Arc;

/// The route, over the table of keys. For our own services, outside of the limits for people.
pub fn internal_routes(keys: Arc<KeyRing>, internal: InternalKeys) -> Router {
    Router::new().route(PATH, post(check)).with_state((keys, internal))
}

/// Whose key is this? 404 `NOT_FOUND` for a key that is not in force.
async fn check(
    State((keys, internal)): State<(Arc<KeyRing>, InternalKeys)>,
    request: Request,
) -> Result<axum::Json<KeyHolder>, ApiError> {
    // Before the body: a caller without the internal key makes us read nothing.
    internal.check(request.headers(), request.extensions().get::<ClientIp>().copied(), PATH)?;
    let Json(KeyCheck { key }) = Json::from_request(request, &()).await?;
    let caller = keys.caller_fresh(key.as_bytes()).await.ok_or(ErrorCode::NotFound)?;
    Ok(axum::Json(KeyHolder::of(&caller)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::body::{Body, Bytes};
    use ledger::{Ledger, LedgerOptions, Schema};
    use std::convert::Infallible;
    use std::sync::atomic::{AtomicBool, Ordering};
    use tower::ServiceExt;

    /// The table of keys alone.
    static SCHEMA: Schema = Schema {
        name: "keys",
        file: "keys.sqlite",
        topics: &[],
        migrations: |_| vec![crate::rows::migration()],
        tables: &[crate::rows::TABLE],
    };

    #[tokio::test]
    async fn the_body_of_a_caller_without_the_internal_key_is_not_read() {
        let folder = tempfile::tempdir().expect("a folder");
        let ledger = Ledger::connect(&SCHEMA.embedded_url(folder.path()), &SCHEMA, LedgerOptions::default()).await;
        let ledger = ledger.expect("connects");
        ledger.migrate().await.expect("migrates");
        let keys = KeyRing::load(ledger).await.expect("loads");
        let routes = internal_routes(keys, InternalKeys::accepting(["the-internal-key"]));
        for (key, status, is_read) in [("another", 401, false), ("the-internal-key", 404, true)] {
            let was_read = Arc::new(AtomicBool::new(false));
            let seen = was_read.clone();
            let body = futures::stream::once(async move {
                seen.store(true, Ordering::SeqCst);
                Ok::<_, Infallible>(Bytes::from_static(b"{\"key\":\"onsale_unknown\"}"))
            });
            let request = Request::post(PATH)
                .header("x-service-api-key", key)
                .header("content-type", "application/json")
                .body(Body::from_stream(body))
                .expect("a request");
            let response = routes.clone().oneshot(request).await.expect("answered");
            assert_eq!((response.status().as_u16(), was_read.load(Ordering::SeqCst)), (status, is_read), "{key}");
        }
    }
}
