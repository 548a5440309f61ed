//! The tables: `payments`, `refunds`, `webhooks`, `marks`. Rows become the types of `domain::payment` here and nowhere else.

pub(crate) mod entities;
pub mod marks;
pub mod payments;
pub mod refunds;
pub mod sales;
pub mod webhooks;
