//! The console over a stand-in of the API: who may come in, forms with their faults and conflicts, what is sent and what is not.

mod campaigns;
mod evening;
mod letters;
mod lines;
mod looks;
mod rate;
mod records;
mod shows;
mod support;
mod who;
