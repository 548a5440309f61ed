//! Tests of the rules.

mod history;
mod scene;
mod table;
mod take_over;
mod unit;
