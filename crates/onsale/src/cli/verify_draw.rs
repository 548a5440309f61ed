//! `onsale verify-draw`.

use clap::Args;

/// `onsale verify-draw`.
#[derive(Args, Clone, Debug)]
#[command(after_help = "\
Examples:
  onsale verify-draw --serving http://127.0.0.1:8080/queue/serving/gate:shoes
  curl -s https://shop.example/queue/serving/gate:shoes | onsale verify-draw --serving -
  onsale verify-draw --serving serving.json --entries entries.txt
  onsale verify-draw --serving serving.json --order > order.txt      lines of ticket and entry
  onsale verify-draw --serving serving.json --receipt receipt.txt --receipt-key KEY --user ann

What is checked:
  the seed           its SHA-256 must be the commitment that was published before the opening. The commitment of the
                     document is printed: compare it with the one that you saw before the opening.
  the entries        with --entries, the list at /queue/draw/LINE/entries: its root (SHA-256 Merkle tree of RFC 9162)
                     must be that of the document. Compare it with the one that you saw right after the closing.
  the randomness     of drand: the value must be the signature of the announced round, and the time of the round must
                     be after the closing. Key and times of quicknet are known; the key of another chain comes with
                     --drand-public-key, and its times cannot be checked: whoever has its key signs when it suits.
                     A value that the operator entered cannot be checked here.
  the trust          only a draw with quicknet, or with a value from a named source, may say \"public\".
  the order          entry e of 1 to count stands where SHA-256(seed, value, root, then e as four bytes, the highest
                     first) falls among all of them, the lowest first. Later entries keep their numbers.
  the receipt        it must be signed with the key at /queue/receipt-key, as saved before the opening; its line must
                     be that of the document; with --user, its user must be that user; with --entries, the list must
                     have its holder at its entry.
Only a URL needs a network.

Each check is listed as passed, FAILED or not checked.
Exit status 0 when all passed, 1 when one failed or the draw has not been held yet, 2 for wrong use, 3 when none failed
and at least one was not made.")]
pub struct VerifyDrawArguments {
    /// The line's public document: a file, an address that begins with http://, or - for standard input
    #[arg(long, value_name = "FILE|URL")]
    pub serving: String,
    /// The published list of entries: a file, an address that begins with http://, or - for standard input
    #[arg(long, value_name = "FILE|URL")]
    pub entries: Option<String>,
    /// Public key of the drand chain, if it is not quicknet: 192 hexadecimal digits
    #[arg(long, value_name = "HEX")]
    pub drand_public_key: Option<String>,
    /// Receipt of a user: the text, or a file with it
    #[arg(long, value_name = "FILE|TEXT", requires = "receipt_key")]
    pub receipt: Option<String>,
    /// Public key of the receipts, from /queue/receipt-key: 64 hexadecimal digits
    #[arg(long, value_name = "HEX", requires = "receipt")]
    pub receipt_key: Option<String>,
    /// User id that the receipt must have
    #[arg(long, value_name = "ID", requires = "receipt")]
    pub user: Option<String>,
    /// Print the whole order: one line per ticket, with its entry
    #[arg(long)]
    pub order: bool,
    /// Print the result as JSON
    #[arg(long)]
    pub json: bool,
}
