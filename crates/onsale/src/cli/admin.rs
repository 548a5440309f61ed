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
    /// The object to manage.
    #[command(subcommand)]
    pub command: AdminCommand,
}

/// The objects that `onsale admin` manages.
#[derive(Clone, Debug, Subcommand)]
pub enum AdminCommand {
    /// API keys. Only their hashes are stored, so a key is printed once, when it is created
    Keys {
        /// The action.
        #[command(subcommand)]
        command: KeyCommand,
    },
}

/// `onsale admin keys`.
#[derive(Clone, Debug, Subcommand)]
pub enum KeyCommand {
    /// Create a key and print it
    Create(KeyOwner),
    /// List keys: id, owner, time of creation, time of revocation
    List,
    /// Revoke a key
    Revoke {
        /// Id of the key, as printed by `list`
        #[arg(value_name = "ID", value_parser = key_id)]
        id: Uuid,
    },
}

fn key_id(text: &str) -> Result<Uuid, String> {
    let wanted =
        "a key's id is a UUID such as 0b0e0f5e-6c3d-4a57-9e3f-6d1f0a4f6a11; `onsale admin keys list` prints them";
    text.parse().map_err(|_| wanted.to_owned())
}

/// The owner of the key: exactly one option.
#[derive(Args, Clone, Debug)]
#[group(required = true, multiple = false)]
pub struct KeyOwner {
    /// For an administrator, with all rights
    #[arg(long)]
    pub admin: bool,
    /// For the servers of a tenant, limited to the campaigns of this tenant
    #[arg(long, value_name = "NAME", value_parser = |text: &str| TenantName::new(text))]
    pub tenant: Option<TenantName>,
    /// For another service of the same installation
    #[arg(long, value_name = "NAME")]
    pub service: Option<String>,
}
