//! `onsale sandbox`: the sandbox as a process of its own, to outlive the product.

use super::{Ending, block_on};
use crate::cli::SandboxArguments;
use anyhow::Context;
use sandbox::command::{Listeners, serve};
use sandbox::{Sandbox, SandboxSettings};
use std::path::Path;
use tokio::signal::unix::{SignalKind, signal};

/// Runs the command.
///
/// # Errors
/// When an address is taken, or the books cannot be opened.
pub fn run(folder: &Path, arguments: &SandboxArguments) -> anyhow::Result<Ending> {
    block_on(async {
        let listeners = Listeners::take(arguments.listen, arguments.mail).await;
        let listeners = listeners.with_context(|| format!("cannot listen on {}", arguments.listen))?;
        let mut settings = SandboxSettings::default();
        settings.portone.webhook_url.clone_from(&arguments.webhook);
        files::make_folder(folder).with_context(|| format!("the folder {} cannot be made", folder.display()))?;
        let books = Sandbox::open(folder, settings).context("the books of the sandbox cannot be opened")?;
        say!("the sandbox is listening on http://{}", listeners.http_address()?)?;
        if let Some(mail) = listeners.mail_address()? {
            say!("  mail     smtp://{mail}")?;
        }
        say!("  books    {}", folder.display())?;
        let mut terminate = signal(SignalKind::terminate())?;
        let mut interrupt = signal(SignalKind::interrupt())?;
        let end = async move {
            tokio::select! {
                _ = terminate.recv() => {}
                _ = interrupt.recv() => {}
            }
        };
        serve(books, listeners, None, end).await.context("the sandbox has ended")?;
        Ok(Ending::Done)
    })
}
