//! What a process shows to those who run the evening, whatever its roles are (amendments, 4): the audit logs of its
//! schemas, the dead letters of its bus, and who was told what.
//!
//! ```text
//! internal      /internal/admin/...: the routes of a process, for the gateway alone, which joins the roles
//! behalf        an operator's change that the gateway passes on is that operator's in the audit log
//! audit         one schema's log, a page at a time
//! dead_letters  list, one with its personal data masked, replay and drop of the ids that were named
//! appeal        who was told what: noted without waiting, written in batches, kept for some days, bounded
//! ```
//!
//! What only one context can tell (its sales, its books) is that context's own route, beside these.

pub mod appeal;
pub mod audit;
pub mod behalf;
pub mod dead_letters;
mod internal;

pub use appeal::{Appeals, Recorder, with_appeals};
pub use audit::AuditEntry;
pub use dead_letters::DeadLetterDesk;
pub use internal::{NEWEST_MAX, PAGE_SIZE_MAX, Paging, Parts, routes};

/// The schema that keeps who was told what, for all roles.
pub const APPEAL_ROLE: &str = "coupon";
