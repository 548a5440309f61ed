//! A scene as SVG: whole numbers, no styles, nothing that runs, and words that can be anything.

use crate::scene::{Colour, Scene, Shape};
use std::fmt::Write;

/// The stage of an element in a page.
const INLINE: (f32, f32) = (120.0, 90.0);
/// The stage of a document, and the part of it below the picture that has the words.
const DOCUMENT: (f32, f32) = (600.0, 800.0);
const PICTURE_HEIGHT: f32 = 560.0;
/// Most lines of a title, and the width of a line in widths of a Korean letter.
const LINES_MAX: usize = 3;
const LINE_WIDTH: f32 = 11.5;
const FONT: &str = "system-ui,'Apple SD Gothic Neo','Malgun Gothic','Noto Sans KR',sans-serif";

/// An element without words.
pub(crate) fn inline(seed: u64) -> String {
    let (width, height) = INLINE;
    let scene = Scene::of(seed, width, height);
    let mut out = format!(
        "<svg class=\"poster\" viewBox=\"0 0 {width} {height}\" preserveAspectRatio=\"xMidYMid slice\" \
         aria-hidden=\"true\" focusable=\"false\">"
    );
    shapes(&mut out, &scene);
    out.push_str("</svg>");
    out
}

/// A document with title and artist below the picture.
pub(crate) fn document(seed: u64, title: &str, artist: &str) -> String {
    let (width, height) = DOCUMENT;
    let scene = Scene::of(seed, width, PICTURE_HEIGHT);
    let (title, artist) = (clean(title), clean(artist));
    let mut out = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {width} {height}\" width=\"{width}\" height=\"{height}\" \
         role=\"img\"><title>{}</title>",
        escaped(&format!("{title} · {artist}"))
    );
    let _ = write!(out, "<svg width=\"{width}\" height=\"{PICTURE_HEIGHT}\">");
    shapes(&mut out, &scene);
    let ink = hex(scene.ink);
    let ground = hex(scene.ground);
    let _ = write!(out, "</svg><path fill=\"{ground}\" d=\"M0 {PICTURE_HEIGHT}h{width}V{height}H0z\"/>");
    let _ = write!(out, "<g fill=\"{ink}\" font-family=\"{FONT}\"><g font-size=\"46\" font-weight=\"700\">");
    let lines = lines(&title);
    for (at, line) in lines.iter().enumerate() {
        let _ = write!(out, "<text x=\"36\" y=\"{}\">{}</text>", 624 + 54 * at, escaped(line));
    }
    let artist = cut(&artist, LINE_WIDTH * 1.7);
    let _ = write!(out, "</g><text x=\"36\" y=\"774\" font-size=\"26\">{}</text></g></svg>", escaped(&artist));
    out
}

fn shapes(out: &mut String, scene: &Scene) {
    let _ = write!(out, "<path fill=\"{}\" d=\"M0 0h{}v{}H0z\"/>", hex(scene.ground), scene.width, scene.height);
    for (shape, colour) in &scene.shapes {
        let colour = hex(*colour);
        let _ = match *shape {
            Shape::Disc { x, y, r } => {
                write!(out, "<circle cx=\"{x:.0}\" cy=\"{y:.0}\" r=\"{r:.0}\" fill=\"{colour}\"/>")
            }
            Shape::Ring { x, y, r, width } => write!(
                out,
                "<circle cx=\"{x:.0}\" cy=\"{y:.0}\" r=\"{r:.0}\" fill=\"none\" stroke=\"{colour}\" stroke-width=\"{:.0}\"/>",
                width.max(1.0)
            ),
            Shape::Rect { x, y, w, h } => {
                // The right and lower edges are rounded, not the lengths: neighbours meet.
                let (left, top) = (x.round(), y.round());
                let (w, h) = ((x + w).round() - left, (y + h).round() - top);
                write!(out, "<path fill=\"{colour}\" d=\"M{left} {top}h{w}v{h}h{}z\"/>", -w)
            }
            Shape::Quarter { x, y, r, right, down } => {
                let sweep = if right * down > 0.0 { 1 } else { 0 };
                let (x, y, r) = (x.round(), y.round(), r.round());
                let (to_x, to_y) = (r * right, r * down);
                write!(out, "<path fill=\"{colour}\" d=\"M{x} {y}h{to_x}a{r} {r} 0 0 {sweep} {} {to_y}z\"/>", -to_x)
            }
            Shape::Band { x, y, width } => {
                let (x, y, w) = (x.round(), y.round(), width.round());
                let down = scene.height - y;
                write!(out, "<path fill=\"{colour}\" d=\"M{x} {y}h{w}l{} {down}h{}z\"/>", -down, -w)
            }
        };
    }
}

