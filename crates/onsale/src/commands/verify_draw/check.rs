//! The checks of the document and the receipt.

use domain::Timestamp;
use domain::line::{DrawSeed, QueueNumber, commitment_hex, drawn_order};
use lines::draw::receipt::{self, ReceiptError};
use serde::{Deserialize, Serialize};

/// More places than any line has; a document with a larger count is invalid.
const COUNT_MAX: u32 = 100_000_000;

/// The needed fields of a line's public document.
#[derive(Debug, Deserialize)]
pub(super) struct Document {
    line: String,
    draw: Option<Draw>,
}

#[derive(Debug, Deserialize)]
struct Draw {
    commitment: String,
    seed: Option<String>,
    count: Option<u32>,
}

/// A receipt, its key, and the user that it must have.
pub(super) struct Claim<'a> {
    pub receipt: &'a str,
    pub key: &'a str,
    pub user: Option<&'a str>,
}

/// The result of all checks.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Findings {
    pub line: String,
    pub commitment: String,
    /// `None` before the draw.
    pub seed_fits: Option<bool>,
    pub count: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub receipt: Option<ReceiptFindings>,
    /// Whether every requested check passed.
    pub holds: bool,
}

/// The result of checking a receipt.
#[derive(Debug, Default, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct ReceiptFindings {
    /// Why the receipt is invalid; the other fields are then empty.
    pub refused: Option<String>,
    pub entry: u64,
    pub issued_at: String,
    pub is_of_line: Option<bool>,
    /// `None` without `--user`.
    pub is_of_user: Option<bool>,
    /// The position in the recomputed order; `None` before the draw.
    #[serde(rename = "ticket")]
    pub number: Option<QueueNumber>,
    /// Whether the entry came after the draw.
    pub is_late: bool,
}

impl ReceiptFindings {
    fn holds(&self) -> bool {
        self.refused.is_none() && self.is_of_line == Some(true) && self.is_of_user != Some(false)
    }
}

impl Document {
    /// Parses the response of `/queue/serving/`.
    ///
    /// # Errors
    /// A sentence that names the fault.
    pub fn parse(text: &str) -> Result<Self, String> {
        let document: Self = serde_json::from_str(text)
            .map_err(|error| format!("this is not a line's document from /queue/serving/: {error}"))?;
        let Some(draw) = &document.draw else { return Err(format!("{} has no opening draw", document.line)) };
        if draw.seed.is_some() != draw.count.is_some() || draw.count.is_some_and(|count| count > COUNT_MAX) {
            return Err("invalid draw: seed and count must be published together, and count must not exceed the places of a line".to_owned());
        }
        Ok(document)
    }

    /// The seed, if it is valid, and the number of entries; `None` before the draw.
    fn held(&self) -> Option<(Option<DrawSeed>, u32)> {
        let draw = self.draw.as_ref()?;
        let (seed, count) = draw.seed.as_ref().zip(draw.count)?;
        Some((seed.parse().ok(), count))
    }
}

/// The whole order; `None` before the draw.
pub(super) fn order_of(document: &Document) -> Option<Vec<u32>> {
    let (seed, count) = document.held()?;
    Some(drawn_order(&seed?, count))
}

/// Runs every check that is possible.
///
/// # Errors
/// When the key is invalid.
pub(super) fn check(document: &Document, claim: Option<&Claim<'_>>) -> Result<Findings, String> {
    let commitment = document.draw.as_ref().map_or_else(String::new, |draw| draw.commitment.clone());
    let held = document.held();
    let is_seed = |seed: DrawSeed| commitment_hex(&seed) == commitment.to_ascii_lowercase();
    let seed_fits = held.map(|(seed, _)| seed.is_some_and(is_seed));
    let receipt = claim.map(|claim| check_receipt(document, claim)).transpose()?;
    let holds = seed_fits == Some(true) && receipt.as_ref().is_none_or(ReceiptFindings::holds);
    let count = held.map(|(_, count)| count);
    Ok(Findings { line: document.line.clone(), commitment, seed_fits, count, receipt, holds })
}

