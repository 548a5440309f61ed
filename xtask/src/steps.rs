//! Steps that are named, timed, and end everything when one fails.

use std::time::{Duration, Instant};

/// The steps of one command, and how long each took.
#[derive(Default)]
pub struct Steps {
    taken: Vec<(String, Duration)>,
}

impl Steps {
    /// Takes a step. What it prints stays visible.
    ///
    /// # Errors
    /// The step's own, after the sentence that says which step it was.
    pub fn take<T>(&mut self, name: &str, work: impl FnOnce() -> anyhow::Result<T>) -> anyhow::Result<T> {
        println!("\n==> {name}");
        let started = Instant::now();
        let outcome = work();
        let took = started.elapsed();
        let word = if outcome.is_ok() { "done" } else { "failed" };
        println!("==> {name}: {word} in {:.1} s", took.as_secs_f64());
        self.taken.push((name.to_owned(), took));
        outcome.map_err(|error| error.context(format!("Stopped at the step \"{name}\"")))
    }

    /// Prints every step with its time.
    pub fn print(&self) {
        println!();
        for (name, took) in &self.taken {
            println!("{:>8.1} s  {name}", took.as_secs_f64());
        }
        let total: Duration = self.taken.iter().map(|(_, took)| *took).sum();
        println!("{:>8.1} s  in all", total.as_secs_f64());
    }
}
