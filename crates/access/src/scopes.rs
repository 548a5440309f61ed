//! The scope that each route needs, as the API document says it: `security(("apiKey" = ["read"]))`.
//!
//! The document is the only list. A route that needs a key and names no scope there needs `admin`. The parameters that
//! a route takes in its query come from there, too.

use axum::extract::MatchedPath;
use domain::Scope;
use http::Method;
use http::request::Parts;
use onsale_http::ApiError;
use onsale_http::docs::API_KEY_SCHEME;
use onsale_http::extract::queries::KnownQueries;
use std::collections::HashMap;
use std::sync::{Arc, OnceLock};
use utoipa::openapi::{OpenApi, SecurityRequirement};

/// The scopes of all routes of a process. Cheap to clone; all clones share what was declared.
#[derive(Clone, Debug, Default)]
pub struct RouteScopes(Arc<OnceLock<Declared>>);

/// What the document says.
#[derive(Debug)]
struct Declared {
    scopes: HashMap<String, Scope>,
    queries: KnownQueries,
}

impl RouteScopes {
    /// Takes scopes and parameters from the whole document, once, before any route is served. Later calls change nothing.
    pub fn declare(&self, document: &OpenApi) {
        let _ = self.0.set(Declared { scopes: of_document(document), queries: KnownQueries::of(document) });
    }

    /// The scope that a call needs.
    pub(crate) fn of(&self, parts: &Parts) -> Scope {
        let route = parts.extensions.get::<MatchedPath>().map_or("", MatchedPath::as_str);
        // `HEAD` is answered by the route of `GET`.
        let method = if parts.method == Method::HEAD { &Method::GET } else { &parts.method };
        let declared = self.0.get().and_then(|declared| declared.scopes.get(&name(method.as_str(), route)));
        declared.copied().unwrap_or(Scope::Admin)
    }

    /// Checks that the route takes every parameter of the query. Call it once the caller is known.
    ///
    /// # Errors
    /// `INVALID_INPUT` that names the first one that it does not take.
    pub fn check_query(&self, parts: &Parts) -> Result<(), ApiError> {
        self.0.get().map_or(Ok(()), |declared| declared.queries.check(parts))
    }
}

fn name(method: &str, route: &str) -> String {
    format!("{method} {route}")
}

fn of_document(document: &OpenApi) -> HashMap<String, Scope> {
    let mut scopes = HashMap::new();
    for (route, path) in &document.paths.paths {
        for (method, operation) in [
            ("GET", &path.get),
            ("PUT", &path.put),
            ("POST", &path.post),
            ("PATCH", &path.patch),
            ("DELETE", &path.delete),
        ] {
            let requirements = operation.iter().filter_map(|operation| operation.security.as_ref()).flatten();
            scopes.extend(requirements.filter_map(scope_of).map(|scope| (name(method, route), scope)));
        }
    }
    scopes
}

/// The one scope of a requirement for an API key. The library shows its parts as JSON alone.
fn scope_of(requirement: &SecurityRequirement) -> Option<Scope> {
    let requirement = serde_json::to_value(requirement).ok()?;
    requirement.get(API_KEY_SCHEME)?.get(0)?.as_str()?.parse().ok()
}
