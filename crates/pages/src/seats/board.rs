//! How the seats stand, as `GET /reservations/seats/{id}/state` tells it.

use super::blocks::Block;
use std::collections::BTreeSet;

/// How a seat stands for this person.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum SeatState {
    Free,
    /// Held or in payment: it may come back.
    Held,
    Sold,
    /// Never sold.
    Closed,
}

/// Of all seats.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Board {
    /// Two bits a seat, the first seat in the lowest bits.
    bits: Vec<u8>,
    /// Seats that came back and are open to this person's pass.
    open: BTreeSet<u32>,
}

/// How many seats stand in each state.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Counts {
    /// Those that can be had now; nothing else counts as free.
    pub free: u32,
    pub held: u32,
    pub sold: u32,
}

impl Board {
    /// Of the answer's bytes, and of the header `X-Open-Seats`.
    pub fn new(bits: impl Into<Vec<u8>>, open: &str) -> Self {
        Self { bits: bits.into(), open: open.split(',').filter_map(|index| index.trim().parse().ok()).collect() }
    }

    pub fn of(&self, index: u32) -> SeatState {
        let byte = self.bits.get(index as usize / 4).copied().unwrap_or(0xff);
        match byte >> (index % 4 * 2) & 3 {
            0 => SeatState::Free,
            1 if self.open.contains(&index) => SeatState::Free,
            1 => SeatState::Held,
            2 => SeatState::Sold,
            _ => SeatState::Closed,
        }
    }

    pub fn is_free(&self, index: u32) -> bool {
        self.of(index) == SeatState::Free
    }

    pub fn counts(&self, block: &Block) -> Counts {
        let mut counts = Counts::default();
        for index in block.lines.iter().flat_map(|line| line.first..line.first + line.count) {
            match self.of(index) {
                SeatState::Free => counts.free += 1,
                SeatState::Held => counts.held += 1,
                SeatState::Sold => counts.sold += 1,
                SeatState::Closed => {}
            }
        }
        counts
    }

    pub fn all(&self, blocks: &[Block]) -> Counts {
        blocks.iter().map(|block| self.counts(block)).fold(Counts::default(), |sum, one| Counts {
            free: sum.free + one.free,
            held: sum.held + one.held,
            sold: sum.sold + one.sold,
        })
    }
}
