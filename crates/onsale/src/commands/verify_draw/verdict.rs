//! The list of checks, each passed, failed or not made, and the verdict over all of them.

use super::check::{Findings, ReceiptFindings};
use lines::draw::document::{RandomnessKind, Trust};
use serde::Serialize;

/// What became of one check.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) enum Outcome {
    Passed,
    Failed,
    NotChecked,
}

/// One check.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(super) struct Check {
    /// What was checked, in one word.
    pub name: &'static str,
    pub outcome: Outcome,
    /// The finding, or what is needed for the check.
    pub finding: String,
}

/// What the checks say together.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) enum Verdict {
    AllPassed,
    /// None failed, and at least one was not made.
    NotAllChecked,
    NotDrawnYet,
    Failed,
}

/// A finding that may be missing: with the texts for yes and no, and for what is needed.
fn check(name: &'static str, finding: Option<bool>, yes: &str, no: &str, needed: &str) -> Check {
    let (outcome, text) = match finding {
        Some(true) => (Outcome::Passed, yes),
        Some(false) => (Outcome::Failed, no),
        None => (Outcome::NotChecked, needed),
    };
    Check { name, outcome, finding: text.to_owned() }
}

impl Findings {
    fn is_drawn(&self) -> bool {
        self.seed_fits.is_some()
    }

    /// Every check of this draw, in order, whether it could be made or not.
    pub fn checks(&self) -> Vec<Check> {
        let mut checks = vec![self.check_seed(), self.check_entries()];
        checks.extend(self.check_randomness());
        checks.extend(self.trust_fits.map(|_| self.check_trust()));
        if let Some(receipt) = &self.receipt {
            checks.extend(receipt.checks());
        }
        checks
    }

    fn check_seed(&self) -> Check {
        let yes = format!("matches the commitment; {} entries", self.count.unwrap_or_default());
        let no = "DOES NOT MATCH the commitment: this is not the announced draw";
        check("seed", self.seed_fits, &yes, no, "NOT PUBLISHED YET: the draw has not been held")
    }

    fn check_entries(&self) -> Check {
        let needed = match (&self.root, self.is_drawn()) {
            (Some(_), _) => "give the list with --entries",
            (None, true) => "this draw was announced by an earlier version and publishes no list",
            (None, false) => "the list is published at the closing",
        };
        let fit = self.entries_fit.filter(|_| self.root.is_some());
        check("entries", fit, "the list has the root", "the list DOES NOT HAVE this root", needed)
    }

    fn check_randomness(&self) -> Vec<Check> {
        let is_drawn = self.is_drawn();
        let not_yet = |later: &'static str| if is_drawn { later } else { "not published yet" };
        match self.randomness {
            RandomnessKind::None => Vec::new(),
            RandomnessKind::Manual => {
                let needed = not_yet("entered by the operator: compare it with what the named source published");
                vec![check("value", None, "", "", needed)]
            }
            RandomnessKind::Drand => {
                let needed = not_yet("this chain is not public: give its key with --drand-public-key");
                let signature =
                    check("value", self.signature_fits, "signed by the chain", "NOT SIGNED by the chain", needed);
                let (yes, no) = ("came after the closing", "WAS KNOWN BEFORE THE CLOSING");
                let needed = "this chain is not public: whoever has its key can sign a round at any time";
                vec![signature, check("round", self.is_round_after_closing, yes, no, needed)]
            }
        }
    }

    fn check_trust(&self) -> Check {
        let yes = match self.trust {
            Some(Trust::Public) => "nobody has to be trusted",
            _ => "the document says so: this draw trusts the operator, who could know the order before",
        };
        let no = "the document SAYS PUBLIC, and the operator must be trusted: the value may come from the operator";
        check("trust", self.trust_fits, yes, no, "")
    }

    /// What all checks say together.
    pub fn verdict(&self) -> Verdict {
        let outcomes: Vec<Outcome> = self.checks().iter().map(|check| check.outcome).collect();
        match () {
            () if outcomes.contains(&Outcome::Failed) => Verdict::Failed,
            () if !self.is_drawn() => Verdict::NotDrawnYet,
            () if outcomes.contains(&Outcome::NotChecked) => Verdict::NotAllChecked,
            () => Verdict::AllPassed,
        }
    }
}

impl ReceiptFindings {
    fn checks(&self) -> Vec<Check> {
        let checks = |finding: &str| check("receipt", Some(false), "", finding, "");
        if let Some(why) = &self.refused {
            return vec![checks(&format!("REFUSED: {why}"))];
        }
        let signed = format!("entry {}, signed {}", self.entry, self.issued_at);
        let of_user = check("user", self.is_of_user, "of that user", "OF ANOTHER USER", "name the user with --user");
        let mut list = vec![
            check("receipt", Some(true), &signed, "", ""),
            check("line", Some(self.is_of_line == Some(true)), "of this line", "OF ANOTHER LINE", ""),
            of_user,
        ];
        if self.is_late {
            let late = format!("came after the draw, with ticket {}", self.entry);
            list.push(check("part", Some(!self.is_left_out), &late, LEFT_OUT, ""));
        } else {
            let (yes, no) = ("the list has the holder", "THE LIST OF ENTRIES HAS ANOTHER HOLDER");
            list.push(check("holder", self.is_in_entries, yes, no, "give the list with --entries"));
        }
        list
    }
}

/// A receipt from well before the closing.
const LEFT_OUT: &str = "LEFT OUT: the receipt was signed before the closing, and the entry did not take part";
