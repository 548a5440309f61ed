//! The commands. Each takes the configuration and its arguments, and returns how it ended.

mod admin;
mod audit;
mod backup;
mod clean_up;
mod completions;
mod config;
mod coupons;
mod dead_letters;
mod doctor;
mod greeting;
mod man;
mod migrate;
mod plan;
mod reconcile;
mod reconcile_tickets;
mod rehearse;
mod rush;
mod rush_tickets;
mod sandbox;
mod serve;
#[cfg(test)]
mod serve_tests;
mod tickets;
mod verify_draw;

use crate::cli::{AdminCommand, Cli, Command, CommonArguments, KeyCommand, ServeArguments};
use crate::config::{Config, ConfigError, FILE_NAME, Loaded, Sources, is_ours, load};
use crate::{out, safety, telemetry};
use anyhow::Context;
use call::Call;
use std::env;
use std::fmt;
use std::path::PathBuf;
use std::process::ExitCode;

/// The result of a command that did its work.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ending {
    /// Done, and no check failed.
    Done,
    /// A check failed; the command has printed it.
    CheckFailed,
    /// No check failed, and at least one could not be made; the command has printed which.
    NotAllChecked,
}

impl From<Ending> for ExitCode {
    fn from(ending: Ending) -> Self {
        match ending {
            Ending::Done => Self::SUCCESS,
            Ending::CheckFailed => Self::from(1),
            Ending::NotAllChecked => Self::from(3),
        }
    }
}

/// A command with wrong arguments. The program ends with exit status 2.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WrongUse(pub String);

impl fmt::Display for WrongUse {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(&self.0)
    }
}

impl std::error::Error for WrongUse {}

/// The exit status of a command that failed: 2 for wrong use or configuration, [`out::READER_LEFT`] where nobody reads its
/// output any more, else 1.
pub fn exit_status(error: &anyhow::Error) -> ExitCode {
    if out::cause(error).is_some_and(out::OutputError::has_no_reader) {
        return ExitCode::from(out::READER_LEFT);
    }
    let is_users = |cause: &(dyn std::error::Error + 'static)| cause.is::<ConfigError>() || cause.is::<WrongUse>();
    ExitCode::from(if error.chain().any(is_users) { 2 } else { 1 })
}

/// An error with its causes on one line. A cause that the preceding text already contains is left out, because database
/// drivers include their causes in their own text.
pub fn with_causes(error: &anyhow::Error) -> String {
    let mut line = String::new();
    for cause in error.chain().map(ToString::to_string) {
        if line.is_empty() {
            line = cause;
        } else if !line.ends_with(&cause) {
            line = format!("{line}: {cause}");
        }
    }
    line
}

/// What a command acts on: people forget `--config`, and then another folder is meant.
#[derive(Clone, Debug)]
pub struct Place {
    /// The data folder, as an absolute path.
    pub folder: PathBuf,
    /// The configuration file, as an absolute path; none when there is none.
    pub file: Option<PathBuf>,
}

impl Place {
    fn of(loaded: &Loaded) -> Self {
        let file = loaded.file.as_deref().map(files::absolute);
        Self { folder: files::absolute(&loaded.config.data.dir), file }
    }

    /// The configuration file for people.
    pub fn file_name(&self) -> String {
        let none = || format!("no file ({FILE_NAME} in this folder, or --config FILE)");
        self.file.as_ref().map_or_else(none, |file| file.display().to_string())
    }

    /// Says on standard error what the command acts on; standard output is for its result.
    fn say(&self) {
        note!("data folder {}; configuration: {}", self.folder.display(), self.file_name());
    }

    /// Refuses a folder that no server has used: an empty one says "all is well" about nothing.
    fn demand_data(&self, config: &Config) -> anyhow::Result<()> {
        if !safety::in_folder(config) {
            return Ok(());
        }
        match safety::data_in(&self.folder, config).complaint(&self.folder) {
            None => Ok(()),
            Some((what, change)) => Err(WrongUse(format!("{what}: {change}")).into()),
        }
    }
}

/// Runs the command.
///
/// # Errors
/// The command's; [`ConfigError`] when the configuration is refused.
pub fn run(cli: Cli) -> anyhow::Result<Ending> {
    let mut sources = sources(&cli.common)?;
    match cli.command {
        Command::Completions(arguments) => completions::run(&arguments),
        Command::Man(arguments) => man::run(&arguments),
        Command::Config(arguments) => config::run(&sources, &arguments),
        Command::Serve(arguments) => {
            if let Some(listen) = &arguments.listen {
                sources.flags.push(("--listen", "http.listen", listen.clone()));
            }
            let loaded = load(&sources)?;
            let lines = telemetry::install_server_logs(&loaded.config.log)?;
            let place = Place::of(&loaded);
            serve::run(&serve::with_ports_of_role(loaded, &arguments), &place, &arguments, &lines)
        }
        Command::Plan(arguments) => plan::run(&arguments),
        Command::Backup(arguments) => backup::take(&begin(&sources, Folder::HasData)?, &arguments),
        Command::Restore(arguments) => backup::restore(&begin(&sources, Folder::May)?, &arguments),
        Command::Migrate => migrate::run(&begin(&sources, Folder::May)?),
        Command::CleanUp(arguments) => clean_up::run(&begin(&sources, Folder::HasData)?, &arguments),
        Command::Doctor(arguments) => {
            let loaded = load(&sources)?;
            telemetry::install_logs(&loaded.config.log)?;
            Place::of(&loaded).say();
            let as_served = ServeArguments { roles: arguments.roles.clone(), listen: None };
            doctor::run(&serve::with_ports_of_role(loaded, &as_served), &arguments)
        }
        Command::Reconcile(arguments) if arguments.seats || arguments.payments => {
            reconcile_tickets::run(&begin(&sources, Folder::HasData)?, &arguments)
        }
        Command::Tickets(arguments) => tickets::run(&begin(&sources, Folder::HasData)?, &arguments.command),
        Command::Reconcile(arguments) => reconcile::run(&begin(&sources, Folder::HasData)?, &arguments),
        Command::Coupons(arguments) => coupons::run(&begin(&sources, Folder::HasData)?, &arguments.command),
        Command::DeadLetters(arguments) => dead_letters::run(&begin(&sources, Folder::HasData)?, &arguments.command),
        Command::Admin(arguments) => {
            let makes = matches!(
                &arguments.command,
                AdminCommand::Keys { command: KeyCommand::Create(_) } | AdminCommand::CreateUser(_)
            );
            admin::run(&begin(&sources, if makes { Folder::May } else { Folder::HasData })?, &arguments.command)
        }
        Command::Audit(arguments) => audit::run(&begin(&sources, Folder::HasData)?, &arguments.command),
        Command::VerifyDraw(arguments) => verify_draw::run(&arguments),
        Command::Sandbox(arguments) => {
            let config = load(&sources)?.config;
            telemetry::install_logs(&config.log)?;
            sandbox::run(&config.data.dir, &arguments)
        }
        Command::Rehearse(arguments) => {
            let config = load(&sources)?.config;
            telemetry::install_logs(&config.log)?;
            rehearse::run(&config, &sources, &arguments)
        }
        Command::Rush(arguments) => {
            let config = load(&sources)?.config;
            telemetry::install_logs(&config.log)?;
            rush::run(&config, &arguments)
        }
    }
}

/// What a command needs of the data folder.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Folder {
    /// It may be made.
    May,
    /// There must be data in it.
    HasData,
}

