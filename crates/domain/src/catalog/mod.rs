//! The catalog: the rules of venues, halls, events, schedules and seats (EVT-*).
//!
//! ```text
//! venue 1 --- n hall (template) ---- event 1 --- n schedule 1 --- n seat (id: prefix of the schedule + index in the template)
//! ```

pub mod comparison;
pub mod event;
mod grade;
pub mod layout;
pub mod moment;
pub mod plan;
pub mod schedule;
pub mod seat;
mod seat_id;
pub mod template;
pub mod text;

pub use event::{ChangeRefused, EventState, EventStatus, Step, StepRefused};
pub use grade::{Grade, PriceError, Prices, WON_MAX};
pub use moment::PreciseTime;
pub use plan::{PlanRow, SeatPlan};
pub use schedule::{NotSellable, ScheduleStatus, ScheduleTimes, TimesError};
pub use seat::{SeatNews, SeatState, SeatStatus};
pub use seat_id::{SEAT_INDEX_BYTES, SeatPrefix};
pub use template::{Flag, SeatTemplate, TemplateError};
