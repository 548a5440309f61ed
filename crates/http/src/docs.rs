//! The API document and the page that shows it. Neither needs the internet.

use crate::calls::{KEY_LENGTH_MAX, is_exempt};
use crate::extract::queries::STRICT;
use axum::Router;
use axum::body::Bytes;
use axum::extract::Request;
use axum::middleware::{Next, from_fn};
use axum::routing::get;
use http::HeaderValue;
use http::header::{CONTENT_SECURITY_POLICY, CONTENT_TYPE};
use utoipa::openapi::path::{Parameter, ParameterBuilder, ParameterIn};
use utoipa::openapi::schema::{ObjectBuilder, Type};
use utoipa::openapi::security::{ApiKey, ApiKeyValue, HttpAuthScheme, HttpBuilder, SecurityScheme};
use utoipa::openapi::{Content, OpenApi as Document, Ref, Required, Response, ResponseBuilder};
use utoipa::{Modify, OpenApi, ToSchema};
use utoipa_swagger_ui::{Config, SwaggerUi};

/// The path of the document.
pub const DOCUMENT_PATH: &str = "/openapi.json";
/// The path of the page.
pub const PAGE_PATH: &str = "/docs";
/// The name of the security scheme `X-Api-Key`, for `security(("apiKey" = ["read"]))`: the scope that a key needs.
pub const API_KEY_SCHEME: &str = "apiKey";
/// The name of the security scheme `X-Service-Api-Key`, for `security(("serviceKey" = []))`.
pub const SERVICE_KEY_SCHEME: &str = "serviceKey";
/// The name of the security scheme of people's tokens: `security(("accessToken" = []))` for anybody with an account,
/// `security(("accessToken" = ["admin"]))` for the role `ADMIN`.
pub const ACCESS_TOKEN_SCHEME: &str = "accessToken";

/// The page may load resources from this server only, and send requests to this server only.
const PAGE_POLICY: &str = "default-src 'self'; script-src 'self'; style-src 'self' 'unsafe-inline'; \
                           img-src 'self' data:; frame-ancestors 'none'";

/// The body of every error response.
#[derive(ToSchema)]
#[allow(dead_code, reason = "a schema: the body is written byte by byte")]
pub struct ErrorBody {
    /// The stable code for clients to branch on.
    #[schema(example = "INVALID_INPUT")]
    code: String,
    /// The message for people, in the language of `Accept-Language` (ko, en).
    #[schema(example = "The request is not valid: stock must be 1 to 100000000.")]
    message: String,
    /// The time of the error, UTC.
    #[schema(example = "2026-12-01T20:00:00")]
    timestamp: String,
    /// The request's id, as in the header `X-Trace-Id`.
    #[schema(example = "0b0e0f5e-6c3d-4a57-9e3f-6d1f0a4f6a11")]
    #[serde(rename = "traceId")]
    trace_id: String,
    /// The reason, for codes that have several.
    #[schema(required = false, example = "EXPIRED")]
    reason: Option<String>,
}

struct ApiKeyHeader;

impl Modify for ApiKeyHeader {
    fn modify(&self, document: &mut Document) {
        let key = ApiKeyValue::with_description("X-Api-Key", "A tenant's or an administrator's key.");
        let components = document.components.get_or_insert_default();
        components.add_security_scheme(API_KEY_SCHEME, SecurityScheme::ApiKey(ApiKey::Header(key)));
        let key = ApiKeyValue::with_description("X-Service-Api-Key", "The key of an internal service.");
        components.add_security_scheme(SERVICE_KEY_SCHEME, SecurityScheme::ApiKey(ApiKey::Header(key)));
        let bearer = HttpBuilder::new().scheme(HttpAuthScheme::Bearer).bearer_format("JWT").build();
        components.add_security_scheme(ACCESS_TOKEN_SCHEME, SecurityScheme::Http(bearer));
    }
}

#[derive(OpenApi)]
#[openapi(
    info(
        title = "Onsale",
        description = "The waiting line and the first-come decision.",
        license(name = "MIT OR Apache-2.0", identifier = "MIT OR Apache-2.0")
    ),
    components(schemas(ErrorBody)),
    modifiers(&ApiKeyHeader)
)]
struct Base;

