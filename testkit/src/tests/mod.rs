//! The kit with real servers and tools: they start, answer, die, come back, and leave nothing behind.

mod http;
mod kafka;
mod life;
mod network;
mod redis;
mod sql;
mod tools;
