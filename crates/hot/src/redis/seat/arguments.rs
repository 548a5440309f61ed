//! The arguments of a script, and the keys that it touches.

use crate::redis::names::SeatKeys;
use domain::seat::Window;
use domain::{AccountId, SeatId};
use std::collections::BTreeSet;
use std::fmt::Display;

/// The arguments of a script, in order.
pub(super) struct Arguments(Vec<String>);

impl Arguments {
    /// Those of a call at a moment (`super::moment`).
    pub fn at(moment: String) -> Self {
        Self(vec![moment])
    }

    pub fn add(&mut self, argument: impl Display) -> &mut Self {
        self.0.push(argument.to_string());
        self
    }

    pub fn flag(&mut self, flag: bool) -> &mut Self {
        self.add(u8::from(flag))
    }

    /// The number of elements, and they.
    pub fn list(&mut self, elements: impl ExactSizeIterator<Item: Display>) -> &mut Self {
        self.add(elements.len());
        self.0.extend(elements.map(|element| element.to_string()));
        self
    }

    pub fn window(&mut self, window: Window) -> &mut Self {
        self.add(window.line.highest_admitted.0).flag(window.line.is_waiting).add(window.returned_ms)
    }

    pub fn bytes(&self) -> Vec<&[u8]> {
        self.0.iter().map(String::as_bytes).collect()
    }
}

/// The keys of a schedule that a call touches.
pub(super) struct Keys {
    own: Vec<String>,
}

impl Keys {
    pub fn of(
        keys: &SeatKeys,
        seats: impl IntoIterator<Item = SeatId>,
        users: impl IntoIterator<Item = AccountId>,
    ) -> Self {
        let (seats, users): (BTreeSet<SeatId>, BTreeSet<AccountId>) =
            (seats.into_iter().collect(), users.into_iter().collect());
        let mut own: Vec<String> = keys.all().map(str::to_owned).to_vec();
        own.extend(seats.into_iter().map(|seat| keys.hold(seat)));
        own.extend(users.into_iter().map(|user| keys.user(user)));
        Self { own }
    }

    pub fn names(&self) -> Vec<&str> {
        self.own.iter().map(String::as_str).collect()
    }
}

/// Each seat once, at its first place.
pub(super) fn different(seats: &[SeatId]) -> Vec<SeatId> {
    let mut once: Vec<SeatId> = Vec::with_capacity(seats.len());
    for seat in seats {
        if !once.contains(seat) {
            once.push(*seat);
        }
    }
    once
}
