//! Tests of what a process shows to operators, on each database.

mod appeal;
mod letters;
mod routes;
mod support;
