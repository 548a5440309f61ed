//! Compression of answers from 1 KiB (GW-013). Streams are never held back for it.

use tower_http::compression::CompressionLayer;
use tower_http::compression::predicate::{And, NotForContentType, Predicate, SizeAbove};

/// The smallest answer that is compressed, in bytes.
const BYTES_MIN: u64 = 1_024;

type Worth = And<And<SizeAbove, NotForContentType>, NotForContentType>;

/// Gzip alone: what every client understands, and what the layer of a proxy in front can be told to leave alone.
pub(crate) fn layer() -> CompressionLayer<Worth> {
    let worth = SizeAbove::new(BYTES_MIN).and(NotForContentType::SSE).and(NotForContentType::IMAGES);
    CompressionLayer::new().gzip(true).no_br().no_deflate().no_zstd().compress_when(worth)
}
