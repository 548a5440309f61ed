//! The person who calls, as the gateway has found out (GW-016).
//!
//! In one process the gateway hands the person on as an extension of the request. Apart it sends two headers beside its
//! service key, and [`believe_gateway`] reads them: both together, and only beside that key.

use crate::internal::InternalKeys;
use axum::Router;
use axum::extract::{FromRequestParts, MatchedPath, OptionalFromRequestParts, Request};
use axum::middleware::{Next, from_fn};
use axum::response::{IntoResponse, Response};
use call::{Actor, ActorKind};
use domain::account::UserRole;
use domain::{AccountId, ErrorCode, TenantName};
use http::HeaderMap;
use http::request::Parts;
use onsale_http::calls::CallerId;
use onsale_http::{ApiError, Network};

/// The header with the person's id.
pub const USER_ID_HEADER: &str = "x-user-id";
/// The header with the person's role.
pub const USER_ROLE_HEADER: &str = "x-user-role";

/// The header that says by what the person is known; only `page` means anything, see [`ByPage`].
pub const USER_BY_HEADER: &str = "x-user-by";
const PAGE: &str = "page";

/// In the extensions of a request whose caller is known by a page's cookies: what no script may read is not told to it. Apart
/// the gateway says it in [`USER_BY_HEADER`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ByPage;

impl ByPage {
    /// The header by which a service apart knows a page.
    pub fn put_header(self, headers: &mut HeaderMap) {
        headers.insert(USER_BY_HEADER, http::HeaderValue::from_static(PAGE));
    }
}

/// A person with an account whose token was good. As an extractor: 401 `UNAUTHORIZED` where nobody is known. Take
/// `Option<Person>` on public routes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Person {
    /// The account.
    pub id: AccountId,
    /// What the person may do.
    pub role: UserRole,
}

/// A person with the role `ADMIN`. As an extractor: 401 `UNAUTHORIZED` where nobody is known, 403 `FORBIDDEN` else.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AdminPerson(pub Person);

impl Person {
    /// Whether the person runs the evening.
    pub fn is_admin(&self) -> bool {
        self.role == UserRole::Admin
    }

    /// Makes the person the caller of a request: for its handlers, and for the layer of calls.
    pub fn enter(self, extensions: &mut http::Extensions) {
        let actor = Actor { kind: ActorKind::User, id: self.id.to_string() };
        extensions.insert(CallerId { tenant: TenantName::default_tenant(), actor });
        extensions.insert(self);
    }

    /// The headers by which a service apart knows the person.
    pub fn put_headers(&self, headers: &mut HeaderMap) {
        if let Ok(id) = self.id.to_string().parse() {
            headers.insert(USER_ID_HEADER, id);
            headers.insert(USER_ROLE_HEADER, http::HeaderValue::from_static(self.role.as_str()));
        }
    }
}

/// Whose user id a call may name: with a key, or where nobody is known, anybody's; an administrator any, too; a `USER` the own
/// one alone, and may leave it out (`contract-amendments.md`, 26).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ActsFor(Option<Person>);

impl ActsFor {
    /// From a request that the gateway has looked at. Of a token and a key together the key counts.
    pub fn of(extensions: &http::Extensions, headers: &HeaderMap) -> Self {
        let person = extensions.get::<Person>().copied().filter(|person| !person.is_admin());
        Self(person.filter(|_| !headers.contains_key("x-api-key")))
    }

    /// The person to whom the call is bound; none where any user may be named.
    pub fn person(self) -> Option<Person> {
        self.0
    }

    /// The user that is meant. `field`: how the call names it.
    ///
    /// # Errors
    /// `FORBIDDEN` for somebody else's, `INVALID_INPUT` where it is missing.
    pub fn user(self, given: Option<&str>, field: &str) -> Result<String, ApiError> {
        match (self.0, given) {
            (None, Some(given)) => Ok(given.to_owned()),
            (None, None) => Err(ApiError::invalid(format!("missing field `{field}`"))),
            (Some(person), None) => Ok(person.id.to_string()),
            (Some(person), Some(given)) if given == person.id.to_string() => Ok(given.to_owned()),
            (Some(_), Some(_)) => {
                let detail = format!("{field} must be your own id, or be left out");
                Err(ApiError::new(ErrorCode::Forbidden).detail(detail))
            }
        }
    }
}

impl<S: Send + Sync> FromRequestParts<S> for ActsFor {
    type Rejection = std::convert::Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Self::Rejection> {
        Ok(Self::of(&parts.extensions, &parts.headers))
    }
}

fn nobody() -> ApiError {
    ApiError::new(ErrorCode::Unauthorized).detail("send an access token: Authorization: Bearer <token>")
}

impl<S: Send + Sync> FromRequestParts<S> for Person {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, ApiError> {
        parts.extensions.get::<Self>().copied().ok_or_else(nobody)
    }
}

impl<S: Send + Sync> OptionalFromRequestParts<S> for Person {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Option<Self>, ApiError> {
        Ok(parts.extensions.get::<Self>().copied())
    }
}

impl<S: Send + Sync> FromRequestParts<S> for AdminPerson {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, ApiError> {
        let person = <Person as FromRequestParts<S>>::from_request_parts(parts, state).await?;
        if person.is_admin() { Ok(Self(person)) } else { Err(ErrorCode::Forbidden.into()) }
    }
}

/// For a service apart from the gateway: believes who calls by the gateway's word. Put it around the service's routes.
///
/// Identity headers that are not both there, cannot be read, or come without the gateway's key: 401
/// `INTERNAL_API_UNAUTHORIZED`.
pub fn believe_gateway(router: Router, keys: InternalKeys) -> Router {
    router.layer(from_fn(move |request: Request, next: Next| {
        let keys = keys.clone();
        async move { believe(&keys, request, next).await }
    }))
}

