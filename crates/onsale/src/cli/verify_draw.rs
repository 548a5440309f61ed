//! `onsale verify-draw`.

use clap::Args;

/// `onsale verify-draw`.
#[derive(Args, Clone, Debug)]
#[command(after_help = "\
Examples:
  onsale verify-draw --serving http://127.0.0.1:8080/queue/serving/gate:shoes
  curl -s https://shop.example/queue/serving/gate:shoes | onsale verify-draw --serving -
  onsale verify-draw --serving serving.json --order > order.txt      lines of ticket and entry
  onsale verify-draw --serving serving.json --receipt receipt.txt --receipt-key KEY --user ann

What is checked:
  the seed           its SHA-256 must be the commitment that was published before the opening. That the document's
                     commitment is the one that you saw then only you can tell: it is printed, compare it.
  the order          entry e of 1 to count stands where SHA-256(seed, then e as four bytes, the highest first) falls
                     among all of them, the lowest first. Entries beyond count came later and keep their numbers.
  the receipt        its signature must be that of the key at /queue/receipt-key, kept from before the opening; its
                     line must be the document's; with --user it must be that person's.
Nothing but --serving with a URL needs a network.

Exit status 1 when a check fails, or the draw is still to come.")]
pub struct VerifyDrawArguments {
    /// The line's public document: a file, an address that begins with http://, or - for standard input
    #[arg(long, value_name = "FILE|URL")]
    pub serving: String,
    /// A person's receipt: the text, or a file with it
    #[arg(long, value_name = "FILE|TEXT", requires = "receipt_key")]
    pub receipt: Option<String>,
    /// The key that receipts are checked with: 64 hexadecimal digits, from /queue/receipt-key
    #[arg(long, value_name = "HEX", requires = "receipt")]
    pub receipt_key: Option<String>,
    /// Whose receipt it must be
    #[arg(long, value_name = "ID", requires = "receipt")]
    pub user: Option<String>,
    /// Print the whole order: a line for each ticket with the entry that drew it
    #[arg(long)]
    pub order: bool,
    /// Print what was found as JSON
    #[arg(long)]
    pub json: bool,
}
