//! All installations of a run at once: named and asked for before anything else is done.

use super::programs::{NEEDS, Need, Source};
use super::{consent, debian};
use crate::error::Result;

/// What is missing on this machine.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Plan {
    /// Debian's packages.
    pub packages: Vec<&'static str>,
    /// Programs that are downloaded into the cache folder, each with where it comes from.
    pub downloads: Vec<(&'static str, &'static str)>,
}

/// Looks at all [`NEEDS`]. Installs nothing.
#[must_use]
pub fn plan() -> Plan {
    let mut plan = Plan::default();
    for need in NEEDS.iter().filter(|need| !(need.is_here)()) {
        plan.add(need);
    }
    plan
}

impl Plan {
    fn add(&mut self, need: &Need) {
        match need.source {
            Source::Debian(package) => self.packages.push(package),
            Source::Cache(from) => self.downloads.push((need.name, from)),
        }
    }

    /// Whether nothing is missing.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.packages.is_empty() && self.downloads.is_empty()
    }

    /// The whole list, for people.
    #[must_use]
    pub fn text(&self) -> String {
        let mut text = String::from("Missing on this machine, and needed by the tests:\n");
        if !self.packages.is_empty() {
            let packages = self.packages.join(" ");
            text += &format!("  Debian packages (with what they depend on): {packages}\n");
            text += "    Debian starts some servers when it installs them: they are stopped again, and do not start at boot.\n";
            text += &format!("    by hand: {}\n", debian::by_hand(&self.packages));
        }
        for (name, from) in &self.downloads {
            text += &format!("  {name}, into the cache folder, from {from}\n");
        }
        text
    }

    /// Asks once for everything. Later questions of this process have the same answer.
    ///
    /// Returns whether it may be installed; nobody is asked where nobody can answer.
    #[must_use]
    pub fn ask(&self) -> bool {
        consent::ask_for(&self.text())
    }

    /// Installs Debian's packages in one step, and stops the servers among them that Debian starts.
    ///
    /// # Errors
    /// When the installation fails, with the command to run by hand.
    pub fn install_packages(&self) -> Result<()> {
        if self.packages.is_empty() { Ok(()) } else { debian::install_all(&self.packages) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_plan_names_every_package_and_the_command_that_installs_them() {
        let mut plan = Plan::default();
        NEEDS.iter().for_each(|need| plan.add(need));
        let text = plan.text();
        for need in NEEDS {
            let word = match need.source {
                Source::Debian(package) => package,
                Source::Cache(_) => need.name,
            };
            assert!(text.contains(word), "{word}: {text}");
        }
        assert!(
            text.contains("sudo apt-get install --no-install-recommends python3-venv default-jdk-headless"),
            "{text}"
        );
        assert_eq!(plan.packages.len() + plan.downloads.len(), NEEDS.len());
    }
}
