//! The opening draw of a line: `announce` publishes the hash of its seed beforehand, `receipt` signs the entry numbers
//! of the participants.

pub mod announce;
pub mod receipt;

pub use receipt::ReceiptKey;
