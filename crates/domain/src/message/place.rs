//! How far a consumer group has read.

/// Where a group goes on in a partition.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Place {
    /// The topic.
    pub topic: String,
    /// The partition.
    pub partition: i32,
    /// The first message that the group has not had.
    pub next_offset: i64,
}
