//! Posters of events, drawn from the event's id and its words: the same event has the same poster everywhere and for good.
//!
//! `scene` composes a few flat shapes, `svg` writes them with the words, `raster` paints them as a PNG for links that are
//! shared in messengers, which show no SVG. A picture has no words of its own: that would take a font with all of Korean.

mod raster;
mod scene;
mod svg;

pub use png::EncodingError;

/// The size of the picture for shared links, in pixels.
pub const SHARED: (u32, u32) = (1_200, 630);
/// Grows when posters are drawn in another way: whoever keeps an old one by its tag asks again.
const DESIGN: u8 = 1;

/// The poster of an event.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Poster {
    seed: u64,
}

impl Poster {
    /// The poster of the event with this id, title and artist.
    pub fn new(id: u128, title: &str, artist: &str) -> Self {
        let id = id.to_be_bytes();
        let parts: [&[u8]; 4] = [&[DESIGN], &id, title.as_bytes(), artist.as_bytes()];
        Self { seed: parts.into_iter().fold(FNV_START, fnv) }
    }

    /// Names what the poster looks like: another title has another tag. 16 hexadecimal digits.
    pub fn tag(self) -> String {
        format!("{:016x}", self.seed)
    }

    /// The poster of a tag.
    pub fn of_tag(tag: &str) -> Option<Self> {
        let is_tag =
            tag.len() == 16 && tag.bytes().all(|digit| digit.is_ascii_digit() || (b'a'..=b'f').contains(&digit));
        let seed = u64::from_str_radix(tag, 16).ok().filter(|_| is_tag)?;
        Some(Self { seed })
    }

    /// An SVG element for a page: shapes alone, hidden from screen readers, since the page has the words beside it.
    pub fn inline(self) -> String {
        svg::inline(self.seed)
    }

    /// A whole SVG document with title and artist.
    pub fn document(self, title: &str, artist: &str) -> String {
        svg::document(self.seed, title, artist)
    }

    /// A PNG of the size [`SHARED`].
    ///
    /// # Errors
    /// When the encoder refuses, which it does of no picture that was painted here.
    pub fn png(self) -> Result<Vec<u8>, EncodingError> {
        raster::png(self.seed, SHARED)
    }
}

const FNV_START: u64 = 0xcbf2_9ce4_8422_2325;

/// FNV-1a over a part and its end, so that two parts are not read as one.
fn fnv(start: u64, part: &[u8]) -> u64 {
    let length = (part.len() as u64).to_be_bytes();
    part.iter().chain(&length).fold(start, |hash, byte| (hash ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_poster_is_the_same_for_good_and_another_for_another_title() {
        let poster = Poster::new(7, "가을 밤의 노래", "한강밴드");
        assert_eq!(poster.tag(), Poster::new(7, "가을 밤의 노래", "한강밴드").tag());
        assert_ne!(poster, Poster::new(8, "가을 밤의 노래", "한강밴드"));
        assert_ne!(poster, Poster::new(7, "가을 밤의 노래 ", "한강밴드"));
        assert_ne!(Poster::new(7, "ab", "c"), Poster::new(7, "a", "bc"));
        assert_eq!(Poster::of_tag(&poster.tag()), Some(poster));
        for wrong in ["", "xyz", "+123456789abcdef", "0123456789ABCDEF", "0123456789abcdef0"] {
            assert_eq!(Poster::of_tag(wrong), None, "{wrong}");
        }
    }
}
