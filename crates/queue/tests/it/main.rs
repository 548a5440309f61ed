//! The line before the seats of a schedule, by its routes.

mod support;
mod tickets_claims;
mod tickets_enter;
mod tickets_follow;
mod tickets_operators;
mod tickets_passes;
mod tickets_public;
mod tickets_redis;
mod tickets_status;
mod tickets_stream;
