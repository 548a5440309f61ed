//! What people do with seats: hold, change, extend, let go, cancel, look up; and what payment asks of reservations.
//!
//! ```text
//! hold    hot: all or none --> row --> 201       a refused row gives the seats back in hot state
//! swap    hot: the new ones --> row --> hot: the old ones go
//! extend, let go, cancel, claim, secure          row --> hot
//! ```
//!
//! The row is the truth. What is lost between the two is put right by a worker within ten seconds (part 2, 17).

mod attempt;
mod best;
mod deciding;
mod extras;
mod hold;
mod internal;
mod let_go;
mod lookup;
mod new_id;
mod reading;
mod refusal;
mod swap;
mod waiting;

pub(crate) use best::Picks;
pub(crate) use deciding::Deciding;
pub(crate) use waiting::Waiting;
