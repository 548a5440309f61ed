//! Mistakes that can be planted, to see that the simulation finds them. Each is one wrong line in the glue between the rules
//! and the world, such as a tired engineer writes.

/// A planted mistake.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Bug {
    /// `<` for `<=`: at the very millisecond of its end a hold is taken for running.
    ExpiryInclusive,
    /// Payment tells what it has decided before its transaction has committed.
    MessageBeforeCommit,
    /// Payment refunds whatever reservation says has ended, without comparing the numbers of holds.
    NoHoldNumber,
    /// Payment writes SUCCESS without asking reservation to keep the seats.
    SecureSkipped,
    /// A refund is asked for without a key, and without what can be given back.
    RefundWithoutKey,
    /// Every attempt of a refund has the same key (hole 1).
    RefundKeyForEver,
    /// The consumers' places are kept at the broker, and not with the effects (hole 8).
    PlaceAtBroker,
    /// A consumer commits its place before the effect.
    PlaceBeforeEffect,
    /// A buyer hears 410 before it is stored (hole 12).
    ToldBeforeStored,
    /// The relay marks a message as published before it is sent.
    MarkedBeforeSent,
    /// Nobody asks for what a message should have told (hole 5).
    NobodyAsks,
    /// Hot state is not put right from the rows (hole 17).
    HotLeftWrong,
}

impl Bug {
    /// All of them.
    pub const ALL: [Self; 12] = [
        Self::ExpiryInclusive,
        Self::MessageBeforeCommit,
        Self::NoHoldNumber,
        Self::SecureSkipped,
        Self::RefundWithoutKey,
        Self::RefundKeyForEver,
        Self::PlaceAtBroker,
        Self::PlaceBeforeEffect,
        Self::ToldBeforeStored,
        Self::MarkedBeforeSent,
        Self::NobodyAsks,
        Self::HotLeftWrong,
    ];
}