/// Loads the configuration, starts logging, and says what the command acts on.
fn begin(sources: &Sources, folder: Folder) -> anyhow::Result<Config> {
    let loaded = load(sources)?;
    telemetry::install_logs(&loaded.config.log)?;
    let place = Place::of(&loaded);
    place.say();
    if folder == Folder::HasData {
        place.demand_data(&loaded.config)?;
    }
    safety::demand_folder(&loaded.config)?;
    Ok(loaded.config)
}

fn sources(common: &CommonArguments) -> anyhow::Result<Sources> {
    let folder = env::current_dir().context("cannot find the working folder")?;
    let mut sources = Sources { file: common.config.clone(), folder, environment: environment()?, flags: Vec::new() };
    if let Some(data) = &common.data {
        let data = data.to_str().ok_or_else(|| WrongUse("--data must be UTF-8".to_owned()))?;
        sources.flags.push(("--data", "data.dir", data.to_owned()));
    }
    Ok(sources)
}

/// Runs a command that does not serve.
fn block_on<T>(work: impl Future<Output = anyhow::Result<T>>) -> anyhow::Result<T> {
    tokio::runtime::Builder::new_current_thread().enable_all().build()?.block_on(work)
}

/// Runs a command that may change something: the audit log names it by these words.
fn block_on_as<T>(words: &str, work: impl Future<Output = anyhow::Result<T>>) -> anyhow::Result<T> {
    block_on(call::within(Call::of_command(words), work))
}

/// The environment variables that are ours, or that somebody may have meant for us.
fn environment() -> anyhow::Result<Vec<(String, String)>> {
    let ours = env::vars_os().filter_map(|(name, value)| Some((name.into_string().ok()?, value)));
    ours.filter(|(name, _)| is_ours(name))
        .map(|(name, value)| {
            let value = value.into_string().map_err(|_| WrongUse(format!("{name} must be UTF-8")))?;
            Ok((name, value))
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::with_causes;
    use anyhow::anyhow;

    #[test]
    fn a_cause_is_named_once() {
        let nested = anyhow!("no route").context("the connection failed: no route").context("it cannot be opened");
        assert_eq!(with_causes(&nested), "it cannot be opened: the connection failed: no route");
    }
}