fn check_receipt(document: &Document, claim: &Claim<'_>) -> Result<ReceiptFindings, String> {
    let read = match receipt::read(claim.receipt, claim.key) {
        Ok(read) => read,
        Err(ReceiptError::Key) => return Err(format!("--receipt-key: {}", ReceiptError::Key)),
        Err(why) => return Ok(ReceiptFindings { refused: Some(why.to_string()), ..ReceiptFindings::default() }),
    };
    let count = document.held().map(|(_, count)| count);
    let is_late = count.is_some_and(|count| read.entry.get() > u64::from(count));
    let drawn = || {
        let index = order_of(document)?.iter().position(|entry| u64::from(*entry) == read.entry.get())?;
        Some(QueueNumber(index as u64 + 1))
    };
    Ok(ReceiptFindings {
        refused: (read.entry.get() == 0).then(|| "no entry is 0".to_owned()),
        entry: read.entry.get(),
        issued_at: Timestamp(read.issued_at_ms).to_string(),
        is_of_line: Some(read.line == document.line),
        is_of_user: claim.user.map(|user| receipt::holder(&read.line, user) == read.holder),
        number: if is_late { Some(read.entry) } else { drawn() },
        is_late,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::UserId;
    use lines::ReceiptKey;

    const SEED: DrawSeed = DrawSeed([7; 32]);

    fn document(commitment: &str, seed: &str, count: &str) -> Document {
        let draw = format!(r#"{{"commitment":"{commitment}","seed":{seed},"count":{count}}}"#);
        Document::parse(&format!(r#"{{"line":"gate:shoes","serving":0,"left":[],"draw":{draw}}}"#)).expect("a document")
    }

    fn held() -> Document {
        document(&commitment_hex(&SEED), &format!("\"{}\"", SEED.hex()), "5")
    }

    fn key() -> ReceiptKey {
        ReceiptKey::read(&"5".repeat(64)).expect("a key")
    }

    fn receipt(line: &str, entry: u64) -> String {
        key().sign(&line.parse().expect("a line"), QueueNumber(entry), &UserId::new("ann").expect("a name"), 0)
    }

    fn found(document: &Document, receipt: &str, user: Option<&str>) -> (bool, ReceiptFindings) {
        let claim = Claim { receipt, key: &key().public_hex(), user };
        let findings = check(document, Some(&claim)).expect("checked");
        (findings.holds, findings.receipt.expect("there was one"))
    }

    #[test]
    fn a_seed_that_does_not_fit_is_found() {
        assert!(check(&held(), None).expect("checked").holds);
        let other = document(&commitment_hex(&DrawSeed([8; 32])), &format!("\"{}\"", SEED.hex()), "5");
        let findings = check(&other, None).expect("checked");
        assert_eq!((findings.holds, findings.seed_fits), (false, Some(false)));
        let nonsense = check(&document("", "\"nonsense\"", "5"), None).expect("checked");
        assert_eq!((nonsense.holds, nonsense.seed_fits), (false, Some(false)));
        let to_come = check(&document(&commitment_hex(&SEED), "null", "null"), None).expect("checked");
        assert_eq!((to_come.holds, to_come.seed_fits, to_come.count), (false, None, None));
    }

    #[test]
    fn a_receipt_shows_its_number() {
        // The order is 1, 2, 5, 4, 3.
        let (holds, read) = found(&held(), &receipt("gate:shoes", 3), Some("ann"));
        assert_eq!(
            (holds, read.number, read.is_late, read.is_of_user),
            (true, Some(QueueNumber(5)), false, Some(true))
        );
        let (holds, read) = found(&held(), &receipt("gate:shoes", 6), None);
        assert_eq!((holds, read.number, read.is_late), (true, Some(QueueNumber(6)), true));
    }

    #[test]
    fn a_receipt_of_another_line_person_or_key_is_refused() {
        assert!(!found(&held(), &receipt("gate:boots", 3), None).0);
        assert!(!found(&held(), &receipt("gate:shoes", 3), Some("bob")).0);
        assert!(!found(&held(), &receipt("gate:shoes", 0), None).0);
        let other = ReceiptKey::read(&"6".repeat(64)).expect("a key").public_hex();
        let text = receipt("gate:shoes", 3);
        let claim = Claim { receipt: &text, key: &other, user: None };
        let read = check(&held(), Some(&claim)).expect("checked").receipt.expect("there was one");
        assert!(read.refused.is_some_and(|why| why.contains("not that of this key")));
        assert!(check(&held(), Some(&Claim { key: "short", ..claim })).is_err(), "wrong use");
    }

    #[test]
    fn an_invalid_document_is_refused_with_the_reason() {
        for (wrong, said) in [
            ("", "not a line's document"),
            ("{}", "not a line's document"),
            (r#"{"line":"gate:shoes"}"#, "has no opening draw"),
            (r#"{"line":"a","draw":{"commitment":"","seed":"00","count":null}}"#, "together"),
            (r#"{"line":"a","draw":{"commitment":"","seed":"00","count":4000000000}}"#, "must not exceed"),
        ] {
            let error = Document::parse(wrong).expect_err("refused");
            assert!(error.contains(said), "{error}");
        }
    }
}
