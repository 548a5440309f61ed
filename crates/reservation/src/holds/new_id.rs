//! Ids of new reservations.

use domain::ReservationId;
use domain::reservation::Reservation;
use uuid::Uuid;

/// The id of a new reservation. Of a call with an `Idempotency-Key` it follows from the call, so that a call that comes again
/// finds what it has made, in hot state and in the tables.
pub(super) fn of_call() -> ReservationId {
    let call = call::current();
    let Some(keyed) = call.as_ref().and_then(call::Call::key) else { return ReservationId(Uuid::now_v7()) };
    let of_call = format!("{}\n{}\n{}\nreservation", keyed.scope, keyed.key, keyed.fingerprint);
    ReservationId(Uuid::new_v5(&Uuid::NAMESPACE_OID, of_call.as_bytes()))
}

/// The id of a call whose key was used before, after its time: again the same for the same call.
pub(super) fn after(old: &Reservation) -> ReservationId {
    let made_at = old.created_at.millis().to_be_bytes();
    ReservationId(Uuid::new_v5(&old.id.get(), &made_at))
}

#[cfg(test)]
mod tests {
    use super::*;
    use call::{Call, Keyed};

    #[tokio::test]
    async fn a_call_that_comes_again_names_the_same_reservation() {
        let call = |key: &str| Call::of_command("test").keyed(Keyed::new("s".into(), key.into(), "f".into()));
        let id = async |key: &str| call::within(call(key), async { of_call() }).await;
        assert_eq!(id("k").await, id("k").await);
        assert_ne!(id("k").await, id("l").await);
        assert_ne!(of_call(), of_call());
    }
}
