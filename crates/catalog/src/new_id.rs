//! Ids of new things.

use uuid::Uuid;

/// The id of a new thing. Of a call with an `Idempotency-Key` it follows from the call, so that a call that comes again finds
/// what it has made; `kind` keeps the things of one call apart.
pub(crate) fn new_id(kind: &str) -> Uuid {
    let call = call::current();
    let Some(keyed) = call.as_ref().and_then(call::Call::key) else { return Uuid::now_v7() };
    let of_call = format!("{}\n{}\n{}\n{kind}", keyed.scope, keyed.key, keyed.fingerprint);
    Uuid::new_v5(&Uuid::NAMESPACE_OID, of_call.as_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;
    use call::{Call, Keyed};

    #[tokio::test]
    async fn a_call_that_comes_again_names_the_same_thing() {
        let call = |key: &str| Call::of_command("test").keyed(Keyed::new("s".into(), key.into(), "f".into()));
        let id = async |key: &str, kind: &str| call::within(call(key), async { new_id(kind) }).await;
        assert_eq!(id("k", "event").await, id("k", "event").await);
        assert_ne!(id("k", "event").await, id("k", "hall").await);
        assert_ne!(id("k", "event").await, id("l", "event").await);
        assert_ne!(new_id("event"), new_id("event"));
    }
}