async fn believe(keys: &InternalKeys, mut request: Request, next: Next) -> Response {
    match person_in(&request, keys) {
        Ok(None) => next.run(request).await,
        Ok(Some(person)) => {
            person.enter(request.extensions_mut());
            // Beside the gateway's key, which has just been judged.
            if request.headers().get_all(USER_BY_HEADER).iter().any(|by| by.as_bytes() == PAGE.as_bytes()) {
                request.extensions_mut().insert(ByPage);
            }
            next.run(request).await
        }
        Err(refusal) => refusal.into_response(),
    }
}

fn person_in(request: &Request, keys: &InternalKeys) -> Result<Option<Person>, ApiError> {
    let headers = request.headers();
    let all = |name: &str| headers.get_all(name).iter().map(http::HeaderValue::as_bytes).collect::<Vec<_>>();
    let (ids, roles) = (all(USER_ID_HEADER), all(USER_ROLE_HEADER));
    if ids.is_empty() && roles.is_empty() {
        return Ok(None);
    }
    let network = request.extensions().get::<Network>().copied();
    let path = request.extensions().get::<MatchedPath>().map_or("", MatchedPath::as_str);
    keys.check(headers, network, path)?;
    let ([id], [role]) = (ids.as_slice(), roles.as_slice()) else {
        return Err(ErrorCode::InternalApiUnauthorized.into());
    };
    let text = |bytes: &[u8]| std::str::from_utf8(bytes).ok().map(str::to_owned);
    let id = text(id).and_then(|id| id.parse().ok());
    let role = text(role).and_then(|role| UserRole::parse(&role));
    let (Some(id), Some(role)) = (id, role) else { return Err(ErrorCode::InternalApiUnauthorized.into()) };
    Ok(Some(Person { id, role }))
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::Extension;
    use axum::body::Body;
    use axum::routing::get;
    use tower::ServiceExt;

    const KEY: &str = "5f4d1c1e-8f0c-4d7e-9c60-0a3b5d0c7e11";
    const ID: &str = "0190a1b2-0000-7000-8000-000000000001";

    async fn asked(headers: &[(&str, &str)]) -> (u16, String) {
        let seen = |person: Option<Person>, page: Option<Extension<ByPage>>| async move {
            format!("{:?}{}", person.map(|person| person.role), if page.is_some() { " by a page" } else { "" })
        };
        let admin = |AdminPerson(person): AdminPerson| async move { person.id.to_string() };
        let router = Router::new().route("/who", get(seen)).route("/admin", get(admin));
        let router = believe_gateway(router, InternalKeys::accepting([KEY]));
        let mut request = Request::builder().uri("/who");
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let response = router.oneshot(request.body(Body::empty()).expect("a request")).await.expect("answered");
        let status = response.status().as_u16();
        let body = axum::body::to_bytes(response.into_body(), 1_000).await.expect("a body");
        (status, String::from_utf8_lossy(&body).into_owned())
    }

    #[test]
    fn a_user_may_name_the_own_id_alone_and_others_anybodys() {
        let person = |role| Person { id: ID.parse().expect("an id"), role };
        let bound = ActsFor(Some(person(UserRole::User)));
        assert_eq!(bound.user(None, "userId"), Ok(ID.to_owned()));
        assert_eq!(bound.user(Some(ID), "userId"), Ok(ID.to_owned()));
        assert_eq!(bound.user(Some("alice"), "userId").map_err(|error| error.code), Err(ErrorCode::Forbidden));
        assert_eq!(ActsFor(None).user(Some("alice"), "userId"), Ok("alice".to_owned()));
        assert_eq!(ActsFor(None).user(None, "userId").map_err(|error| error.code), Err(ErrorCode::InvalidInput));
        let (mut extensions, mut headers) = (http::Extensions::new(), HeaderMap::new());
        extensions.insert(person(UserRole::User));
        assert_eq!(ActsFor::of(&extensions, &headers), bound);
        headers.insert("x-api-key", http::HeaderValue::from_static("k"));
        assert_eq!(ActsFor::of(&extensions, &headers), ActsFor(None), "the key counts");
        extensions.insert(person(UserRole::Admin));
        assert_eq!(ActsFor::of(&extensions, &HeaderMap::new()), ActsFor(None));
    }

    #[tokio::test]
    async fn identity_headers_count_together_and_beside_the_gateways_key_alone() {
        let (id, role, key) = (("x-user-id", ID), ("x-user-role", "USER"), ("x-service-api-key", KEY));
        assert_eq!(asked(&[]).await, (200, "None".into()));
        assert_eq!(asked(&[id, role, key]).await, (200, "Some(User)".into()));
        let by = ("x-user-by", "page");
        assert_eq!(asked(&[id, role, by, key]).await, (200, "Some(User) by a page".into()));
        assert_eq!(asked(&[id, role, ("x-user-by", "x"), key]).await, (200, "Some(User)".into()));
        assert_eq!(asked(&[by]).await, (200, "None".into()), "of nobody it says nothing");
        for headers in [
            vec![id, role],
            vec![id, key],
            vec![role, key],
            vec![id, role, ("x-service-api-key", "other")],
            vec![id, id, role, key],
            vec![("x-user-id", "7"), role, key],
            vec![id, ("x-user-role", "ROOT"), key],
        ] {
            assert_eq!(asked(&headers).await.0, 401, "{headers:?}");
        }
    }
}
