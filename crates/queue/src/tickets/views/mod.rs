//! The JSON of lines before seats.

mod enter;
mod place;

pub use enter::{LeftQueue, NewPlace, PassCheck};
pub(super) use enter::{id, uuid};
pub use place::{TicketPlace, TicketStatus};
