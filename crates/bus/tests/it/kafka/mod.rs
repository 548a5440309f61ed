//! The bus on real brokers. Time is real; whoever waits waits for a condition with a deadline.

mod consume;
mod death;
mod faults;
mod letters;
mod publish;
mod read;
mod support;
