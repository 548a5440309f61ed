//! The caller, found out from the head of a request, before its body and its parameters are read. Put the extractor first
//! in a handler: a stranger then makes the server read nothing, and learns nothing about valid fields.
//!
//! Each refuses with `FORBIDDEN` a key that lacks the scope of the route ([`crate::scopes`]).

use crate::callers::Callers;
use crate::holder::Caller;
use crate::internal::InternalKeys;
use axum::extract::{FromRef, FromRequestParts, MatchedPath};
use domain::TenantName;
use http::request::Parts;
use onsale_http::{ApiError, Query};
use serde::Deserialize;

/// A caller with a key: the tenant for which it acts, its own or the one that an administrator names with `?tenant=`.
///
/// Refuses with `UNAUTHORIZED` without a key in force for the caller's network, `FORBIDDEN` for a key of another tenant.
#[derive(Clone, Debug)]
pub struct TenantCaller {
    /// Whose campaigns the call may touch.
    pub tenant: TenantName,
    /// Whether the key is an administrator's.
    pub is_administrator: bool,
}

/// As [`TenantCaller`], but in the demo a call without a key acts for the tenant `default`, and so does one with the token of a
/// USER: take [`crate::ActsFor`] beside it wherever a user is named. It takes no `?tenant=`.
#[derive(Clone, Debug)]
pub struct OpenCaller(pub TenantName);

/// As [`OpenCaller`], but an administrator may name the tenant with `?tenant=`.
#[derive(Clone, Debug)]
pub struct NamedCaller(pub TenantName);

/// A caller with an administrator's key, or the token of an ADMIN. Refuses with `UNAUTHORIZED` or `FORBIDDEN`.
#[derive(Clone, Copy, Debug)]
pub struct AdministratorCaller;

/// Another service of ours. Refuses with `INTERNAL_API_UNAUTHORIZED`.
#[derive(Clone, Copy, Debug)]
pub struct InternalCaller;

/// The tenant that an administrator names.
#[derive(Debug, Default, Deserialize)]
struct ForTenant {
    tenant: Option<String>,
}

impl<S: Send + Sync> FromRequestParts<S> for TenantCaller
where
    Callers: FromRef<S>,
{
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, ApiError> {
        let holder = Callers::from_ref(state).holder(parts).await?;
        let Query(ForTenant { tenant }) = Query::from_request_parts(parts, state).await?;
        let is_administrator = holder.caller == Caller::Administrator;
        Ok(Self { tenant: holder.caller.tenant(tenant.as_deref())?, is_administrator })
    }
}

impl<S: Send + Sync> FromRequestParts<S> for OpenCaller
where
    Callers: FromRef<S>,
{
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, ApiError> {
        let callers = Callers::from_ref(state);
        let caller = callers.caller_or_open(parts).await?;
        callers.tenant_of(caller.as_ref(), None).map(Self)
    }
}

impl<S: Send + Sync> FromRequestParts<S> for NamedCaller
where
    Callers: FromRef<S>,
{
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, ApiError> {
        let callers = Callers::from_ref(state);
        // A stranger hears nothing about the query.
        let caller = callers.caller_or_open(parts).await?;
        let Query(ForTenant { tenant }) = Query::from_request_parts(parts, state).await?;
        callers.tenant_of(caller.as_ref(), tenant.as_deref()).map(Self)
    }
}

impl<S: Send + Sync> FromRequestParts<S> for AdministratorCaller
where
    Callers: FromRef<S>,
{
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, ApiError> {
        Callers::from_ref(state).administrator(parts).await.map(|()| Self)
    }
}

impl<S: Send + Sync> FromRequestParts<S> for InternalCaller
where
    InternalKeys: FromRef<S>,
{
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, ApiError> {
        let route = parts.extensions.get::<MatchedPath>().map_or("", MatchedPath::as_str);
        InternalKeys::from_ref(state).check(&parts.headers, parts.extensions.get().copied(), route).map(|()| Self)
    }
}
