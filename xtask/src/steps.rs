//! Named and timed steps of a command; the first failure ends it.

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
    /// The step's own error, with the name of the step.
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

    /// Prints every step with its time, in the order in which they were taken.
    pub fn print(&self) {
        println!();
        print_rows(&self.taken);
    }

    /// The same, the slowest step first, under a heading.
    pub fn print_slowest_first(&self, heading: &str) {
        let mut taken = self.taken.clone();
        taken.sort_by_key(|(_, took)| std::cmp::Reverse(*took));
        Self::print_times(heading, &taken);
    }

    /// Prints names with their times under a heading; nothing when there are none.
    pub fn print_times(heading: &str, times: &[(String, Duration)]) {
        if !times.is_empty() {
            println!("\n{heading}");
            print_rows(times);
        }
    }
}

fn print_rows(rows: &[(String, Duration)]) {
    for (name, took) in rows {
        println!("{:>8.1} s  {name}", took.as_secs_f64());
    }
    let total: Duration = rows.iter().map(|(_, took)| *took).sum();
    println!("{:>8.1} s  in all", total.as_secs_f64());
}
