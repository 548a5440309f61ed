//! The bus without servers. Time is simulated; files are real.

mod conformance;
mod consumer;
mod dead_letters;
mod local;
mod relay;
mod support;