/// The whole document: the common part, and the services' parts merged into it.
pub fn document(version: &str, parts: impl IntoIterator<Item = Document>) -> Document {
    let mut whole = Base::openapi();
    whole.info.version = version.to_owned();
    for part in parts {
        whole.merge(part);
    }
    add_keys(&mut whole);
    add_common_refusals(&mut whole);
    whole
}

/// Adds `Idempotency-Key` to every operation at which the layer of calls takes it.
fn add_keys(document: &mut Document) {
    for (route, path) in &mut document.paths.paths {
        let operations = [&mut path.post, &mut path.put, &mut path.patch, &mut path.delete];
        for operation in operations.into_iter().flatten().filter(|_| !is_exempt(route)) {
            operation.parameters.get_or_insert_default().push(key_parameter().into());
            let answers = &mut operation.responses.responses;
            for (status, why) in [
                ("400", "The request is not valid"),
                ("409", "The first request with this Idempotency-Key takes too long, or another conflict"),
                ("422", "The Idempotency-Key was used for another request, or the request cannot be carried out"),
            ] {
                answers.entry(status.to_owned()).or_insert_with(|| refusal(why).into());
            }
        }
    }
}

fn key_parameter() -> Parameter {
    let text = ObjectBuilder::new().schema_type(Type::String).min_length(Some(1)).max_length(Some(KEY_LENGTH_MAX));
    ParameterBuilder::new()
        .name("Idempotency-Key")
        .parameter_in(ParameterIn::Header)
        .required(Required::False)
        .description(Some(
            "1 to 255 visible ASCII characters. A repeated request gets the first success again for 24 hours",
        ))
        .schema(Some(text.pattern(Some("^[!-~]+$")).build()))
        .build()
}

/// Adds the errors that every route can return, and those of every route that takes a body.
fn add_common_refusals(document: &mut Document) {
    for (route, path) in &mut document.paths.paths {
        let operations = [&mut path.get, &mut path.post, &mut path.put, &mut path.patch, &mut path.delete];
        let is_strict = route.starts_with(STRICT);
        for operation in operations.into_iter().flatten() {
            let has_body = operation.request_body.is_some();
            let answers = &mut operation.responses.responses;
            let mut add = |status: &str, why: &str| {
                answers.entry(status.to_owned()).or_insert_with(|| refusal(why).into());
            };
            if is_strict {
                add("400", "The request is not valid, or has a parameter that this address does not take");
            }
            if route.contains('{') {
                add("400", "The address has a form that no program reads alike, such as a control byte");
                add("404", "Nothing of this name, or a name with escapes that this address does not take");
            }
            if route.starts_with("/internal/") {
                add("404", "Nothing of this name, or these calls are not taken at this address");
            }
            add("429", "Too many requests; see Retry-After");
            add("503", "Temporarily unavailable; see Retry-After");
            if has_body {
                add("413", "The body is too large");
                add("415", "The body is not application/json");
            }
        }
    }
}

fn refusal(why: &str) -> Response {
    let body = Content::new(Some(Ref::from_schema_name("ErrorBody")));
    ResponseBuilder::new().description(why).content("application/json", body).build()
}

/// `GET /openapi.json` and the page under `/docs`.
pub fn routes(document: Document) -> Router {
    // By default the page sends the document to a validator on the internet.
    let config = Config::new([DOCUMENT_PATH]).validator_url("none").try_it_out_enabled(true);
    let page: Router = SwaggerUi::new(PAGE_PATH).config(config).into();
    // Written once: nobody who asks for it makes work.
    let text = Bytes::from(document.to_json().unwrap_or_default());
    let document = get(move || async move { ([(CONTENT_TYPE, "application/json")], text) });
    page.layer(from_fn(with_page_policy)).route(DOCUMENT_PATH, document)
}

async fn with_page_policy(request: Request, next: Next) -> axum::response::Response {
    let mut response = next.run(request).await;
    response.headers_mut().insert(CONTENT_SECURITY_POLICY, HeaderValue::from_static(PAGE_POLICY));
    response
}
