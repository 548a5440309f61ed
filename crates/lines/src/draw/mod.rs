//! The opening draw of a line: `announce` publishes its hash beforehand, `receipt` signs the numbers of those who take
//! part.

pub mod announce;
pub mod receipt;

pub use receipt::ReceiptKey;
