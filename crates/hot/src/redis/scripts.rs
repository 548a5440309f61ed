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
    ($($(#[$doc:meta])* $constant:ident = $file:literal;)*) => {
        $($(#[$doc])*
        pub(super) static $constant: Script = Script {
            name: $file,
            text: include_str!(concat!("lua/", $file, ".lua")),
            digest: LazyLock::new(|| Source::new(include_str!(concat!("lua/", $file, ".lua"))).get_hash().to_owned()),
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
}
