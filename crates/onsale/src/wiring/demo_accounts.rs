//! The people and the shop of the demonstration: an administrator, a user, and something on sale.

use super::people::account_settings_of_command;
use crate::config::Config;
use account::hashing::{HashQueue, HashSettings};
use account::operators::{OperatorAccount, create_user};
use account::{AccountService, personal_keys};
use anyhow::Context;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use call::Call;
use catalog::CatalogService;
use domain::ErrorCode;
use domain::account::{EmailAddress, Password, PersonName, UserRole};
use std::path::PathBuf;

/// The file in the data folder with the passwords that were made, where nobody watches the start.
pub const PASSWORDS_FILE: &str = "demo.passwords";
/// Random bytes of a password.
const PASSWORD_BYTES: usize = 12;

/// The accounts of the demonstration.
pub struct DemoAccounts {
    /// E-mail address and password of those that were made now and whose password nobody has set.
    pub made: Vec<(String, String)>,
    /// The file that has them, where standard output is no terminal.
    pub file: Option<PathBuf>,
}

/// Makes the example accounts and events, each only if it is not there.
///
/// # Errors
/// When they cannot be kept.
pub async fn prepare(
    config: &Config,
    accounts: &AccountService,
    catalog: Option<&CatalogService>,
    is_watched: bool,
) -> anyhow::Result<DemoAccounts> {
    call::within(Call::of_command("serve"), prepare_as_command(config, accounts, catalog, is_watched)).await
}

async fn prepare_as_command(
    config: &Config,
    accounts: &AccountService,
    catalog: Option<&CatalogService>,
    is_watched: bool,
) -> anyhow::Result<DemoAccounts> {
    let demo = &config.demo;
    let mut made = Vec::new();
    for (email, password, name, role) in [
        (&demo.admin_email, &demo.admin_password, "Onsale Admin", UserRole::Admin),
        (&demo.user_email, &demo.user_password, "김온세", UserRole::User),
    ] {
        made.extend(make(accounts, email, password, name, role).await?);
    }
    if let Some(catalog) = catalog
        && let Err(error) = catalog::demo::demo(catalog).await
    {
        // It serves already: an example is no reason to take it from its callers again.
        tracing::warn!(code = error.code.as_str(), "the example events could not be made");
    }
    if made.is_empty() || is_watched {
        return Ok(DemoAccounts { made, file: None });
    }
    let file = files::absolute(&config.data.dir.join(PASSWORDS_FILE));
    let text: String = made.iter().map(|(email, password)| format!("{email} {password}\n")).collect();
    files::write(&file, text.as_bytes())
        .with_context(|| format!("the passwords of the demonstration cannot be written to {}", file.display()))?;
    Ok(DemoAccounts { made, file: Some(file) })
}

/// Makes an account unless its address is taken. Returns address and password where the password was made here.
async fn make(
    accounts: &AccountService,
    email: &str,
    given: &str,
    name: &str,
    role: UserRole,
) -> anyhow::Result<Option<(String, String)>> {
    let is_made = given.is_empty();
    let password = if is_made { random_password()? } else { given.to_owned() };
    let wanted = OperatorAccount {
        email: EmailAddress::parse(email).map_err(|fault| anyhow::anyhow!("demo: {email}: {fault}"))?,
        password: Password::parse(&password).map_err(|fault| anyhow::anyhow!("demo: the password {fault}"))?,
        name: PersonName::parse(name).map_err(|fault| anyhow::anyhow!("demo: the name {fault}"))?,
        role,
    };
    let hashing = if is_made { &quick()? } else { &accounts.hashing };
    match create_user(&accounts.ledger, &accounts.personal, hashing, &wanted).await {
        Ok(_) => Ok(is_made.then(|| (email.to_owned(), password))),
        Err(error) if error.code == ErrorCode::AlreadyExistsEmail => Ok(None),
        Err(error) => {
            tracing::warn!(code = error.code.as_str(), email, "the example account could not be made");
            Ok(None)
        }
    }
}

/// For passwords that were made: 96 random bits need no stretching, and a start should not wait for it. The first log-in makes
/// the hash anew with the cost of all.
fn quick() -> anyhow::Result<HashQueue> {
    Ok(HashQueue::start(HashSettings { cost: 4, waiting_max: 1, threads: 1 })?)
}

fn random_password() -> anyhow::Result<String> {
    let mut random = [0; PASSWORD_BYTES];
    getrandom::fill(&mut random).context("the system has no randomness")?;
    Ok(URL_SAFE_NO_PAD.encode(random))
}

/// The keys of personal data, for commands.
///
/// # Errors
/// When a key is missing or cannot be used.
pub fn personal_of_command(config: &Config) -> anyhow::Result<(account::Settings, account::personal::PersonalKeys)> {
    let settings = account_settings_of_command(config)?;
    let personal = personal_keys(&settings).context("user.personal_data_key or user.lookup_key cannot be used")?;
    Ok((settings, personal))
}
