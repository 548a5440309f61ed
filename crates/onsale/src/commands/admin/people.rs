//! `onsale admin create-user`, `set-role` and `rotate-keys`: accounts by the operator's hand.

use crate::cli::{CreateUserArguments, SetRoleArguments};
use crate::commands::{Ending, WrongUse, block_on_as};
use crate::config::Config;
use crate::wiring::demo_accounts::personal_of_command;
use crate::wiring::{USER_SCHEMA, open_tables};
use account::hashing::{HashQueue, HashSettings};
use account::operators::{OperatorAccount, create_user, rotate_keys, set_role};
use anyhow::Context;
use domain::ErrorCode;
use domain::account::Password;
use std::io::BufRead;

/// Longest password that is read, in bytes, with its line end.
const LINE_BYTES_MAX: usize = 1_024;

/// Makes an account.
///
/// # Errors
/// When the database cannot be opened, or a key is missing.
pub(super) fn create(config: &Config, arguments: &CreateUserArguments) -> anyhow::Result<Ending> {
    let password = password(&mut std::io::stdin().lock())?;
    block_on_as("admin create-user", async {
        let ledger = open_tables(config, &USER_SCHEMA).await?;
        let (settings, personal) = personal_of_command(config)?;
        let hashing = HashQueue::start(HashSettings { cost: settings.bcrypt_cost, waiting_max: 1, threads: 1 })?;
        let wanted = OperatorAccount {
            email: arguments.email.clone(),
            password,
            name: arguments.name.clone(),
            role: arguments.role,
        };
        match create_user(&ledger, &personal, &hashing, &wanted).await {
            Ok(id) => {
                say!("{id}")?;
                Ok(Ending::Done)
            }
            Err(error) if error.code == ErrorCode::AlreadyExistsEmail => {
                note!("there is an account with this e-mail address already; see `onsale admin set-role --help`");
                Ok(Ending::CheckFailed)
            }
            Err(error) => anyhow::bail!("the account could not be made: {}", error.code.as_str()),
        }
    })
}

/// The first line of standard input.
fn password(input: &mut impl BufRead) -> anyhow::Result<Password> {
    let mut line = String::new();
    std::io::Read::take(input, LINE_BYTES_MAX as u64).read_line(&mut line).context("the password cannot be read")?;
    let line = line.trim_end_matches(['\r', '\n']);
    let wrong = |fault| WrongUse(format!("the password (a line on standard input) {fault}"));
    Ok(Password::parse(line).map_err(|fault| wrong(fault.to_string()))?)
}

/// Gives a person another role.
///
/// # Errors
/// As [`create`].
pub(super) fn change_role(config: &Config, arguments: &SetRoleArguments) -> anyhow::Result<Ending> {
    block_on_as("admin set-role", async {
        let ledger = open_tables(config, &USER_SCHEMA).await?;
        let (_, personal) = personal_of_command(config)?;
        if set_role(&ledger, &personal, &arguments.email, arguments.role).await? {
            say!("done; the person's sessions end within two seconds")?;
            return Ok(Ending::Done);
        }
        note!("nobody has this e-mail address");
        Ok(Ending::CheckFailed)
    })
}

/// Encrypts all personal data with the present keys.
///
/// # Errors
/// As [`create`].
pub(super) fn rotate(config: &Config) -> anyhow::Result<Ending> {
    block_on_as("admin rotate-keys", async {
        let ledger = open_tables(config, &USER_SCHEMA).await?;
        let (_, personal) = personal_of_command(config)?;
        let told = |so_far: account::operators::Rotated| note!("{} accounts, {} changed", so_far.seen, so_far.changed);
        let total = rotate_keys(&ledger, &personal, told).await?;
        say!("{} accounts, {} encrypted anew; user.personal_data_key_previous can go", total.seen, total.changed)?;
        Ok(Ending::Done)
    })
}
