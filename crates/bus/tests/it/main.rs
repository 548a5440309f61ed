//! The bus: what arrives, what is laid aside, what waits. Time is made up; files are real.

mod consumer;
mod kafka;
mod letters;
mod local;
mod relay;
mod support;
