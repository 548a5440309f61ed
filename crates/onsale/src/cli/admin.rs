//! `onsale admin`.

use clap::{Args, Subcommand};
use domain::TenantName;
use uuid::Uuid;

/// `onsale admin`.
#[derive(Args, Clone, Debug)]
#[command(after_help = "\
Examples:
  onsale admin keys create --admin               an administrator's key, printed once
  onsale admin keys create --tenant acme         a key for the servers of the tenant acme
  onsale admin keys list
  onsale admin keys revoke 0b0e0f5e-6c3d-4a57-9e3f-6d1f0a4f6a11")]
pub struct AdminArguments {
    /// What to look after.
    #[command(subcommand)]
    pub command: AdminCommand,
}

/// What `onsale admin` looks after.
#[derive(Clone, Debug, Subcommand)]
pub enum AdminCommand {
    /// API keys: kept as hashes only, so that a key is seen once, when it is made
    Keys {
        /// What to do with them.
        #[command(subcommand)]
        command: KeyCommand,
    },
}

/// `onsale admin keys`.
#[derive(Clone, Debug, Subcommand)]
pub enum KeyCommand {
    /// Make a key and print it
    Create(KeyOwner),
    /// List keys: id, owner, when made, when revoked
    List,
    /// Take a key back
    Revoke {
        /// The key's id, as `list` prints it
        #[arg(value_name = "ID")]
        id: Uuid,
    },
}

/// Whose the key is: exactly one.
#[derive(Args, Clone, Debug)]
#[group(required = true, multiple = false)]
pub struct KeyOwner {
    /// For an administrator: may do everything
    #[arg(long)]
    pub admin: bool,
    /// For a tenant's servers: sees this tenant's campaigns only
    #[arg(long, value_name = "NAME", value_parser = |text: &str| TenantName::new(text))]
    pub tenant: Option<TenantName>,
    /// For another service of the same installation
    #[arg(long, value_name = "NAME")]
    pub service: Option<String>,
}
