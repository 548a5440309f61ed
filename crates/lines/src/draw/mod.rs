//! The opening draw of a line (SEC-005): `announce` fixes seed, closing and source of randomness beforehand, `document`
//! is what the public sees of it, `opening` keeps the line for it. `values` brings the public randomness of `drand`, whose signatures `beacon` checks.
//! `receipt` signs the entry numbers of the participants.

pub mod announce;
pub mod beacon;
pub mod document;
pub mod drand;
pub(crate) mod opening;
#[cfg(test)]
mod opening_tests;
pub mod receipt;
pub mod values;

pub use receipt::ReceiptKey;
