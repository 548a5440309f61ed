//! `onsale admin`.

use clap::{Args, Subcommand};
use domain::account::{EmailAddress, PersonName, UserRole};
use domain::{KeyId, Scopes, TenantName, Timestamp, ZonedTime};
use ipnet::IpNet;
use std::net::IpAddr;
use uuid::Uuid;

/// `onsale admin`.
#[derive(Args, Clone, Debug)]
#[command(after_help = "\
Examples:
  onsale admin keys create --admin               an administrator's key, printed once
  onsale admin keys create --tenant acme         a key for the servers of the tenant acme
  onsale admin keys create --tenant acme --scope issue,read --network 203.0.113.0/24 --expires 2027-01-01T00:00:00+09:00
                                                 a key that issues and reads, from this network, until then
  onsale admin keys list
  onsale admin keys revoke 0b0e0f5e-6c3d-4a57-9e3f-6d1f0a4f6a11
  onsale admin tenants set --tenant acme --max-campaigns 5000
  onsale admin create-user --email admin@shop.example --role ADMIN < password.txt
  onsale admin set-role --email kim@shop.example --role USER
  onsale admin rotate-keys")]
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
    /// Make an account without an identity verification. The password is read from standard input, one line
    CreateUser(CreateUserArguments),
    /// Give a person another role. The person's sessions end
    SetRole(SetRoleArguments),
    /// Encrypt all personal data with the present keys, while servers run with the present and the previous ones. It may be broken
    /// off and run again
    RotateKeys,
    /// What single tenants may have, where it differs from the section `tenant` of the configuration
    Tenants {
        /// The action.
        #[command(subcommand)]
        command: TenantCommand,
    },
}

/// `onsale admin create-user`.
#[derive(Args, Clone, Debug)]
#[command(after_help = "\
Example:
  onsale admin create-user --email admin@shop.example --role ADMIN < password.txt")]
pub struct CreateUserArguments {
    /// The e-mail address
    #[arg(long, value_name = "ADDRESS", value_parser = |text: &str| EmailAddress::parse(text))]
    pub email: EmailAddress,
    /// USER or ADMIN
    #[arg(long, value_name = "ROLE", value_parser = role)]
    pub role: UserRole,
    /// The name
    #[arg(long, value_name = "NAME", default_value = "Onsale", value_parser = |text: &str| PersonName::parse(text))]
    pub name: PersonName,
}

/// `onsale admin set-role`.
#[derive(Args, Clone, Debug)]
pub struct SetRoleArguments {
    /// The e-mail address
    #[arg(long, value_name = "ADDRESS", value_parser = |text: &str| EmailAddress::parse(text))]
    pub email: EmailAddress,
    /// USER or ADMIN
    #[arg(long, value_name = "ROLE", value_parser = role)]
    pub role: UserRole,
}

fn role(text: &str) -> Result<UserRole, String> {
    UserRole::parse(&text.to_uppercase()).ok_or_else(|| "a role is USER or ADMIN".to_owned())
}

/// `onsale admin tenants`.
#[derive(Clone, Debug, Subcommand)]
pub enum TenantCommand {
    /// Set values for a tenant; those that are not named stay. Servers follow within two seconds
    Set(SetTenantArguments),
    /// List the tenants with values of their own
    List,
}

/// `onsale admin tenants set`. Without a value it shows those in force.
#[derive(Args, Clone, Debug)]
#[command(after_help = "\
Example:
  onsale admin tenants set --tenant acme --max-campaigns 5000 --max-lines default")]
pub struct SetTenantArguments {
    /// The tenant
    #[arg(long, value_name = "NAME", value_parser = |text: &str| TenantName::new(text))]
    pub tenant: TenantName,
    /// Most campaigns, or `default` for the configured value
    #[arg(long, value_name = "N", value_parser = quota)]
    pub max_campaigns: Option<OwnValue>,
    /// Most lines
    #[arg(long, value_name = "N", value_parser = quota)]
    pub max_lines: Option<OwnValue>,
    /// Most API keys
    #[arg(long, value_name = "N", value_parser = quota)]
    pub max_keys: Option<OwnValue>,
    /// Most streams at a server
    #[arg(long, value_name = "N", value_parser = quota)]
    pub max_streams: Option<OwnValue>,
    /// Most coupons in all
    #[arg(long, value_name = "N", value_parser = quota)]
    pub max_coupons: Option<OwnValue>,
    /// Most requests a second at a server; 0 is no limit
    #[arg(long, value_name = "N", value_parser = quota)]
    pub requests_per_second: Option<OwnValue>,
}

/// A value for a tenant; none for the configured one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OwnValue(pub Option<u64>);

/// Most that a tenant may be given.
const QUOTA_MAX: u64 = 1_000_000_000_000;

fn quota(text: &str) -> Result<OwnValue, String> {
    if text == "default" {
        return Ok(OwnValue(None));
    }
    let number = text.parse().ok().filter(|number| *number <= QUOTA_MAX);
    number.map(|number| OwnValue(Some(number))).ok_or_else(|| format!("a number from 0 to {QUOTA_MAX}, or `default`"))
}

/// `onsale admin keys`.
#[derive(Clone, Debug, Subcommand)]
pub enum KeyCommand {
    /// Create a key and print it
    Create(CreateKeyArguments),
    /// List keys: id, owner, scopes, networks, times of creation, last use, expiry and revocation
    List,
    /// Revoke a key
    Revoke {
        /// Id of the key, as printed by `list`
        #[arg(value_name = "ID", value_parser = key_id)]
        id: KeyId,
    },
}

fn key_id(text: &str) -> Result<KeyId, String> {
    let wanted =
        "a key's id is a UUID such as 0b0e0f5e-6c3d-4a57-9e3f-6d1f0a4f6a11; `onsale admin keys list` prints them";
    text.parse().map_err(|_| wanted.to_owned())
}

/// `onsale admin keys create`.
#[derive(Args, Clone, Debug)]
pub struct CreateKeyArguments {
    /// Whose key it is.
    #[command(flatten)]
    pub owner: KeyOwner,
    /// The only schedule whose tickets a door's key checks [default: all schedules]
    #[arg(long, value_name = "ID", conflicts_with_all = ["admin", "tenant", "service"])]
    pub schedule: Option<Uuid>,
    /// What the key may be used for: issue, redeem, gate, read, admin, with commas between them [default: everything]
    #[arg(long, value_name = "SCOPES", value_parser = |text: &str| text.parse::<Scopes>())]
    pub scope: Option<Scopes>,
    /// From when the key is refused, with Z or an offset: 2027-01-01T00:00:00+09:00 [default: never]
    #[arg(long, value_name = "TIME", value_parser = |text: &str| ZonedTime::parse(text).map(|at| at.0))]
    pub expires: Option<Timestamp>,
    /// A network from which the key may be used, such as 203.0.113.0/24; may be repeated [default: anywhere]
    #[arg(long = "network", value_name = "CIDR", value_delimiter = ',', value_parser = network)]
    pub networks: Vec<IpNet>,
}

fn network(text: &str) -> Result<IpNet, String> {
    let network = text.parse().ok().or_else(|| text.parse::<IpAddr>().ok().map(IpNet::from));
    let network = network.map(|network: IpNet| network.trunc());
    network.ok_or_else(|| "a network is an address such as 203.0.113.7, or 203.0.113.0/24, or 2001:db8::/32".to_owned())
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
    /// For a device at a door, which checks tickets and does nothing else
    #[arg(long)]
    pub door: bool,
}
