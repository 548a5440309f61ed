//! The pages, in a real browser on the real program: what people do, and what may go wrong while they do it.

mod budget;
mod console;
mod coupon;
mod history;
mod hostile;
mod judge;
mod offline;
mod patience;
mod portone;
mod purchase;
mod shop;
mod steps;
mod sweep;
mod tabs;
mod taken;
mod waiting;
