//! `onsale admin`: manages API keys.

use super::{Ending, WrongUse, block_on_as};
use crate::cli::{AdminCommand, KeyCommand, KeyOwner};
use crate::config::Config;
use crate::wiring::{COUPON_SCHEMA, open_ledger};
use access::keys::{self, Caller};
use access::rows::{self as api_keys, ApiKey};

/// Runs the command.
///
/// # Errors
/// When the database cannot be opened.
pub fn run(config: &Config, command: &AdminCommand) -> anyhow::Result<Ending> {
    let AdminCommand::Keys { command } = command;
    block_on_as("admin keys", async {
        let ledger = open_ledger(config, &COUPON_SCHEMA).await?;
        match command {
            KeyCommand::Create(owner) => {
                let key = keys::make(&ledger, &caller(owner)?, clock::now()).await?;
                eprintln!("id {}; save the key now, it is not shown again:", key.id);
                // The key is the only line on standard output, so that scripts can read it.
                println!("{}", key.text);
                Ok(Ending::Done)
            }
            KeyCommand::List => {
                api_keys::list(&ledger).await?.iter().for_each(print);
                Ok(Ending::Done)
            }
            KeyCommand::Revoke { id } => {
                if api_keys::revoke(&ledger, *id, clock::now()).await? {
                    println!("{id} is revoked; running servers refuse it within two seconds");
                    return Ok(Ending::Done);
                }
                eprintln!("there is no key {id} in force; see `onsale admin keys list`");
                Ok(Ending::CheckFailed)
            }
        }
    })
}

fn caller(owner: &KeyOwner) -> anyhow::Result<Caller> {
    match (&owner.tenant, &owner.service) {
        (Some(tenant), _) => Ok(Caller::Tenant(tenant.clone())),
        (None, Some(service)) => Ok(Caller::Service(service.clone())),
        (None, None) if owner.admin => Ok(Caller::Administrator),
        (None, None) => {
            Err(WrongUse("name the owner of the key: --admin, --tenant NAME or --service NAME".into()).into())
        }
    }
}

fn print(key: &ApiKey) {
    let owner = key.name.as_deref().unwrap_or("-");
    let state = key.revoked_at.map_or("in force".to_owned(), |at| format!("revoked {at}"));
    println!("{}  {:<8} {:<20} {}...  made {}  {state}", key.id, key.kind.as_str(), owner, key.label, key.created_at);
}
