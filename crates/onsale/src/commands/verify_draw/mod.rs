//! `onsale verify-draw`: recomputes an opening draw from public data.

mod check;
#[cfg(test)]
mod check_tests;
mod document;
mod source;
mod verdict;

use super::{Ending, WrongUse};
use crate::cli::VerifyDrawArguments;
use crate::out;
use anyhow::Context;
use check::{Claim, Evidence, Findings, check};
use document::Document;
use std::io::Write;
use verdict::{Outcome, Verdict};

/// Runs the command. It reads no configuration, so that it can run without a server.
///
/// # Errors
/// When the document cannot be loaded or read, or the key is invalid.
pub fn run(arguments: &VerifyDrawArguments) -> anyhow::Result<Ending> {
    let document = Document::parse(&source::document(&arguments.serving)?).map_err(WrongUse)?;
    let entries = arguments.entries.as_deref().map(source::entries).transpose()?;
    let entries = entries.map(|text| document::entries(&text)).transpose().map_err(WrongUse)?;
    let receipt = arguments.receipt.as_deref().map(source::text_or_file).transpose()?;
    let claim = receipt.as_deref().zip(arguments.receipt_key.as_deref());
    let claim = claim.map(|(receipt, key)| Claim { receipt, key, user: arguments.user.as_deref() });
    let drand_key = arguments.drand_public_key.as_deref();
    let findings = check(&document, &Evidence { entries: entries.as_ref(), drand_key, claim }).map_err(WrongUse)?;
    let order = arguments.order.then(|| document.draw().order()).flatten();
    if arguments.json {
        let mut json = serde_json::to_value(&findings)?;
        if let Some(json) = json.as_object_mut() {
            json.insert("checks".to_owned(), serde_json::to_value(findings.checks())?);
            json.insert("holds".to_owned(), (findings.verdict() == Verdict::AllPassed).into());
            json.insert("verdict".to_owned(), serde_json::to_value(findings.verdict())?);
            json.extend(order.map(|order| ("order".to_owned(), order.into())));
        }
        say!("{}", serde_json::to_string_pretty(&json)?)?;
    } else {
        print(&findings, order.as_deref()).context("cannot write the result")?;
    }
    Ok(match findings.verdict() {
        Verdict::AllPassed => Ending::Done,
        Verdict::NotAllChecked => Ending::NotAllChecked,
        Verdict::NotDrawnYet | Verdict::Failed => Ending::CheckFailed,
    })
}

/// With an order, only the order goes to standard output, so that two orders can be compared.
fn print(findings: &Findings, order: Option<&[u32]>) -> anyhow::Result<()> {
    let Some(order) = order else { return Ok(out::text(&describe(findings))?) };
    out::note_text(&describe(findings));
    let mut out = out::Lines::new();
    for (number, entry) in (1u64..).zip(order) {
        writeln!(out, "{number} {entry}")?;
    }
    Ok(out.flush()?)
}

fn describe(findings: &Findings) -> String {
    let Findings { line, commitment, root, receipt, .. } = findings;
    let mut text = format!(
        "line          {line}\ncommitment    {commitment}  (compare it with the one that you saw before the opening)\n"
    );
    if let Some(root) = root {
        text.push_str(&format!(
            "root          {root}  (compare it with the one that you saw before the value was known)\n"
        ));
    }
    for check in findings.checks() {
        let outcome = match check.outcome {
            Outcome::Passed => "passed",
            Outcome::Failed => "FAILED",
            Outcome::NotChecked => "not checked",
        };
        text.push_str(&format!("{outcome:<12}  {:<8}  {}\n", check.name, check.finding));
    }
    if let Some(number) = receipt.as_ref().and_then(|receipt| receipt.number) {
        text.push_str(&format!("ticket        {number}\n"));
    }
    text.push_str(match findings.verdict() {
        Verdict::AllPassed => "all checks passed\n",
        Verdict::NotAllChecked => "no check failed, but NOT ALL WERE MADE: see \"not checked\" above\n",
        Verdict::NotDrawnYet => "cannot be checked before the draw: run this again after the opening\n",
        Verdict::Failed => "A CHECK FAILED\n",
    });
    text
}
