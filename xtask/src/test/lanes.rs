//! Runs the test programs, two at a time: most of them wait for servers, for faults to be noticed, and for time to pass.

use super::programs::Program;
use anyhow::Context;
use std::collections::VecDeque;
use std::io::{BufRead, BufReader, Read};
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::mpsc::{RecvTimeoutError, Sender, channel};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

/// Programs that run at the same time.
const LANES: usize = 2;

/// A program that takes longer hangs: it is ended, so that what it printed says where.
const LONGEST: Duration = Duration::from_mins(30);

/// A program that has ended.
pub struct Ended {
    /// The program.
    pub program: Program,
    /// All that it has printed, line by line.
    pub lines: Vec<String>,
    /// Whether it ended with status 0.
    pub is_good: bool,
    /// How long it took.
    pub took: Duration,
}

/// Runs them all in this environment, and shows each to `look` when it has ended; what it printed is printed then.
///
/// # Errors
/// When a program cannot be started.
pub fn run(programs: &[Program], environment: &[(&str, &Path)], mut look: impl FnMut(&Ended)) -> anyhow::Result<()> {
    let waiting = Mutex::new(programs.iter().cloned().collect::<VecDeque<_>>());
    let (sender, ended) = channel();
    std::thread::scope(|scope| {
        for _ in 0..LANES {
            let (waiting, sender) = (&waiting, sender.clone());
            scope.spawn(move || lane(waiting, environment, &sender));
        }
        drop(sender);
        for one in ended {
            let one: Ended = one?;
            println!("\n     Running {} ({})", one.program.name, one.program.executable.display());
            one.lines.iter().for_each(|line| println!("{line}"));
            look(&one);
        }
        Ok(())
    })
}

fn lane(waiting: &Mutex<VecDeque<Program>>, environment: &[(&str, &Path)], ended: &Sender<anyhow::Result<Ended>>) {
    loop {
        let next = waiting.lock().unwrap_or_else(PoisonError::into_inner).pop_front();
        let Some(program) = next else { return };
        println!("     Begun   {}", program.name);
        if ended.send(run_one(program, environment)).is_err() {
            return;
        }
    }
}

fn run_one(program: Program, environment: &[(&str, &Path)]) -> anyhow::Result<Ended> {
    run_within(program, environment, LONGEST)
}

fn run_within(program: Program, environment: &[(&str, &Path)], longest: Duration) -> anyhow::Result<Ended> {
    let begun = Instant::now();
    let (output, input) = std::io::pipe()?;
    let mut command = Command::new(&program.executable);
    // In a group of its own: with a program that hangs, what it started ends, too.
    command.process_group(0);
    command.current_dir(&program.folder).env("CARGO_MANIFEST_DIR", &program.folder).envs(environment.iter().copied());
    command.stdin(Stdio::null()).stdout(input.try_clone()?).stderr(input);
    let mut child = command.spawn().with_context(|| format!("{} could not be started", program.name))?;
    // This process must not hold the pipe's other end open, or the reading would not end.
    drop(command);
    let (has_ended, ended) = channel::<()>();
    let group = rustix::process::Pid::from_child(&child);
    let watch = std::thread::spawn(move || {
        let hangs = ended.recv_timeout(longest) == Err(RecvTimeoutError::Timeout);
        // A group that has ended meanwhile needs nothing.
        hangs && rustix::process::kill_process_group(group, rustix::process::Signal::KILL).is_ok()
    });
    let mut lines = lines_of(output)?;
    let is_good = child.wait()?.success();
    drop(has_ended);
    if watch.join().unwrap_or_default() {
        lines.push(format!("{} was ended: it did not finish within {longest:?}", program.name));
    }
    Ok(Ended { program, lines, is_good, took: begun.elapsed() })
}

fn lines_of(output: impl Read) -> std::io::Result<Vec<String>> {
    let lines = BufReader::new(output).split(b'\n');
    lines.map(|line| Ok(String::from_utf8_lossy(&line?).into_owned())).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::PermissionsExt;

    fn script(folder: &Path, name: &str, text: &str) -> Program {
        let executable = folder.join(name);
        std::fs::write(&executable, format!("#!/bin/sh\n{text}\n")).expect("written");
        std::fs::set_permissions(&executable, std::fs::Permissions::from_mode(0o755)).expect("executable");
        Program { name: name.to_owned(), executable, folder: folder.to_owned() }
    }

    #[test]
    fn a_program_that_hangs_is_ended_with_what_it_started_and_keeps_its_lines() {
        let folder = tempfile::tempdir().expect("a folder");
        let hanging = script(folder.path(), "hanging", "echo before; sleep 600 & sleep 600; echo after");
        let ended = run_within(hanging, &[], Duration::from_secs(3)).expect("run");
        assert!(!ended.is_good);
        assert_eq!(ended.lines.len(), 2, "{:?}", ended.lines);
        assert_eq!(ended.lines[0], "before");
        assert!(ended.lines[1].starts_with("hanging was ended"), "{:?}", ended.lines);
    }

    #[test]
    fn every_program_runs_once_in_its_folder_and_its_lines_stay_together() {
        let folder = tempfile::tempdir().expect("a folder");
        let programs: Vec<Program> = ["a", "b", "c"]
            .iter()
            .map(|name| {
                script(folder.path(), name, &format!("echo {name} one; pwd; echo {name} $KIT >&2; [ {name} != b ]"))
            })
            .collect();
        let mut seen = Vec::new();
        let kit = Path::new("kit");
        run(&programs, &[("KIT", kit)], |ended| {
            seen.push((ended.program.name.clone(), ended.is_good, ended.lines.clone()));
        })
        .expect("run");
        seen.sort();
        let place = folder.path().canonicalize().expect("a place").display().to_string();
        let wanted = ["a", "b", "c"].map(|name| {
            (name.to_owned(), name != "b", vec![format!("{name} one"), place.clone(), format!("{name} kit")])
        });
        assert_eq!(seen, wanted);
    }
}
