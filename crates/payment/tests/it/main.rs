//! Payments over real tables, the real sandbox, and books of the other roles.

mod confirming;
mod crashes;
mod desk;
mod idempotency;
mod internal;
mod making;
mod making_coupons;
mod messages;
mod notices;
mod reading;
mod rights;
mod role;
mod rows;
mod scripted;
mod strange;
mod told;
mod upgrade;
mod workers_comparison;
mod workers_coupons;
mod workers_looks;
mod workers_refunds;
mod workers_roles;
mod workers_settling;
mod workers_world;
