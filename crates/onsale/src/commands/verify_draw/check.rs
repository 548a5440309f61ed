//! The checks of the document, the entries and the receipt.

use super::document::{Document, Draw};
use domain::Timestamp;
use domain::line::{DrawSeed, Entries, QueueNumber, commitment_hex};
use lines::draw::beacon::{BeaconError, QUICKNET_CHAIN, QUICKNET_KEY, QUICKNET_ROUNDS, verified};
use lines::draw::document::RandomnessKind;
use lines::draw::receipt::{self, ReceiptError};
use serde::Serialize;

/// A receipt that was signed this long before the closing, in milliseconds, belongs to a participant: clocks differ less.
const CLOCK_SLACK_MS: i64 = 5_000;

/// What is checked beside the document.
#[derive(Default)]
pub(super) struct Evidence<'a> {
    /// The published list of entries.
    pub entries: Option<&'a Entries>,
    /// The public key of the drand chain, where the chain is not quicknet.
    pub drand_key: Option<&'a str>,
    /// The receipt of a user.
    pub claim: Option<Claim<'a>>,
}

/// A receipt, its key, and the user that it must have.
#[derive(Clone, Copy)]
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
    pub root: Option<String>,
    /// Whether the list has the published root and count; `None` without a list.
    pub entries_fit: Option<bool>,
    pub randomness: RandomnessKind,
    /// Whether the value is the signature of the round; `None` for other kinds, and before the draw.
    pub signature_fits: Option<bool>,
    /// Whether the round came to exist after the closing; `None` for other chains than quicknet.
    pub is_round_after_closing: Option<bool>,
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
    /// Whether the list of entries has the holder at this entry; `None` without a list, and for a late entry.
    pub is_in_entries: Option<bool>,
    /// The position in the recomputed order; `None` before the draw.
    #[serde(rename = "ticket")]
    pub number: Option<QueueNumber>,
    /// Whether the entry came after the draw.
    pub is_late: bool,
    /// Whether a participant was left out: the receipt is from before the closing, and the entry is not among those drawn.
    pub is_left_out: bool,
}

impl ReceiptFindings {
    fn holds(&self) -> bool {
        self.refused.is_none()
            && self.is_of_line == Some(true)
            && self.is_of_user != Some(false)
            && self.is_in_entries != Some(false)
            && !self.is_left_out
    }
}

/// Runs every check that is possible.
///
/// # Errors
/// When a key is missing or invalid.
pub(super) fn check(document: &Document, evidence: &Evidence<'_>) -> Result<Findings, String> {
    let draw = document.draw();
    let is_seed = |seed: DrawSeed| commitment_hex(&seed) == draw.commitment.to_ascii_lowercase();
    let seed_fits = draw.seed.as_ref().map(|seed| seed.parse().is_ok_and(is_seed));
    let entries_fit = evidence.entries.map(|entries| {
        let root = hex::encode(entries.root());
        draw.root.as_ref().is_some_and(|published| published.to_ascii_lowercase() == root)
            && draw.count.is_some_and(|count| count as usize == entries.hashes().len())
    });
    let signature_fits = signature_fits(draw, evidence.drand_key)?;
    let is_round_after_closing = is_round_after_closing(draw);
    let receipt = evidence.claim.map(|claim| check_receipt(document, evidence.entries, &claim)).transpose()?;
    let checks = [entries_fit, signature_fits, is_round_after_closing];
    let holds = seed_fits == Some(true)
        && !checks.contains(&Some(false))
        && receipt.as_ref().is_none_or(ReceiptFindings::holds);
    Ok(Findings {
        line: document.line.clone(),
        commitment: draw.commitment.clone(),
        seed_fits,
        count: draw.count,
        root: draw.root.clone(),
        entries_fit,
        randomness: draw.randomness.as_ref().map_or(RandomnessKind::None, |randomness| randomness.kind),
        signature_fits,
        is_round_after_closing,
        receipt,
        holds,
    })
}

fn is_quicknet(chain: Option<&str>) -> bool {
    chain.is_some_and(|chain| chain.eq_ignore_ascii_case(QUICKNET_CHAIN))
}

fn signature_fits(draw: &Draw, drand_key: Option<&str>) -> Result<Option<bool>, String> {
    let Some(randomness) = draw.randomness.as_ref().filter(|one| one.kind == RandomnessKind::Drand) else {
        return Ok(None);
    };
    if draw.seed.is_none() {
        return Ok(None);
    }
    let own = is_quicknet(randomness.chain.as_deref()).then_some(QUICKNET_KEY);
    let key = drand_key.or(own).ok_or("this chain is not quicknet: give its key with --drand-public-key")?;
    let (Some(round), Some(value)) = (randomness.round, randomness.bytes()) else { return Ok(Some(false)) };
    match verified(key, round, &value) {
        Ok(_) => Ok(Some(true)),
        Err(BeaconError::Key) => Err(format!("--drand-public-key: {}", BeaconError::Key)),
        Err(_) => Ok(Some(false)),
    }
}

fn is_round_after_closing(draw: &Draw) -> Option<bool> {
    let randomness = draw.randomness.as_ref().filter(|one| one.kind == RandomnessKind::Drand)?;
    is_quicknet(randomness.chain.as_deref()).then(|| {
        let at_ms = randomness.round.map(|round| QUICKNET_ROUNDS.at_ms(round));
        at_ms.zip(draw.closes_at).is_some_and(|(at_ms, closes_at)| at_ms > closes_at.millis())
    })
}

fn check_receipt(document: &Document, entries: Option<&Entries>, claim: &Claim<'_>) -> Result<ReceiptFindings, String> {
    let read = match receipt::read(claim.receipt, claim.key) {
        Ok(read) => read,
        Err(ReceiptError::Key) => return Err(format!("--receipt-key: {}", ReceiptError::Key)),
        Err(why) => return Ok(ReceiptFindings { refused: Some(why.to_string()), ..ReceiptFindings::default() }),
    };
    let draw = document.draw();
    let entry = read.entry.get();
    let is_late = draw.count.is_some_and(|count| entry > u64::from(count));
    let drawn = || {
        let index = draw.order()?.iter().position(|drawn| u64::from(*drawn) == entry)?;
        Some(QueueNumber(index as u64 + 1))
    };
    let is_in_entries = entries.filter(|_| !is_late).map(|entries| {
        let hash = usize::try_from(entry).ok().and_then(|entry| entries.hashes().get(entry.checked_sub(1)?));
        hash.is_some_and(|hash| hex::encode(hash) == read.holder)
    });
    let was_in_time = |closes_at: Timestamp| read.issued_at_ms < closes_at.millis() - CLOCK_SLACK_MS;
    Ok(ReceiptFindings {
        refused: (entry == 0).then(|| "no entry is 0".to_owned()),
        entry,
        issued_at: Timestamp(read.issued_at_ms).to_string(),
        is_of_line: Some(read.line == document.line),
        is_of_user: claim.user.map(|user| receipt::holder(&read.line, user) == read.holder),
        is_in_entries,
        number: if is_late { Some(read.entry) } else { drawn() },
        is_late,
        is_left_out: is_late && draw.closes_at.is_some_and(was_in_time),
    })
}
