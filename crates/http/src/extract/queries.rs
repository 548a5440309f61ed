//! The parameters that each route takes in its query, as the API document says it.
//!
//! A misspelt parameter that is passed over answers another question than was asked: `?siez=5` would give a page of the
//! usual size, `?tennant=acme` the campaigns of another tenant. So `/api/v1/**` refuses it, as it refuses an unknown field
//! of a body; everywhere else both are passed over. The document is the only list.

use crate::error::ApiError;
use crate::text::shorten::shortened;
use axum::extract::{MatchedPath, Query};
use http::Method;
use http::request::Parts;
use std::collections::HashMap;
use utoipa::openapi::OpenApi;

/// Routes whose unknown parameters are refused begin with this.
pub(crate) const STRICT: &str = "/api/v1/";

/// The parameters of all strict routes.
#[derive(Clone, Debug, Default)]
pub struct KnownQueries(HashMap<String, Vec<String>>);

impl KnownQueries {
    /// Takes them from the whole document.
    pub fn of(document: &OpenApi) -> Self {
        let document = serde_json::to_value(document).unwrap_or_default();
        let mut known = HashMap::new();
        for (route, operations) in document["paths"].as_object().into_iter().flatten() {
            for (method, operation) in operations.as_object().into_iter().flatten() {
                let parameters = operation["parameters"].as_array().into_iter().flatten();
                let of_query = parameters.filter(|parameter| parameter["in"] == "query");
                let names = of_query.filter_map(|parameter| parameter["name"].as_str().map(str::to_owned));
                known.insert(name(&method.to_uppercase(), route), names.collect());
            }
        }
        known.retain(|route, _| route.split_once(' ').is_some_and(|(_, path)| path.starts_with(STRICT)));
        Self(known)
    }

    /// Checks the query of a request. Call it once the caller is known: a stranger hears nothing about valid parameters.
    ///
    /// # Errors
    /// `INVALID_INPUT` that names the first unknown parameter, and those that there are. A route that the document does not
    /// have, and one outside `/api/v1/`, refuses nothing.
    pub fn check(&self, parts: &Parts) -> Result<(), ApiError> {
        if parts.uri.query().is_none_or(str::is_empty) {
            return Ok(());
        }
        let route = parts.extensions.get::<MatchedPath>().map_or("", MatchedPath::as_str);
        // `HEAD` is answered by the route of `GET`.
        let method = if parts.method == Method::HEAD { &Method::GET } else { &parts.method };
        let Some(known) = self.0.get(&name(method.as_str(), route)) else { return Ok(()) };
        let given = Query::<Vec<(String, String)>>::try_from_uri(&parts.uri).map(|Query(given)| given);
        // What is no query at all is refused by whoever reads it.
        let unknown = given.unwrap_or_default().into_iter().map(|(name, _)| name).find(|name| !known.contains(name));
        let Some(unknown) = unknown else { return Ok(()) };
        Err(ApiError::invalid(refusal(&unknown, known)))
    }
}

fn name(method: &str, route: &str) -> String {
    format!("{method} {route}")
}

fn refusal(unknown: &str, known: &[String]) -> String {
    let unknown = shortened(unknown);
    match known {
        [] => format!("query: unknown parameter `{unknown}`; this address takes none"),
        known => format!("query: unknown parameter `{unknown}`, expected `{}`", known.join("`, `")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use http::Request;
    use utoipa::OpenApi as _;

    #[utoipa::path(get, path = "/api/v1/things", params(("page" = Option<u64>, Query), ("a[]" = Option<u64>, Query)),
        responses((status = 200)))]
    #[allow(dead_code, reason = "a route of a document")]
    fn list() {}

    #[utoipa::path(post, path = "/api/v1/things", params(("X-Key" = Option<String>, Header)), responses((status = 200)))]
    #[allow(dead_code, reason = "a route of a document")]
    fn make() {}

    #[utoipa::path(get, path = "/queue/things", responses((status = 200)))]
    #[allow(dead_code, reason = "a route of a document")]
    fn loose() {}

    #[derive(utoipa::OpenApi)]
    #[openapi(paths(list, make, loose))]
    struct Document;

    #[test]
    fn the_document_of_a_route_says_what_it_takes() {
        let known = KnownQueries::of(&Document::openapi());
        let names = |route: &str| known.0.get(route).cloned();
        assert_eq!(names("GET /api/v1/things"), Some(vec!["page".to_owned(), "a[]".to_owned()]));
        assert_eq!(names("POST /api/v1/things"), Some(Vec::new()), "a header is no parameter of the query");
        assert_eq!(names("GET /queue/things"), None);
    }

    #[test]
    fn a_request_without_a_route_or_a_query_passes() {
        let known = KnownQueries::of(&Document::openapi());
        for uri in ["/api/v1/things", "/api/v1/things?", "/api/v1/things?zzz=1"] {
            let (parts, ()) = Request::get(uri).body(()).expect("a request").into_parts();
            assert_eq!(known.check(&parts), Ok(()), "{uri}: no router has named its route");
        }
        assert_eq!(refusal("siez", &["size".to_owned()]), "query: unknown parameter `siez`, expected `size`");
        assert!(refusal("x", &[]).ends_with("takes none"));
    }
}
