//! The gateway as a client sees it: around services in memory, and before raw stand-ins over TCP.

mod bad_services;
mod breaker;
mod callers;
mod compression;
mod contract;
mod cookies;
mod forged;
mod https;
mod limits;
mod lookup;
mod operators;
mod proxy;
mod sessions;
mod stack;
mod stand_in;
mod tokens;
mod walk;
