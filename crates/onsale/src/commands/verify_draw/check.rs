//! The checks of the document, the entries and the receipt.

use super::document::{Document, Draw, Randomness};
use domain::Timestamp;
use domain::line::{DrawSeed, Entries, QueueNumber, commitment_hex};
use lines::draw::beacon::{BeaconError, PublicChain, verified};
use lines::draw::document::{RandomnessKind, Trust};
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
    /// Whether the value is the signature of the round; `None` for other kinds, before the draw, and without the key of the
    /// chain.
    pub signature_fits: Option<bool>,
    /// Whether the round came to exist after the closing; `None` for other kinds, and for chains that are not public.
    pub is_round_after_closing: Option<bool>,
    /// Whom the document asks to trust.
    pub trust: Option<Trust>,
    /// Whether that is warranted; `None` for a document that says nothing of it.
    pub trust_fits: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub receipt: Option<ReceiptFindings>,
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

/// Runs every check that is possible.
///
/// # Errors
/// When a key is invalid.
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
        trust: draw.trust,
        trust_fits: draw.trust.map(|trust| trust == Trust::Operator || needs_no_trust(draw)),
        receipt,
    })
}

impl Draw {
    /// Its randomness, if it is a round of drand.
    fn drand(&self) -> Option<&Randomness> {
        self.randomness.as_ref().filter(|one| one.kind == RandomnessKind::Drand)
    }
}

impl Randomness {
    fn public_chain(&self) -> Option<&'static PublicChain> {
        PublicChain::of(self.chain.as_deref()?)
    }
}

/// The key of a public chain is known here: neither the document nor an argument replaces it.
fn signature_fits(draw: &Draw, drand_key: Option<&str>) -> Result<Option<bool>, String> {
    let Some(randomness) = draw.drand().filter(|_| draw.seed.is_some()) else { return Ok(None) };
    let known = randomness.public_chain().map(|chain| chain.public_key);
    let Some(key) = known.or(drand_key) else { return Ok(None) };
    let (Some(round), Some(value)) = (randomness.round, randomness.bytes()) else { return Ok(Some(false)) };
    match verified(key, round, &value) {
        Ok(_) => Ok(Some(true)),
        Err(BeaconError::Key) => Err(format!("--drand-public-key: {}", BeaconError::Key)),
        Err(_) => Ok(Some(false)),
    }
}

fn is_round_after_closing(draw: &Draw) -> Option<bool> {
    let randomness = draw.drand()?;
    let chain = randomness.public_chain()?;
    let both = randomness.round.zip(draw.closes_at);
    Some(both.is_some_and(|(round, closes_at)| chain.is_after(chain.public_key, round, closes_at)))
}

/// Whether a draw may say that nobody has to be trusted.
fn needs_no_trust(draw: &Draw) -> bool {
    match draw.randomness.as_ref().map(|randomness| randomness.kind) {
        Some(RandomnessKind::Drand) => is_round_after_closing(draw) == Some(true),
        Some(RandomnessKind::Manual) => draw.closes_at.is_some(),
        Some(RandomnessKind::None) | None => false,
    }
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
