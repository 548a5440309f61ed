//! Keys: their rows on every database, the ring, the internal call. And the cookies of people's sessions.

mod api_keys;
mod https;
mod internal;
mod key_ring;
mod quotas;
mod session_cookies;
