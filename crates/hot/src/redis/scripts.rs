//! The scripts, each with the digest by which Redis knows it.

use redis::Script as Source;
use std::sync::LazyLock;

/// One script.
pub(super) struct Script {
    /// For metrics and errors.
    pub name: &'static str,
    /// What Redis is sent when it does not know the digest.
    pub text: &'static str,
    digest: LazyLock<String>,
}

impl Script {
    /// What Redis is sent first.
    pub fn digest(&self) -> &str {
        &self.digest
    }
}

macro_rules! scripts {
    ($($(#[$doc:meta])* $constant:ident = $file:literal $(after $before:literal)?;)*) => {
        $($(#[$doc])*
        pub(super) static $constant: Script = Script {
            name: $file,
            text: concat!(
                $(include_str!(concat!("lua/", $before, ".lua")),)?
                include_str!(concat!("lua/", $file, ".lua")),
            ),
            digest: LazyLock::new(|| Source::new($constant.text).get_hash().to_owned()),
        };)*
    };
}

scripts! {
    /// Decides a batch.
    ISSUE = "issue";
    /// Makes or changes a campaign.
    PUT = "put";
    /// Stops a campaign, or lets it go on.
    STANDING = "standing";
    /// Takes a coupon back.
    REVOKE = "revoke";
    /// Puts coupons back.
    RESTORE = "restore";
    /// Tells a user's coupons.
    LOOK = "look";
    /// Gives messages to a relay.
    TAKE = "take";
    /// Forgets messages handed over.
    HANDED = "handed";
    /// Lets go of an idempotency key, or takes it over.
    CLAIM = "claim";
    /// Takes from a token bucket.
    LIMIT = "limit";
    /// Makes a line.
    LINE_MAKE = "line/make" after "line/common";
    /// Changes a line's rule.
    LINE_CHANGE = "line/change" after "line/common";
    /// Takes places, or tells how people stand.
    LINE_ENTER_LOOK = "line/enter_look" after "line/common";
    /// Gives up a place.
    LINE_LEAVE = "line/leave" after "line/common";
    /// Lets the next go.
    LINE_ADMIT = "line/admit" after "line/common";
    /// Shows passes where others look for them.
    LINE_SHOW = "line/show" after "line/common";
    /// Puts back those who were dealt with for too long.
    LINE_PUT_BACK = "line/put_back" after "line/common";
    /// Keeps a verdict.
    LINE_FINISH = "line/finish" after "line/common";
    /// Gives a part of the tickets of an opening draw.
    LINE_DRAW = "line/draw" after "line/common";
    /// Tells a line's figures.
    LINE_FIGURES = "line/figures" after "line/common";
    /// Adds a name to a set.
    LINE_REGISTER = "line/register";
}
