//! Whether something may be installed.

use crate::error::{KitError, Result};
use crate::kit;
use std::io::{BufRead, IsTerminal, Write};
use std::sync::{Mutex, PoisonError};

/// The user's answer, kept for this process.
static ANSWER: Mutex<Option<bool>> = Mutex::new(None);

/// Installs from now on without asking: `--yes`.
pub fn answer_yes() {
    *ANSWER.lock().unwrap_or_else(PoisonError::into_inner) = Some(true);
}

/// Installs nothing from now on.
pub fn answer_no() {
    *ANSWER.lock().unwrap_or_else(PoisonError::into_inner) = Some(false);
}

/// Whether the user or the environment permits the installation of missing programs.
#[must_use]
pub fn is_allowed() -> bool {
    let answer = *ANSWER.lock().unwrap_or_else(PoisonError::into_inner);
    answer.or_else(of_environment).unwrap_or(false)
}

/// Says what is about to be installed, or that it may not be.
pub(super) fn ask(what: &str, by_hand: &str) -> Result<()> {
    kit::check_wanted()?;
    // One question at a time, and its answer holds for all that follow.
    let mut answer = ANSWER.lock().unwrap_or_else(PoisonError::into_inner);
    let is_allowed = match (*answer, of_environment()) {
        (Some(known), _) | (None, Some(known)) => known,
        (None, None) if std::io::stdin().is_terminal() && std::io::stderr().is_terminal() => {
            let given = question(what, by_hand);
            *answer = Some(given);
            given
        }
        (None, None) => false,
    };
    if is_allowed {
        say(&format!("installing {what}: {by_hand}\n"));
        return Ok(());
    }
    let how = "or let it be installed: ONSALE_TESTKIT_YES=1, or --yes where the command has it";
    Err(KitError::missing(format!("{what} is not on this machine; install it: {by_hand} ({how})")))
}

fn of_environment() -> Option<bool> {
    match std::env::var("ONSALE_TESTKIT_YES").as_deref() {
        Ok("0" | "no" | "false") => Some(false),
        Ok(_) => Some(true),
        Err(_) => std::env::var_os("CI").map(|_| true),
    }
}

/// Shows a list of everything that is missing and asks whether it may be installed. The answer holds for all that follows.
pub(super) fn ask_for(list: &str) -> bool {
    say(list);
    if kit::check_wanted().is_err() {
        return false;
    }
    let mut answer = ANSWER.lock().unwrap_or_else(PoisonError::into_inner);
    let can_answer = std::io::stdin().is_terminal() && std::io::stderr().is_terminal();
    let is_allowed = match (*answer, of_environment()) {
        (Some(known), _) | (None, Some(known)) => known,
        (None, None) => {
            can_answer && said_yes("Install all of this? Without it the tests that need it are skipped. [y/N] ")
        }
    };
    *answer = Some(is_allowed);
    is_allowed
}

fn question(what: &str, by_hand: &str) -> bool {
    said_yes(&format!("{what} is not on this machine. Install it and whatever else is missing? ({by_hand}) [y/N] "))
}

fn said_yes(question: &str) -> bool {
    say(question);
    let mut line = String::new();
    std::io::stdin().lock().read_line(&mut line).is_ok() && matches!(line.trim(), "y" | "Y" | "yes")
}

/// Past the test runner, which keeps to itself what tests print.
pub(crate) fn say(text: &str) {
    let _ = std::io::stderr().lock().write_all(text.as_bytes());
}
