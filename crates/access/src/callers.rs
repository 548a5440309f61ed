//! Authorizes callers, for every service that accepts keys.

use crate::credentials::key_in;
use crate::holder::{Caller, Holder};
use crate::keys::{KeyRing, KeysUnavailable};
use crate::person::Person;
use crate::quotas::TenantQuotas;
use crate::remote::RemoteKeys;
use crate::scopes::RouteScopes;
use domain::{ErrorCode, KeyId, Scope, Scopes, TenantName};
use http::HeaderMap;
use http::request::Parts;
use onsale_http::{ApiError, ClientIp};
use std::net::IpAddr;
use std::sync::Arc;

fn no_key() -> ApiError {
    ApiError::new(ErrorCode::Unauthorized).detail("send a tenant's or an administrator's key in X-Api-Key")
}

fn unknown_key() -> ApiError {
    ApiError::new(ErrorCode::Unauthorized).detail("X-Api-Key is not a key in force")
}

/// What an administrator's token opens: all that an administrator's key with every scope does (amendment 38). The id is the
/// person's.
fn holder_of(person: Person) -> Result<Arc<Holder>, ApiError> {
    if !person.is_admin() {
        return Err(not_an_administrator());
    }
    let (id, scopes) = (KeyId(person.id.get()), Scopes::ALL);
    Ok(Arc::new(Holder { id, caller: Caller::Administrator, scopes, networks: Vec::new(), expires_at: None }))
}

/// The person of the call, who counts where no key is shown: of both the key counts. The gateway has judged the token.
fn person_of(parts: &Parts) -> Option<Person> {
    parts.extensions.get::<Person>().copied().filter(|_| !parts.headers.contains_key("x-api-key"))
}

fn not_an_administrator() -> ApiError {
    ApiError::new(ErrorCode::Forbidden).detail("an administrator's key is required")
}

impl Caller {
    /// The tenant that the caller acts for. `for_tenant`: the tenant that the request names.
    pub(crate) fn tenant(&self, for_tenant: Option<&str>) -> Result<TenantName, ApiError> {
        match (self, for_tenant) {
            (Self::Administrator, None) => Ok(TenantName::default_tenant()),
            (Self::Administrator, Some(tenant)) => {
                TenantName::new(tenant).map_err(|error| ApiError::invalid(format!("tenant {error}")))
            }
            (Self::Tenant(own), None) => Ok(own.clone()),
            (Self::Tenant(own), Some(tenant)) if own.as_str() == tenant => Ok(own.clone()),
            _ => Err(ErrorCode::Forbidden.into()),
        }
    }
}

/// Where keys are looked up.
#[derive(Clone)]
pub enum KeySource {
    /// In the table of keys.
    Table(Arc<KeyRing>),
    /// At the coupon role, by a role without a database.
    Remote(Arc<RemoteKeys>),
}

impl KeySource {
    /// As far as is known without waiting.
    fn holder(&self, key: &[u8], from: Option<IpAddr>) -> Option<Arc<Holder>> {
        match self {
            Self::Table(ring) => ring.holder(key, from),
            Self::Remote(keys) => keys.holder(key, from),
        }
    }

    /// As [`KeyRing::may_call`]. A role without the table of keys has no route on the fast path that asks.
    pub fn may_call(&self, key: &[u8], scope: Scope) -> bool {
        match self {
            Self::Table(ring) => ring.may_call(key, scope),
            Self::Remote(_) => false,
        }
    }

    async fn holder_fresh(&self, key: &[u8], from: Option<IpAddr>) -> Result<Option<Arc<Holder>>, KeysUnavailable> {
        match self {
            Self::Table(ring) => Ok(ring.holder_fresh(key, from).await),
            Self::Remote(keys) => keys.holder_fresh(key, from).await,
        }
    }
}

impl From<KeysUnavailable> for ApiError {
    fn from(_: KeysUnavailable) -> Self {
        Self::unavailable()
    }
}