fn hex([red, green, blue]: Colour) -> String {
    format!("#{red:02x}{green:02x}{blue:02x}")
}

/// Without letters that are no text: controls, and marks that turn the direction of what follows.
fn clean(text: &str) -> String {
    let is_text = |letter: &char| {
        !letter.is_control()
            && !matches!(letter, '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
            && !matches!(letter, '\u{fffe}' | '\u{ffff}')
    };
    text.chars().filter(is_text).collect()
}

fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for letter in text.chars() {
        match letter {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            letter => out.push(letter),
        }
    }
    out
}

/// How wide a letter is at most, roughly, in widths of a Korean letter.
fn width(letter: char) -> f32 {
    match letter {
        'i' | 'j' | 'l' | 't' | 'f' | 'r' | ' ' | '.' | ',' | '\'' | '!' => 0.34,
        'm' | 'w' | 'M' | 'W' | '@' => 0.92,
        letter if letter.is_ascii_uppercase() => 0.7,
        letter if letter.is_ascii() => 0.58,
        _ => 1.0,
    }
}

fn width_of(text: &str) -> f32 {
    text.chars().map(width).sum()
}

/// As much of a text as fits in this width; what is left out is shown by an ellipsis.
fn cut(text: &str, most: f32) -> String {
    if width_of(text) <= most {
        return text.to_owned();
    }
    let mut out = String::new();
    let mut used = 1.0;
    for letter in text.chars() {
        used += width(letter);
        if used > most {
            break;
        }
        out.push(letter);
    }
    out.truncate(out.trim_end().len());
    out.push('…');
    out
}

/// A title in lines, broken between words where they fit.
fn lines(title: &str) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    let mut line = String::new();
    for word in title.split_whitespace() {
        let joined = if line.is_empty() { word.to_owned() } else { format!("{line} {word}") };
        if width_of(&joined) <= LINE_WIDTH || line.is_empty() {
            line = joined;
            continue;
        }
        lines.push(std::mem::replace(&mut line, word.to_owned()));
        if lines.len() == LINES_MAX {
            break;
        }
    }
    if lines.len() < LINES_MAX {
        lines.push(line);
    } else if let Some(last) = lines.last_mut() {
        last.push_str(" …");
    }
    lines.iter().map(|line| cut(line, LINE_WIDTH)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_element_is_short_and_has_whole_numbers() {
        for seed in 0..300 {
            let svg = inline(seed);
            assert!(svg.len() < 2_200, "{} bytes: {svg}", svg.len());
            assert!(!svg.contains('.') && !svg.contains("style"), "{svg}");
            assert!(svg.starts_with("<svg") && svg.ends_with("</svg>"));
        }
    }

    #[test]
    fn words_are_words_whatever_they_are() {
        let svg = document(3, "<script>alert(1)</script>\u{202e}\u{0}\n & \"quotes\"", "</text><image href='x'/>");
        assert!(!svg.contains("<script") && !svg.contains("<image"), "{svg}");
        assert!(!svg.contains('\u{202e}') && !svg.contains('\u{0}'));
        assert!(svg.contains("&lt;script&gt;") && svg.contains("&amp;"));
    }

    #[test]
    fn a_title_is_broken_between_words_and_cut_where_it_is_too_long() {
        assert_eq!(lines("가을 밤의 노래"), ["가을 밤의 노래"]);
        assert_eq!(lines("서울 재즈 나이트 2026 겨울 특별 공연"), ["서울 재즈 나이트 2026", "겨울 특별 공연"]);
        let long = lines(&"긴 제목을 가진 공연 ".repeat(20));
        assert!(long.len() == LINES_MAX && long[2].ends_with('…'), "{long:?}");
        let one = lines(&"가".repeat(300));
        assert!(one.len() == 1 && one[0].ends_with('…') && width_of(&one[0]) <= LINE_WIDTH + 0.1, "{one:?}");
        assert_eq!(lines(""), [""]);
    }
}
