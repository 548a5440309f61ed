//! A scene as pixels. The distance to a shape's edge says how much of a pixel it covers: smooth edges without a library.

use crate::scene::{Colour, Scene, Shape};
use png::{BitDepth, ColorType, Compression, Encoder, EncodingError, Filter};
use std::collections::HashMap;

/// Steps between a pixel that a shape does not touch and one that it covers. Few of them are few colours, so that a picture has
/// one byte a pixel and packs well.
const STEPS: f32 = 4.0;

/// A PNG of this size.
///
/// # Errors
/// Those of the encoder.
pub(crate) fn png(seed: u64, (width, height): (u32, u32)) -> Result<Vec<u8>, EncodingError> {
    let pixels = paint(&Scene::of(seed, width as f32, height as f32), width as usize, height as usize);
    let mut out = Vec::new();
    let mut encoder = Encoder::new(&mut out, width, height);
    encoder.set_depth(BitDepth::Eight);
    encoder.set_compression(Compression::High);
    let (colours, places) = palette(&pixels);
    match places {
        Some(places) => {
            encoder.set_color(ColorType::Indexed);
            encoder.set_palette(colours);
            // The numbers of colours are no amounts: their differences say nothing.
            encoder.set_filter(Filter::NoFilter);
            let mut writer = encoder.write_header()?;
            writer.write_image_data(&places)?;
            writer.finish()?;
        }
        None => {
            encoder.set_color(ColorType::Rgb);
            let mut writer = encoder.write_header()?;
            writer.write_image_data(&pixels)?;
            writer.finish()?;
        }
    }
    Ok(out)
}

/// The colours in the order of their first pixels, and each pixel as a place in that list, if there are not too many.
fn palette(pixels: &[u8]) -> (Vec<u8>, Option<Vec<u8>>) {
    let mut known: HashMap<[u8; 3], u8> = HashMap::new();
    let mut colours = Vec::new();
    let mut place = |pixel: &[u8; 3]| {
        if let Some(place) = known.get(pixel) {
            return Some(*place);
        }
        let place = u8::try_from(known.len()).ok()?;
        known.insert(*pixel, place);
        colours.extend_from_slice(pixel);
        Some(place)
    };
    let places = pixels.as_chunks::<3>().0.iter().map(&mut place).collect();
    (colours, places)
}

fn paint(scene: &Scene, width: usize, height: usize) -> Vec<u8> {
    let mut pixels: Vec<u8> = scene.ground.iter().copied().cycle().take(width * height * 3).collect();
    for (shape, colour) in &scene.shapes {
        let (rows, columns) = (bounds(shape, scene), width * 3);
        for (row, line) in pixels.chunks_mut(columns).enumerate().skip(rows.0).take(rows.1.saturating_sub(rows.0)) {
            paint_row(shape, *colour, row as f32 + 0.5, line);
        }
    }
    pixels
}

/// The rows that a shape can touch.
fn bounds(shape: &Shape, scene: &Scene) -> (usize, usize) {
    let (top, bottom) = match *shape {
        Shape::Disc { y, r, .. } => (y - r, y + r),
        Shape::Ring { y, r, width, .. } => (y - r - width, y + r + width),
        Shape::Rect { y, h, .. } => (y, y + h),
        Shape::Quarter { y, r, .. } => (y - r, y + r),
        Shape::Band { .. } => (0.0, scene.height),
    };
    ((top - 1.0).max(0.0) as usize, (bottom + 2.0).clamp(0.0, scene.height) as usize)
}

fn paint_row(shape: &Shape, colour: Colour, y: f32, line: &mut [u8]) {
    for (column, pixel) in line.chunks_mut(3).enumerate() {
        let covered = (0.5 - distance(shape, column as f32 + 0.5, y)).clamp(0.0, 1.0);
        let covered = (covered * STEPS).round() / STEPS;
        if covered <= 0.0 {
            continue;
        }
        for (value, of) in pixel.iter_mut().zip(colour) {
            *value = (f32::from(*value) + (f32::from(of) - f32::from(*value)) * covered).round() as u8;
        }
    }
}

/// From a point to a shape's edge, in pixels: below 0 inside.
fn distance(shape: &Shape, at_x: f32, at_y: f32) -> f32 {
    let from = |x: f32, y: f32| ((at_x - x) * (at_x - x) + (at_y - y) * (at_y - y)).sqrt();
    match *shape {
        Shape::Disc { x, y, r } => from(x, y) - r,
        Shape::Ring { x, y, r, width } => (from(x, y) - r).abs() - width / 2.0,
        Shape::Rect { x, y, w, h } => {
            let (beside, below) = ((at_x - x - w / 2.0).abs() - w / 2.0, (at_y - y - h / 2.0).abs() - h / 2.0);
            beside.max(below)
        }
        Shape::Quarter { x, y, r, right, down } => {
            let (beside, below) = ((x - at_x) * right, (y - at_y) * down);
            (from(x, y) - r).max(beside).max(below)
        }
        Shape::Band { x, y, width } => {
            let middle = at_x + at_y - x - y - width / 2.0;
            (middle.abs() - width / 2.0) * std::f32::consts::FRAC_1_SQRT_2
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn decoded(bytes: &[u8]) -> (u32, u32, Vec<u8>) {
        let mut decoder = png::Decoder::new(std::io::Cursor::new(bytes));
        decoder.set_transformations(png::Transformations::EXPAND);
        let mut reader = decoder.read_info().expect("a PNG");
        let mut pixels = vec![0; reader.output_buffer_size().expect("small")];
        let info = reader.next_frame(&mut pixels).expect("a picture");
        (info.width, info.height, pixels)
    }

    #[test]
    fn a_picture_has_its_size_and_its_pixels_for_good() {
        for seed in 0..12 {
            let bytes = png(seed, (240, 126)).expect("encoded");
            let (width, height, pixels) = decoded(&bytes);
            assert_eq!((width, height), (240, 126));
            assert_eq!(pixels, paint(&Scene::of(seed, 240.0, 126.0), 240, 126));
        }
    }

    #[test]
    fn a_picture_for_links_is_small() {
        for seed in 0..12 {
            let size = png(seed, crate::SHARED).expect("encoded").len();
            assert!(size < 40_000, "{size} bytes of seed {seed}");
        }
    }

    #[test]
    fn a_shape_covers_what_is_inside_and_half_of_its_edge() {
        let disc = Shape::Disc { x: 10.0, y: 10.0, r: 5.0 };
        assert!(distance(&disc, 10.0, 10.0) < 0.0 && distance(&disc, 20.0, 10.0) > 0.0);
        assert!(distance(&disc, 15.0, 10.0).abs() < 0.001);
        let quarter = Shape::Quarter { x: 0.0, y: 0.0, r: 10.0, right: 1.0, down: 1.0 };
        assert!(distance(&quarter, 3.0, 3.0) < 0.0 && distance(&quarter, -3.0, 3.0) > 0.0);
        let band = Shape::Band { x: 10.0, y: 0.0, width: 4.0 };
        assert!(
            distance(&band, 12.0, 0.0) < 0.0 && distance(&band, 2.0, 10.0) < 0.0 && distance(&band, 20.0, 10.0) > 0.0
        );
    }
}
