//! The line before the seats of a schedule (QUEUE-001..015; `contract-ticketing.md`, Queue).
//!
//! ```text
//! enter  --sale?--> claim of the person --> place in the line `queue:<schedule>` --admission--> pass --> seats
//! status, stream    the person's own place: a sign of presence
//! leave             gives place and pass up
//! ```
//!
//! The engine of lines keeps places and passes and is the truth about both. `schedules` knows when seats are sold (catalog),
//! `stock` how many are free (reservation), `claims` that a person waits in one line alone, `passes` are the copies of passes
//! for other roles. `places` finds out where a person stands; `enter`, `status`, `leave` and `stream` are the use cases;
//! `public` is what everybody may see of a schedule's line;
//! `follow` keeps the rule of each line in step with its sale, its stock and the brake, and ends lines whose schedules are
//! over. `api` has the routes, `views` their JSON.

pub mod api;
mod claims;
mod enter;
mod follow;
mod leave;
mod looks;
mod passes;
mod places;
mod public;
mod schedules;
mod service;
mod settings;
mod status;
mod stock;
mod stream;
pub mod views;

pub use follow::Following;
pub use public::ScheduleLine;
pub(crate) use public::{stream_without_line, without_line};
pub use service::{TicketParts, TicketPeers, TicketQueue};
pub use settings::TicketSettings;