/// Tells callers by their keys. Cheap to clone.
#[derive(Clone)]
pub struct Callers {
    /// The keys in force.
    pub keys: KeySource,
    /// Whether callers without a key are believed where a tenant's key is enough (the demo).
    pub open: bool,
    /// The scope that each route needs.
    pub scopes: RouteScopes,
    /// How much each tenant may ask.
    pub quotas: Arc<TenantQuotas>,
}

impl Callers {
    /// Callers by the table of keys.
    pub fn by_table(keys: Arc<KeyRing>, open: bool) -> Self {
        Self { keys: KeySource::Table(keys), open, scopes: RouteScopes::default(), quotas: Arc::default() }
    }

    /// Callers whose keys the coupon role checks. None is believed without one.
    pub fn by_coupon_role(keys: RemoteKeys) -> Self {
        let keys = KeySource::Remote(Arc::new(keys));
        Self { keys, open: false, scopes: RouteScopes::default(), quotas: Arc::default() }
    }

    /// The same with these quotas of tenants.
    #[must_use]
    pub fn with_quotas(self, quotas: Arc<TenantQuotas>) -> Self {
        Self { quotas, ..self }
    }

    /// Takes a unit of the requests of the key's tenant, where it has a limit.
    fn take_request(&self, holder: &Holder) -> Result<(), ApiError> {
        match &holder.caller {
            Caller::Tenant(tenant) => self.quotas.take_request(tenant, clock::now_us()),
            _ => Ok(()),
        }
    }

    /// The holder of the key of a call, for calls that always need one. Reads the keys again if this one is unknown.
    ///
    /// # Errors
    /// `UNAUTHORIZED` without a key in force, `FORBIDDEN` for a key without this scope.
    pub async fn holder_for(
        &self,
        headers: &HeaderMap,
        from: Option<IpAddr>,
        scope: Scope,
    ) -> Result<Arc<Holder>, ApiError> {
        let key = key_in(headers)?.ok_or_else(no_key)?;
        let holder = self.holder_of(key, from).await?;
        holder.demand(scope)?;
        Ok(holder)
    }

    /// The holder of this key, whatever it may be used for.
    pub(crate) async fn holder_of(&self, key: &[u8], from: Option<IpAddr>) -> Result<Arc<Holder>, ApiError> {
        self.keys.holder_fresh(key, from).await?.ok_or_else(unknown_key)
    }

    /// As [`Callers::holder_for`], with the scope that the route of the call needs. An administrator's token counts as an
    /// administrator's key with every scope.
    ///
    /// # Errors
    /// As [`Callers::holder_for`]; `FORBIDDEN` for the token of another person; `INVALID_INPUT` for a parameter that a route of `/api/v1/` does not take.
    pub async fn holder(&self, parts: &Parts) -> Result<Arc<Holder>, ApiError> {
        let from = parts.extensions.get::<ClientIp>().map(|client| client.0);
        let holder = match person_of(parts) {
            Some(person) => holder_of(person)?,
            None => self.holder_for(&parts.headers, from, self.scopes.of(parts)).await?,
        };
        self.take_request(&holder)?;
        // Once the caller is known: a stranger hears nothing about the parameters of a route.
        self.scopes.check_query(parts)?;
        Ok(holder)
    }

    /// Whose campaigns the holder of this key may touch. Reads the keys again if this one is unknown.
    ///
    /// # Errors
    /// `UNAUTHORIZED` for a key that is not in force, `FORBIDDEN` for a key of the wrong kind or without this scope.
    pub async fn tenant_of_fresh_key(&self, key: &[u8], from: IpAddr, scope: Scope) -> Result<TenantName, ApiError> {
        let holder = self.keys.holder_fresh(key, Some(from)).await?.ok_or_else(unknown_key)?;
        holder.demand(scope)?;
        self.take_request(&holder)?;
        holder.caller.tenant(None)
    }

