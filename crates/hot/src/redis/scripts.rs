//! The scripts, each with the digest by which Redis knows it.

use redis::Script as Source;
use std::sync::LazyLock;

/// One script.
pub(super) struct Script {
    /// For metrics and errors.
    pub name: &'static str,
    /// The text, sent when Redis does not know the digest.
    pub text: &'static str,
    digest: LazyLock<String>,
}

impl Script {
    /// The digest, sent first.
    pub fn digest(&self) -> &str {
        &self.digest
    }
}

macro_rules! scripts {
    ($($(#[$doc:meta])* $constant:ident = $name:literal at $file:literal $(after $($before:literal),+)?;)*) => {
        $($(#[$doc])*
        pub(super) static $constant: Script = Script {
            name: $name,
            text: concat!(
                $($(include_str!(concat!($before, ".lua")),)+)?
                include_str!(concat!($file, ".lua")),
            ),
            digest: LazyLock::new(|| Source::new($constant.text).get_hash().to_owned()),
        };)*

        /// Every script.
        #[cfg(test)]
        pub(super) static ALL: &[&Script] = &[$(&$constant),*];
    };
}

scripts! {
    /// Decides a batch.
    ISSUE = "issue" at "coupon/issue";
    /// Makes or changes a campaign.
    PUT = "put" at "coupon/put";
    /// Stops a campaign, or lets it go on.
    STANDING = "standing" at "coupon/standing";
    /// Takes a coupon back.
    REVOKE = "revoke" at "coupon/revoke";
    /// Puts coupons back.
    RESTORE = "restore" at "coupon/restore";
    /// Reads a user's coupons.
    LOOK = "look" at "coupon/look";
    /// Gives messages to a relay.
    TAKE = "take" at "coupon/take";
    /// Forgets messages handed over.
    HANDED = "handed" at "coupon/handed";
    /// Lets go of a claim, or takes it over.
    CLAIM = "claim" at "coupon/claim";
    /// Tells of a name that is asked for.
    ACTIVITY = "activity" at "activity";
    /// Takes from a token bucket.
    LIMIT = "limit" at "limit";
    /// Makes a line.
    LINE_MAKE = "line/make" at "line/make" after "line/common";
    /// Changes a line's rule.
    LINE_CHANGE = "line/change" at "line/change" after "line/common";
    /// Takes places, or checks people in.
    LINE_ENTER_LOOK = "line/enter_look" at "line/enter_look" after "line/common", "line/presence";
    /// Gives up a place.
    LINE_LEAVE = "line/leave" at "line/leave" after "line/common";
    /// Lets the next go.
    LINE_ADMIT = "line/admit" at "line/admit" after "line/common", "line/presence", "line/pace";
    /// Admits a newcomer where nobody waits.
    LINE_NEWCOMER = "line/newcomer" at "line/newcomer" after "line/common", "line/presence", "line/pace";
    /// Lengthens a pass.
    LINE_RENEW = "line/renew" at "line/renew" after "line/common";
    /// Writes passes for other readers.
    LINE_SHOW = "line/show" at "line/show" after "line/common";
    /// Puts back people whose requests take too long.
    LINE_PUT_BACK = "line/put_back" at "line/put_back" after "line/common";
    /// Keeps a verdict.
    LINE_FINISH = "line/finish" at "line/finish" after "line/common";
    /// Gives a part of the queue numbers of an opening draw.
    LINE_DRAW = "line/draw" at "line/draw" after "line/common";
    /// Publishes a part of the entries of an opening draw.
    LINE_ENTRIES = "line/entries" at "line/entries" after "line/common";
    /// Keeps the root of a draw's entries, or its public randomness.
    LINE_SETTLE = "line/settle" at "line/settle" after "line/common";
    /// Reads a line's counts.
    LINE_FIGURES = "line/figures" at "line/figures" after "line/common";
    /// Adds a name to a set.
    LINE_REGISTER = "line/register" at "line/register";
    /// Removes a name from a set.
    LINE_UNREGISTER = "line/unregister" at "line/unregister";
    /// Keeps how a line was defined last.
    LINE_DEFINE = "line/define" at "line/define";
    /// Ends a line.
    LINE_END = "line/end" at "line/end" after "line/common";
    /// Takes away records of an ended line.
    LINE_END_PART = "line/end_part" at "line/end_part" after "line/common";
    /// Reads a pass from an ended line.
    LINE_KEPT_PASS = "line/kept_pass" at "line/kept_pass" after "line/common";
    /// Holds seats.
    SEAT_HOLD = "seat/hold" at "seat/hold" after "seat/common";
    /// Gives seats back, lets holds live longer, or takes away what is sold.
    SEAT_CHANGE = "seat/change" at "seat/change" after "seat/common";
    /// Writes what was worked out from a whole schedule.
    SEAT_APPLY = "seat/apply" at "seat/apply" after "seat/common";
    /// Takes a schedule off the list of those that have holds.
    SEAT_UNLIST = "seat/unlist" at "seat/unlist";
}
