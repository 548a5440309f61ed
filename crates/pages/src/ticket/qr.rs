//! A QR code as one path of an SVG: a run of black squares is one stroke.

use qrcode::{Color, EcLevel, QrCode};
use std::fmt::Write;

/// White squares around the code, as its standard asks for.
const QUIET: usize = 4;
/// The most squares of a side that a telephone's screen shows well with the stronger error correction.
const SQUARES_MAX: usize = 77;

/// A code to be drawn.
pub(super) struct Qr {
    /// Squares of a side, with the white edge.
    pub size: usize,
    /// The black squares, for a stroke as wide as a square.
    pub path: String,
    /// What it is, for who does not see it.
    pub label: String,
}

impl Qr {
    /// Of a text; none where it is too long.
    pub fn of(text: &str, label: String) -> Option<Self> {
        let with = |level| QrCode::with_error_correction_level(text, level).ok();
        let code = with(EcLevel::M).filter(|code| code.width() <= SQUARES_MAX).or_else(|| with(EcLevel::L))?;
        let width = code.width();
        let mut path = String::with_capacity(8 * width * width / 4);
        for (row, squares) in code.to_colors().chunks(width).enumerate() {
            draw(&mut path, row, squares);
        }
        Some(Self { size: width + 2 * QUIET, path, label })
    }
}

fn draw(path: &mut String, row: usize, squares: &[Color]) {
    let mut at = 0;
    // Where the pen is; none before the row's first stroke.
    let mut pen: Option<usize> = None;
    for run in squares.chunk_by(|one, other| one == other) {
        let length = run.len();
        if run[0] == Color::Dark {
            let _ = match pen {
                None => write!(path, "M{} {}.5h{length}", at + QUIET, row + QUIET),
                Some(pen) => write!(path, "m{} 0h{length}", at - pen),
            };
            pen = Some(at + length);
        }
        at += length;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The squares that a path draws.
    fn drawn(qr: &Qr) -> Vec<Vec<bool>> {
        let mut squares = vec![vec![false; qr.size]; qr.size];
        let (mut x, mut y) = (0, 0);
        let mut rest = qr.path.as_str();
        while !rest.is_empty() {
            let end = rest[1..].find(['M', 'm', 'h']).map_or(rest.len(), |at| at + 1);
            let (command, next) = (&rest[..end], &rest[end..]);
            let numbers: Vec<f64> = command[1..].split(' ').map(|number| number.parse().expect("a number")).collect();
            match &command[..1] {
                "M" => (x, y) = (numbers[0] as usize, numbers[1] as usize),
                "m" => x += numbers[0] as usize,
                _ => {
                    squares[y][x..x + numbers[0] as usize].fill(true);
                    x += numbers[0] as usize;
                }
            }
            rest = next;
        }
        squares
    }

    #[test]
    fn the_path_draws_the_code_square_by_square() {
        let text = "http://127.0.0.1:8080/tickets/verify/abc.def";
        let qr = Qr::of(text, String::new()).expect("a code");
        let code = QrCode::with_error_correction_level(text, EcLevel::M).expect("a code");
        let (width, drawn) = (code.width(), drawn(&qr));
        assert_eq!(qr.size, width + 8);
        for (at, color) in code.to_colors().into_iter().enumerate() {
            assert_eq!(drawn[at / width + 4][at % width + 4], color == Color::Dark, "square {at}");
        }
        assert_eq!(
            drawn.iter().flatten().filter(|one| **one).count(),
            code.to_colors().iter().filter(|one| **one == Color::Dark).count()
        );
    }

    #[test]
    fn a_whole_ticket_fits_and_more_than_any_ticket_does_not() {
        let ticket = format!("https://tickets.example/tickets/verify/{}.{}", "a".repeat(210), "b".repeat(86));
        let qr = Qr::of(&ticket, String::new()).expect("a code");
        assert!(qr.size <= SQUARES_MAX + 8, "{}", qr.size);
        assert!(Qr::of(&"x".repeat(5_000), String::new()).is_none());
    }
}
