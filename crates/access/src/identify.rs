//! Who calls, for the layer of calls: the tenant and the id of the key.

use crate::callers::Callers;
use crate::keys::{Caller, parts};
use call::{Actor, ActorKind};
use domain::TenantName;
use http::HeaderMap;
use onsale_http::calls::{CallerId, Identify};
use std::sync::Arc;

impl Callers {
    /// The caller of a request; `None` for a stranger, and while keys cannot be looked up: the handler refuses then.
    pub async fn identity(&self, headers: &HeaderMap) -> Option<CallerId> {
        let Some(key) = headers.get("x-api-key") else { return self.open.then(CallerId::anyone) };
        let (id, _) = parts(key.as_bytes())?;
        let tenant = match self.of_key(headers).await.ok()? {
            Caller::Administrator => TenantName::default_tenant(),
            Caller::Tenant(tenant) => tenant,
            // Its keys open no route of people.
            Caller::Service(_) => return None,
        };
        Some(CallerId { tenant, actor: Actor { kind: ActorKind::Key, id: id.to_string() } })
    }

    /// For [`onsale_http::with_calls`].
    pub fn identify(&self) -> Identify {
        let callers = self.clone();
        Arc::new(move |headers| {
            let callers = callers.clone();
            Box::pin(async move { callers.identity(&headers).await })
        })
    }
}