    /// Like [`Callers::tenant_of_fresh_key`], without waiting: `None` if the keys must be read again first. In the demo a
    /// call without a key acts for the tenant `default`. `from`: the caller's address.
    ///
    /// # Errors
    /// As [`Callers::tenant_of_fresh_key`]; `UNAUTHORIZED` without a key.
    pub fn tenant_now(
        &self,
        key: Option<&[u8]>,
        from: Option<IpAddr>,
        scope: Scope,
    ) -> Result<Option<TenantName>, ApiError> {
        match key {
            None if self.open => Ok(Some(TenantName::default_tenant())),
            None => Err(no_key()),
            Some(key) => {
                let Some(holder) = self.keys.holder(key, from) else { return Ok(None) };
                holder.demand(scope)?;
                self.take_request(&holder)?;
                holder.caller.tenant(None).map(Some)
            }
        }
    }

    /// The caller of a route that the demo opens: none without a key there. None, too, with the token of a USER, who needs
    /// no key for what a person does: issue, wait, look up ([`crate::ActsFor`] says for whom). A route whose scope is
    /// `admin` takes no such token.
    ///
    /// # Errors
    /// As [`Callers::holder`].
    pub async fn caller_or_open(&self, parts: &Parts) -> Result<Option<Caller>, ApiError> {
        let is_anyone = match person_of(parts) {
            Some(person) if person.is_admin() => false,
            Some(_) if self.scopes.of(parts) == Scope::Admin => return Err(not_an_administrator()),
            Some(_) => true,
            None => self.open && key_in(&parts.headers)?.is_none(),
        };
        if is_anyone {
            self.scopes.check_query(parts)?;
            return Ok(None);
        }
        Ok(Some(self.holder(parts).await?.caller.clone()))
    }

    /// The tenant for which a caller of [`Callers::caller_or_open`] acts: the key's own, `default` without one, or the one
    /// that an administrator names.
    ///
    /// # Errors
    /// `FORBIDDEN` for a key of the wrong kind, and for another tenant than the caller's.
    pub fn tenant_of(&self, caller: Option<&Caller>, for_tenant: Option<&str>) -> Result<TenantName, ApiError> {
        let Some(caller) = caller else {
            let own = TenantName::default_tenant();
            let is_own = for_tenant.is_none_or(|tenant| tenant == own.as_str());
            return if is_own { Ok(own) } else { Err(not_an_administrator()) };
        };
        caller.tenant(for_tenant)
    }

    /// Checks that the caller is an administrator whose key has the route's scope.
    ///
    /// # Errors
    /// `UNAUTHORIZED` without a key in force, `FORBIDDEN` for the key of another kind of caller or without the scope.
    pub async fn administrator(&self, parts: &Parts) -> Result<(), ApiError> {
        match self.holder(parts).await?.caller {
            Caller::Administrator => Ok(()),
            _ => Err(not_an_administrator()),
        }
    }

    /// Whether the caller may know what this tenant has: whoever has a key in force of the tenant or of an administrator,
    /// whatever its scopes. For routes that need no key otherwise: a key that is not in force counts as none.
    ///
    /// # Errors
    /// `RATE_LIMIT_EXCEEDED` beyond the tenant's requests, `SERVICE_UNAVAILABLE` where keys cannot be read.
    pub async fn may_know(&self, parts: &Parts, tenant: &TenantName) -> Result<bool, ApiError> {
        let Some(key) = parts.headers.get("x-api-key") else {
            return Ok(person_of(parts).is_some_and(|person| person.is_admin()));
        };
        let from = parts.extensions.get::<ClientIp>().map(|client| client.0);
        let Some(holder) = self.keys.holder_fresh(key.as_bytes(), from).await? else { return Ok(false) };
        let may_know = match &holder.caller {
            Caller::Administrator => true,
            Caller::Tenant(own) => own == tenant,
            Caller::Service(_) | Caller::Door(_) => false,
        };
        self.take_request(&holder)?;
        Ok(may_know)
    }

    /// Whether the headers have the key of an administrator who may read. A key that is bound to networks does not count,
    /// since the caller's address is not known here.
    pub async fn is_operator(&self, headers: &HeaderMap) -> bool {
        let holder = self.holder_for(headers, None, Scope::Read).await;
        holder.is_ok_and(|holder| holder.caller == Caller::Administrator)
    }
}
