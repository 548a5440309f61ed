//! The logo of a look: a PNG or an SVG, given as a `data:` address, cleaned.

use super::svg;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use onsale_http::ApiError;

/// Most bytes of a logo.
pub const BYTES_MAX: usize = 64 * 1_024;
/// Largest side, in pixels.
const PIXELS_MAX: u32 = 2_048;

/// A logo that may be shown.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Logo {
    /// `svg` or `png`.
    pub ending: &'static str,
    /// Its bytes.
    pub bytes: Vec<u8>,
}

/// Reads and cleans a logo.
///
/// # Errors
/// `INVALID_INPUT`.
pub fn logo(address: &str) -> Result<Logo, ApiError> {
    let form = || ApiError::invalid("logo must be data:image/png;base64,... or data:image/svg+xml;base64,...");
    let (kind, data) = address.strip_prefix("data:").and_then(|rest| rest.split_once(";base64,")).ok_or_else(form)?;
    let bytes = STANDARD.decode(data).map_err(|_| form())?;
    if bytes.len() > BYTES_MAX {
        return Err(ApiError::invalid("logo must have at most 65536 bytes"));
    }
    match kind {
        "image/png" => png(&bytes).map(|bytes| Logo { ending: "png", bytes }),
        "image/svg+xml" => {
            let text = std::str::from_utf8(&bytes).map_err(|_| form())?;
            let clean = svg::cleaned(text.trim_start_matches('\u{feff}'));
            let clean = clean.map_err(|fault| ApiError::invalid(fault.to_string()))?;
            Ok(Logo { ending: "svg", bytes: clean.into_bytes() })
        }
        _ => Err(form()),
    }
}

/// The picture alone: what else stands in the file (when, where and by whom it was made) is left out.
fn png(bytes: &[u8]) -> Result<Vec<u8>, ApiError> {
    let invalid = |_: png::DecodingError| ApiError::invalid("logo is not a PNG that can be read");
    let limits = png::Limits { bytes: 64 << 20 };
    let mut reader = png::Decoder::new_with_limits(std::io::Cursor::new(bytes), limits).read_info().map_err(invalid)?;
    let (width, height) = (reader.info().width, reader.info().height);
    if width > PIXELS_MAX || height > PIXELS_MAX {
        return Err(ApiError::invalid("logo must have at most 2048 pixels a side"));
    }
    let size = reader.output_buffer_size().ok_or_else(|| ApiError::invalid("logo is not a PNG that can be read"))?;
    reader.next_frame(&mut vec![0; size]).map_err(invalid)?;
    Ok(chunks(bytes))
}

/// The chunks that a picture needs, of bytes that were read as a PNG.
fn chunks(bytes: &[u8]) -> Vec<u8> {
    const NEEDED: [&[u8]; 7] = [b"IHDR", b"PLTE", b"tRNS", b"gAMA", b"sRGB", b"IDAT", b"IEND"];
    let (signature, mut rest) = bytes.split_at(bytes.len().min(8));
    let mut kept = signature.to_vec();
    while let Some((length, name)) = rest.get(..4).zip(rest.get(4..8)) {
        let length = u32::from_be_bytes([length[0], length[1], length[2], length[3]]) as usize;
        let Some(chunk) = rest.get(..length.saturating_add(12)) else { break };
        if NEEDED.contains(&name) {
            kept.extend_from_slice(chunk);
        }
        if name == b"IEND" {
            break;
        }
        rest = &rest[chunk.len()..];
    }
    kept
}

#[cfg(test)]
mod tests {
    use super::*;

    fn picture(text: Option<&str>) -> Vec<u8> {
        let mut bytes = Vec::new();
        let mut encoder = png::Encoder::new(&mut bytes, 2, 2);
        if let Some(text) = text {
            encoder.add_text_chunk("Author".to_owned(), text.to_owned()).expect("a text");
        }
        encoder.set_color(png::ColorType::Rgb);
        let mut writer = encoder.write_header().expect("a header");
        writer.write_image_data(&[7; 12]).expect("a picture");
        writer.finish().expect("ended");
        bytes
    }

    fn address(kind: &str, bytes: &[u8]) -> String {
        format!("data:image/{kind};base64,{}", STANDARD.encode(bytes))
    }

    #[test]
    fn a_picture_stays_and_who_made_it_does_not() {
        let mut marked = picture(Some("Kim of Seoul"));
        marked.extend_from_slice(b"<script>after the end</script>");
        let found = logo(&address("png", &marked)).expect("a logo");
        assert_eq!((found.ending, found.bytes), ("png", picture(None)));
    }

    #[test]
    fn what_is_neither_is_refused() {
        for bad in [
            "https://evil.example/x.png".to_owned(),
            "data:image/gif;base64,R0lGOD".to_owned(),
            "data:image/png;base64,!!".to_owned(),
            address("png", b"<svg/>"),
            address("png", &picture(None)[..40]),
            address("svg+xml", &picture(None)),
            address("svg+xml", format!("<svg><desc>{}</desc></svg>", "x".repeat(BYTES_MAX)).as_bytes()),
        ] {
            assert!(logo(&bad).is_err(), "{}", &bad[..bad.len().min(60)]);
        }
    }
}
