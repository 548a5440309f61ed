//! The names of lines in metrics: a bounded number, so that a tenant with many campaigns fills neither the page of metrics nor
//! the memory of those who read it.
//!
//! The first lines get series of their own, of one tenant some of them at most; the rest is added up as `other`. A name stays,
//! as its series does.

use domain::TenantName;
use domain::line::LineId;
use std::collections::{HashMap, HashSet};
use std::sync::{LazyLock, Mutex, PoisonError};

/// Most lines with series of their own.
const LINES_MAX: usize = 200;
/// Most of one tenant, so that those of another have room.
const OF_TENANT_MAX: usize = 50;
/// The name of all others together.
pub(crate) const OTHER: &str = "other";

static NAMES: LazyLock<Mutex<Names>> = LazyLock::new(Mutex::default);

#[derive(Default)]
struct Names {
    lines: HashSet<LineId>,
    /// How many each tenant has; those before sites belong to none.
    of_tenant: HashMap<Option<TenantName>, usize>,
}

impl Names {
    fn has(&mut self, line: &LineId) -> bool {
        if self.lines.contains(line) {
            return true;
        }
        if self.lines.len() >= LINES_MAX {
            return false;
        }
        let tenant = match line {
            LineId::Gate(campaign) => Some(campaign.tenant.clone()),
            LineId::Queue(_) => None,
        };
        let of_tenant = self.of_tenant.entry(tenant).or_default();
        if *of_tenant >= OF_TENANT_MAX {
            return false;
        }
        *of_tenant += 1;
        self.lines.insert(line.clone())
    }
}

/// Whether the line has series of its own.
pub(crate) fn is_named(line: &LineId) -> bool {
    NAMES.lock().unwrap_or_else(PoisonError::into_inner).has(line)
}

/// The value of the label `line`.
pub(crate) fn label(line: &LineId) -> String {
    if is_named(line) { line.to_string() } else { OTHER.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn gate(tenant: &str, number: usize) -> LineId {
        format!("gate:{tenant}/sale-{number}").parse().expect("a line")
    }

    #[test]
    fn a_tenant_with_many_lines_leaves_names_to_another() {
        let mut names = Names::default();
        assert_eq!((0..1_500).filter(|number| names.has(&gate("acme", *number))).count(), OF_TENANT_MAX);
        assert!(names.has(&gate("bolt", 0)) && names.has(&gate("acme", 0)), "a name stays");
        let tenants = (0..100).map(|number| format!("tenant-{number}"));
        let all = tenants.flat_map(|tenant| (0..100).map(move |number| gate(&tenant, number)));
        all.for_each(|line| _ = names.has(&line));
        assert_eq!(names.lines.len(), LINES_MAX);
        assert!(names.has(&gate("bolt", 0)) && !names.has(&gate("carl", 0)));
    }
}
