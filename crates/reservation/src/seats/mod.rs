//! The seats of a schedule as they stand: exactly for those who ask (`GET /reservations/seats/{id}`), and once a second for all
//! (`state` and its stream; RSV-003, amendment 10).

mod board;
mod live;
mod state;
mod stream;

pub(crate) use board::Board;
pub(crate) use live::{Live, SeatsAt};
pub(crate) use state::State;
pub(crate) use stream::{Reader, SeatStreams};

#[cfg(test)]
pub(crate) use state::tests::{schedule_for_sale as test_schedule, stands as test_stands};
