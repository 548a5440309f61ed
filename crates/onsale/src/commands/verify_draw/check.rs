//! The checks, on what was read.

use domain::Timestamp;
use domain::line::{DrawSeed, commitment_hex, drawn_order};
use lines::draw::receipt::{self, ReceiptError};
use serde::{Deserialize, Serialize};

/// More than any line has places: a document that says so is not one.
const COUNT_MAX: u32 = 100_000_000;

/// What is needed of a line's public document.
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

/// A receipt and what is claimed of it.
pub(super) struct Claim<'a> {
    pub receipt: &'a str,
    pub key: &'a str,
    pub user: Option<&'a str>,
}

/// What was found.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Findings {
    pub line: String,
    pub commitment: String,
    /// None before the draw.
    pub seed_fits: Option<bool>,
    pub count: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub receipt: Option<ReceiptFindings>,
    /// Whether everything that was asked for is so.
    pub holds: bool,
}

/// What was found of a receipt.
#[derive(Debug, Default, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct ReceiptFindings {
    /// Why it is none; the rest says nothing then.
    pub refused: Option<String>,
    pub entry: u64,
    pub issued_at: String,
    pub is_of_line: Option<bool>,
    /// None where nobody was named.
    pub is_of_user: Option<bool>,
    /// The ticket in the order that was worked out; none before the draw.
    pub ticket: Option<u64>,
    /// Came after the draw.
    pub is_late: bool,
}

impl ReceiptFindings {
    fn holds(&self) -> bool {
        self.refused.is_none() && self.is_of_line == Some(true) && self.is_of_user != Some(false)
    }
}

impl Document {
    /// Reads what `/queue/serving/` answers.
    ///
    /// # Errors
    /// A sentence that says what is wrong with it.
    pub fn parse(text: &str) -> Result<Self, String> {
        let document: Self = serde_json::from_str(text)
            .map_err(|error| format!("this is not the document of a line, as /queue/serving/ answers: {error}"))?;
        let Some(draw) = &document.draw else { return Err(format!("{} has no opening draw", document.line)) };
        if draw.seed.is_some() != draw.count.is_some() || draw.count.is_some_and(|count| count > COUNT_MAX) {
            return Err("seed and count are published together, and count is no more than there are places".to_owned());
        }
        Ok(document)
    }

    /// The seed, where it can be one, and how many took part; none before the draw.
    fn held(&self) -> Option<(Option<DrawSeed>, u32)> {
        let draw = self.draw.as_ref()?;
        let (seed, count) = draw.seed.as_ref().zip(draw.count)?;
        Some((seed.parse().ok(), count))
    }
}

/// The whole order, where the draw was held.
pub(super) fn order_of(document: &Document) -> Option<Vec<u32>> {
    let (seed, count) = document.held()?;
    Some(drawn_order(&seed?, count))
}

/// Checks everything that can be.
///
/// # Errors
/// For a key that is none.
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
    let told = match receipt::read(claim.receipt, claim.key) {
        Ok(told) => told,
        Err(ReceiptError::Key) => return Err(format!("--receipt-key: {}", ReceiptError::Key)),
        Err(why) => return Ok(ReceiptFindings { refused: Some(why.to_string()), ..ReceiptFindings::default() }),
    };
    let count = document.held().map(|(_, count)| count);
    let is_late = count.is_some_and(|count| told.entry > u64::from(count));
    let drawn = || {
        let place = order_of(document)?.iter().position(|entry| u64::from(*entry) == told.entry)?;
        Some(place as u64 + 1)
    };
    Ok(ReceiptFindings {
        refused: (told.entry == 0).then(|| "no entry is 0".to_owned()),
        entry: told.entry,
        issued_at: Timestamp(told.issued_at_ms).to_string(),
        is_of_line: Some(told.line == document.line),
        is_of_user: claim.user.map(|user| receipt::holder(&told.line, user) == told.holder),
        ticket: if is_late { Some(told.entry) } else { drawn() },
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
        key().sign(&line.parse().expect("a line"), entry, &UserId::new("ann").expect("a name"), 0)
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
    fn a_receipt_tells_its_ticket() {
        // The order is 1, 2, 5, 4, 3.
        let (holds, told) = found(&held(), &receipt("gate:shoes", 3), Some("ann"));
        assert_eq!((holds, told.ticket, told.is_late, told.is_of_user), (true, Some(5), false, Some(true)));
        let (holds, told) = found(&held(), &receipt("gate:shoes", 6), None);
        assert_eq!((holds, told.ticket, told.is_late), (true, Some(6), true));
    }

    #[test]
    fn a_receipt_of_another_line_person_or_key_is_refused() {
        assert!(!found(&held(), &receipt("gate:boots", 3), None).0);
        assert!(!found(&held(), &receipt("gate:shoes", 3), Some("bob")).0);
        assert!(!found(&held(), &receipt("gate:shoes", 0), None).0);
        let other = ReceiptKey::read(&"6".repeat(64)).expect("a key").public_hex();
        let text = receipt("gate:shoes", 3);
        let claim = Claim { receipt: &text, key: &other, user: None };
        let told = check(&held(), Some(&claim)).expect("checked").receipt.expect("there was one");
        assert!(told.refused.is_some_and(|why| why.contains("not that of this key")));
        assert!(check(&held(), Some(&Claim { key: "short", ..claim })).is_err(), "wrong use");
    }

    #[test]
    fn what_is_no_document_says_so() {
        for (wrong, said) in [
            ("", "not the document"),
            ("{}", "not the document"),
            (r#"{"line":"gate:shoes"}"#, "has no opening draw"),
            (r#"{"line":"a","draw":{"commitment":"","seed":"00","count":null}}"#, "together"),
            (r#"{"line":"a","draw":{"commitment":"","seed":"00","count":4000000000}}"#, "no more than"),
        ] {
            let error = Document::parse(wrong).expect_err("refused");
            assert!(error.contains(said), "{error}");
        }
    }
}
