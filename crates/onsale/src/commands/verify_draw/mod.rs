//! `onsale verify-draw`: works out an opening draw again from what everybody may know.

mod check;
mod source;

use super::{Ending, WrongUse};
use crate::cli::VerifyDrawArguments;
use anyhow::Context;
use check::{Claim, Document, Findings, ReceiptFindings, check, order_of};
use std::io::{BufWriter, Write};

/// Runs the command. Needs no configuration: it is run where no server is.
///
/// # Errors
/// When the document can not be had or read, or the key is none.
pub fn run(arguments: &VerifyDrawArguments) -> anyhow::Result<Ending> {
    let text = source::read(&arguments.serving)?;
    let document = Document::parse(&text).map_err(WrongUse)?;
    let receipt = arguments.receipt.as_deref().map(source::text_or_file).transpose()?;
    let claim = receipt.as_deref().zip(arguments.receipt_key.as_deref());
    let claim = claim.map(|(receipt, key)| Claim { receipt, key, user: arguments.user.as_deref() });
    let findings = check(&document, claim.as_ref()).map_err(WrongUse)?;
    let order = arguments.order.then(|| order_of(&document)).flatten();
    if arguments.json {
        let mut told = serde_json::to_value(&findings)?;
        if let (Some(order), Some(told)) = (&order, told.as_object_mut()) {
            told.insert("order".to_owned(), serde_json::to_value(order)?);
        }
        println!("{}", serde_json::to_string_pretty(&told)?);
    } else {
        print(&findings, order.as_deref()).context("writing")?;
    }
    Ok(if findings.holds { Ending::Done } else { Ending::CheckFailed })
}

/// The order alone goes to standard output, so that it may be compared with another's.
fn print(findings: &Findings, order: Option<&[u32]>) -> std::io::Result<()> {
    let Some(order) = order else { return std::io::stdout().write_all(told(findings).as_bytes()) };
    eprint!("{}", told(findings));
    let mut out = BufWriter::new(std::io::stdout().lock());
    for (ticket, entry) in (1u64..).zip(order) {
        writeln!(out, "{ticket} {entry}")?;
    }
    out.flush()
}

fn told(findings: &Findings) -> String {
    let Findings { line, commitment, count, seed_fits, receipt, .. } = findings;
    let mut text =
        format!("line        {line}\ncommitment  {commitment}  (is it the one that you saw before the opening?)\n");
    text.push_str(&match (seed_fits, count) {
        (None, _) => "seed        NOT PUBLISHED YET: the draw is still to come\n".to_owned(),
        (Some(false), _) => {
            "seed        DOES NOT FIT the commitment: this is not the draw that was announced\n".to_owned()
        }
        (Some(true), count) => format!("seed        fits the commitment; {} took part\n", count.unwrap_or_default()),
    });
    if let Some(receipt) = receipt {
        text.push_str(&told_of_receipt(receipt));
    }
    text.push_str(match (findings.holds, seed_fits) {
        (true, _) => "all of it holds\n",
        (false, None) => "it can not be told before the draw: ask again after the opening\n",
        (false, Some(_)) => "IT DOES NOT HOLD\n",
    });
    text
}

fn told_of_receipt(receipt: &ReceiptFindings) -> String {
    if let Some(why) = &receipt.refused {
        return format!("receipt     REFUSED: {why}\n");
    }
    let mut text = format!("receipt     entry {}, signed {}\n", receipt.entry, receipt.issued_at);
    if receipt.is_of_line == Some(false) {
        text.push_str("            OF ANOTHER LINE\n");
    }
    match receipt.is_of_user {
        Some(true) => text.push_str("            is that person's\n"),
        Some(false) => text.push_str("            IS NOT THAT PERSON'S\n"),
        None => {}
    }
    match (receipt.ticket, receipt.is_late) {
        (Some(ticket), false) => text.push_str(&format!("            drew ticket {ticket}\n")),
        (Some(ticket), true) => text.push_str(&format!("            came after the draw, with ticket {ticket}\n")),
        (None, _) => {}
    }
    text
}
