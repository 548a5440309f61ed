//! `onsale verify-draw`: recomputes an opening draw from public data.

mod check;
#[cfg(test)]
mod check_tests;
mod document;
mod source;

use super::{Ending, WrongUse};
use crate::cli::VerifyDrawArguments;
use anyhow::Context;
use check::{Claim, Evidence, Findings, ReceiptFindings, check};
use document::Document;
use lines::draw::document::RandomnessKind;
use std::io::{BufWriter, Write};

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
        if let (Some(order), Some(json)) = (&order, json.as_object_mut()) {
            json.insert("order".to_owned(), serde_json::to_value(order)?);
        }
        println!("{}", serde_json::to_string_pretty(&json)?);
    } else {
        print(&findings, order.as_deref()).context("cannot write the result")?;
    }
    Ok(if findings.holds { Ending::Done } else { Ending::CheckFailed })
}

/// With an order, only the order goes to standard output, so that two orders can be compared.
fn print(findings: &Findings, order: Option<&[u32]>) -> std::io::Result<()> {
    let Some(order) = order else { return std::io::stdout().write_all(describe(findings).as_bytes()) };
    eprint!("{}", describe(findings));
    let mut out = BufWriter::new(std::io::stdout().lock());
    for (number, entry) in (1u64..).zip(order) {
        writeln!(out, "{number} {entry}")?;
    }
    out.flush()
}

fn describe(findings: &Findings) -> String {
    let Findings { line, commitment, count, seed_fits, receipt, .. } = findings;
    let mut text = format!(
        "line        {line}\ncommitment  {commitment}  (compare it with the one that you saw before the opening)\n"
    );
    text.push_str(&match (seed_fits, count) {
        (None, _) => "seed        NOT PUBLISHED YET: the draw has not been held\n".to_owned(),
        (Some(false), _) => "seed        DOES NOT MATCH the commitment: this is not the announced draw\n".to_owned(),
        (Some(true), count) => format!("seed        matches the commitment; {} entries\n", count.unwrap_or_default()),
    });
    text.push_str(&describe_root(findings));
    text.push_str(&describe_randomness(findings));
    if let Some(receipt) = receipt {
        text.push_str(&describe_receipt(receipt));
    }
    text.push_str(match (findings.holds, seed_fits) {
        (true, _) => "all checks passed\n",
        (false, None) => "cannot be checked before the draw: run this again after the opening\n",
        (false, Some(_)) => "A CHECK FAILED\n",
    });
    text
}

fn describe_root(findings: &Findings) -> String {
    let Some(root) = &findings.root else { return String::new() };
    let entries = match findings.entries_fit {
        None => "NOT CHECKED: give the list with --entries",
        Some(true) => "have this root",
        Some(false) => "DO NOT HAVE this root",
    };
    format!(
        "root        {root}  (compare it with the one that you saw before the value was known)\nentries     {entries}\n"
    )
}

fn describe_randomness(findings: &Findings) -> String {
    match findings.randomness {
        RandomnessKind::None => {
            "randomness  none: this draw trusts the operator, who could know the order before\n".to_owned()
        }
        RandomnessKind::Manual => {
            "randomness  entered by the operator: compare it with what the named source published\n".to_owned()
        }
        RandomnessKind::Drand => {
            let signature = match findings.signature_fits {
                None => "not published yet",
                Some(true) => "signed by the chain",
                Some(false) => "NOT SIGNED by the chain",
            };
            let time = match findings.is_round_after_closing {
                None => "compare the time of the round with the closing",
                Some(true) => "its round came after the closing",
                Some(false) => "ITS ROUND WAS KNOWN BEFORE THE CLOSING",
            };
            format!("randomness  {signature}; {time}\n")
        }
    }
}

fn describe_receipt(receipt: &ReceiptFindings) -> String {
    if let Some(why) = &receipt.refused {
        return format!("receipt     REFUSED: {why}\n");
    }
    let mut text = format!("receipt     entry {}, signed {}\n", receipt.entry, receipt.issued_at);
    if receipt.is_of_line == Some(false) {
        text.push_str("            BELONGS TO ANOTHER LINE\n");
    }
    match receipt.is_of_user {
        Some(true) => text.push_str("            belongs to that user\n"),
        Some(false) => text.push_str("            BELONGS TO ANOTHER USER\n"),
        None => {}
    }
    match receipt.is_in_entries {
        Some(true) => text.push_str("            is in the list of entries\n"),
        Some(false) => text.push_str("            THE LIST OF ENTRIES HAS ANOTHER HOLDER\n"),
        None => {}
    }
    if receipt.is_left_out {
        text.push_str("            LEFT OUT: it was signed before the closing and did not take part\n");
    }
    match (receipt.number, receipt.is_late) {
        (Some(number), false) => text.push_str(&format!("            drew ticket {number}\n")),
        (Some(number), true) => text.push_str(&format!("            came after the draw, with ticket {number}\n")),
        (None, _) => {}
    }
    text
}
