//! The bus on real brokers. Time is real; the tests wait for conditions with a deadline.

mod conformance;
mod consumer;
mod crash;
mod dead_letters;
mod faults;
mod kept;
mod publisher;
mod reader;
mod support;
mod tls;
