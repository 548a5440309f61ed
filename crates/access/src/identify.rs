//! The caller, for the layer of calls: the tenant and the id of the key.

use crate::callers::Callers;
use crate::credentials::key_in;
use crate::keys::Caller;
use call::{Actor, ActorKind};
use domain::TenantName;
use http::HeaderMap;
use onsale_http::calls::{CallerId, Identify};
use std::net::IpAddr;
use std::sync::Arc;

impl Callers {
    /// The caller of a request from this address; `None` for a stranger, and while keys cannot be looked up: the handler
    /// refuses then, as it refuses a key without the scope of the route.
    pub async fn identity(&self, headers: &HeaderMap, from: Option<IpAddr>) -> Option<CallerId> {
        let Some(key) = key_in(headers).ok()? else { return self.open.then(CallerId::anyone) };
        let holder = self.holder_of(key, from).await.ok()?;
        let tenant = match &holder.caller {
            Caller::Administrator => TenantName::default_tenant(),
            Caller::Tenant(tenant) => tenant.clone(),
            // Doors check tickets, which are the default tenant's.
            Caller::Door(_) => TenantName::default_tenant(),
            // Their keys open no route of people.
            Caller::Service(_) => return None,
        };
        Some(CallerId { tenant, actor: Actor { kind: ActorKind::Key, id: holder.id.to_string() } })
    }

    /// For [`onsale_http::with_calls`].
    pub fn identify(&self) -> Identify {
        let callers = self.clone();
        Arc::new(move |headers, from| {
            let callers = callers.clone();
            Box::pin(async move { callers.identity(&headers, from).await })
        })
    }
}
