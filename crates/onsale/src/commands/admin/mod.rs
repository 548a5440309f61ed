//! `onsale admin`: manages API keys and the quotas of tenants.

mod people;
mod tenants;

use crate::cli::{AdminCommand, CreateKeyArguments, KeyCommand};
use crate::commands::{Ending, WrongUse, block_on_as};
use crate::config::Config;
use crate::wiring::{COUPON_SCHEMA, open_tables};
use access::Caller;
use access::making::{MakeKeyError, Restrictions, make};
use access::rows::{self as api_keys, ApiKey};
use domain::quota::Quotas;
use domain::{Scopes, Timestamp};
use ledger::Ledger;

/// Runs the command.
///
/// # Errors
/// When the database cannot be opened.
pub fn run(config: &Config, command: &AdminCommand) -> anyhow::Result<Ending> {
    let command = match command {
        AdminCommand::Keys { command } => command,
        AdminCommand::Tenants { command } => return tenants::run(config, command),
        AdminCommand::CreateUser(arguments) => return people::create(config, arguments),
        AdminCommand::SetRole(arguments) => return people::change_role(config, arguments),
        AdminCommand::RotateKeys => return people::rotate(config),
    };
    let of_all = config.tenant.quotas();
    block_on_as("admin keys", async {
        // The user of this command may change keys and nothing else, so no row is written to see whether one can be.
        let ledger = open_tables(config, &COUPON_SCHEMA).await?;
        match command {
            KeyCommand::Create(arguments) => create(&ledger, arguments, of_all).await,
            KeyCommand::List => {
                let now = clock::now();
                for key in &api_keys::list(&ledger).await? {
                    say!("{}", line(key, now))?;
                }
                Ok(Ending::Done)
            }
            KeyCommand::Revoke { id } => {
                if api_keys::revoke(&ledger, *id, clock::now()).await? {
                    say!("{id} is revoked; running servers refuse it within two seconds")?;
                    return Ok(Ending::Done);
                }
                note!("there is no key {id} in force; see `onsale admin keys list`");
                Ok(Ending::CheckFailed)
            }
        }
    })
}

async fn create(ledger: &Ledger, arguments: &CreateKeyArguments, of_all: Quotas) -> anyhow::Result<Ending> {
    let restrictions = Restrictions {
        scopes: arguments.scope.unwrap_or(Scopes::ALL),
        networks: arguments.networks.clone(),
        expires_at: arguments.expires,
    };
    let key = match make(ledger, &caller(arguments)?, restrictions, of_all, clock::now()).await {
        Err(MakeKeyError::Quota(exceeded)) => {
            note!("{exceeded}; revoke keys, or see `onsale admin tenants set --help`");
            return Ok(Ending::CheckFailed);
        }
        Err(wrong @ (MakeKeyError::Expired | MakeKeyError::Networks)) => return Err(WrongUse(wrong.to_string()).into()),
        made => made?,
    };
    note!("id {}; save the key now, it is not shown again:", key.id);
    // The key is the only line on standard output, so that scripts can read it.
    say!("{}", key.text)?;
    Ok(Ending::Done)
}

fn caller(arguments: &CreateKeyArguments) -> anyhow::Result<Caller> {
    let owner = &arguments.owner;
    match (&owner.tenant, &owner.service) {
        (Some(tenant), _) => Ok(Caller::Tenant(tenant.clone())),
        (None, Some(service)) => Ok(Caller::Service(service.clone())),
        (None, None) if owner.admin => Ok(Caller::Administrator),
        (None, None) if owner.door => Ok(Caller::Door(arguments.schedule)),
        (None, None) => {
            let owners = "name the owner of the key: --admin, --tenant NAME, --service NAME or --door";
            Err(WrongUse(owners.into()).into())
        }
    }
}

/// One key for people. The words stand in the same order for every key, so that scripts can find them.
fn line(key: &ApiKey, now: Timestamp) -> String {
    let schedule = key.schedule_id.map(|id| id.to_string());
    let owner = key.name.as_deref().or(schedule.as_deref()).unwrap_or("-");
    let scopes = if key.scopes.is_restricted() { key.scopes.to_string() } else { "all".to_owned() };
    let networks: Vec<String> = key.networks.iter().map(ToString::to_string).collect();
    let networks = if networks.is_empty() { "anywhere".to_owned() } else { networks.join(",") };
    let state = match (key.revoked_at, key.expires_at) {
        (Some(at), _) => format!("revoked {at}"),
        (None, Some(end)) if end <= now => format!("expired {end}"),
        (None, Some(end)) => format!("in force, expires {end}"),
        (None, None) => "in force, expires never".to_owned(),
    };
    let used = key.last_used_at.map_or_else(|| "never".to_owned(), |at| at.to_string());
    let (id, kind, label, made) = (key.id, key.kind.as_str(), &key.label, key.created_at);
    format!(
        "{id}  {kind:<8} {owner:<20} {label}...  scopes {scopes}  from {networks}  made {made}  used {used}  {state}"
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use access::rows::KeyKind;
    use domain::KeyId;
    use uuid::Uuid;

    #[test]
    fn a_key_is_listed_with_what_it_may_do() {
        let all = ApiKey {
            id: KeyId(Uuid::from_u128(1)),
            kind: KeyKind::Tenant,
            name: Some("acme".into()),
            secret_hash: "secret".into(),
            label: "onsale_00000000".into(),
            created_at: Timestamp(0),
            revoked_at: None,
            scopes: Scopes::ALL,
            networks: Vec::new(),
            schedule_id: None,
            expires_at: None,
            last_used_at: None,
        };
        let some = ApiKey {
            scopes: "issue,read".parse().expect("scopes"),
            networks: vec!["203.0.113.0/24".parse().expect("a network")],
            expires_at: Some(Timestamp(60_000)),
            last_used_at: Some(Timestamp(1_000)),
            ..all.clone()
        };
        let (now, later) = (Timestamp(2_000), Timestamp(60_000));
        assert!(
            line(&all, now)
                .ends_with("scopes all  from anywhere  made 1970-01-01T00:00:00  used never  in force, expires never")
        );
        let shown = line(&some, now);
        for part in
            ["scopes issue,read", "from 203.0.113.0/24", "used 1970-01-01T00:00:01", "expires 1970-01-01T00:01:00"]
        {
            assert!(shown.contains(part), "{shown}");
        }
        assert!(line(&some, later).ends_with("expired 1970-01-01T00:01:00"));
        assert!(!shown.contains("secret"));
    }
}
