//! An SVG that draws, and does nothing else.
//!
//! What is not known to be a drawing is left out: elements and attributes are written anew from a list, so what a browser might do
//! with anything else need not be known. No script, no event, no animation, no style sheet, no link, no foreign picture, nothing
//! that is fetched, nothing that is drawn by reference and could grow.

use quick_xml::Reader;
use quick_xml::events::{BytesStart, Event};

/// Deepest nesting.
const DEPTH_MAX: usize = 32;
/// Most elements.
const ELEMENTS_MAX: usize = 5_000;

/// Elements that draw, or that are drawn with.
const ELEMENTS: [&str; 18] = [
    "svg",
    "g",
    "path",
    "rect",
    "circle",
    "ellipse",
    "line",
    "polyline",
    "polygon",
    "text",
    "tspan",
    "title",
    "desc",
    "defs",
    "linearGradient",
    "radialGradient",
    "stop",
    "clipPath",
];
/// Elements whose text is kept.
const TEXTS: [&str; 4] = ["text", "tspan", "title", "desc"];
/// How something is painted: as an attribute, or in `style`.
const PAINT: [&str; 25] = [
    "fill",
    "fill-rule",
    "fill-opacity",
    "stroke",
    "stroke-width",
    "stroke-linecap",
    "stroke-linejoin",
    "stroke-miterlimit",
    "stroke-dasharray",
    "stroke-dashoffset",
    "stroke-opacity",
    "opacity",
    "clip-path",
    "clip-rule",
    "stop-color",
    "stop-opacity",
    "color",
    "display",
    "visibility",
    "font-family",
    "font-size",
    "font-weight",
    "font-style",
    "text-anchor",
    "dominant-baseline",
];
/// What it is.
const FORM: [&str; 30] = [
    "id",
    "d",
    "x",
    "y",
    "x1",
    "y1",
    "x2",
    "y2",
    "cx",
    "cy",
    "r",
    "rx",
    "ry",
    "fx",
    "fy",
    "dx",
    "dy",
    "width",
    "height",
    "viewBox",
    "points",
    "transform",
    "offset",
    "gradientUnits",
    "gradientTransform",
    "spreadMethod",
    "clipPathUnits",
    "preserveAspectRatio",
    "role",
    "letter-spacing",
];

/// Why it is no picture.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SvgFault {
    /// Not XML, or XML with parts that only a document needs.
    #[error("logo is not a plain SVG: it must be XML without DOCTYPE, entities and CDATA, with <svg> outside")]
    Form,
    /// More than a logo needs.
    #[error("logo has more than 5000 elements, or elements nested more than 32 deep")]
    Size,
}

/// The drawing, written anew.
///
/// # Errors
/// [`SvgFault`].
pub fn cleaned(text: &str) -> Result<String, SvgFault> {
    let mut reader = Reader::from_str(text);
    let mut out = Writer::default();
    loop {
        match reader.read_event().map_err(|_| SvgFault::Form)? {
            Event::Start(tag) => out.open(&tag)?,
            Event::Empty(tag) => {
                out.open(&tag)?;
                out.close()?;
            }
            Event::End(_) => out.close()?,
            Event::Text(text) => out.text(std::str::from_utf8(&text).map_err(|_| SvgFault::Form)?)?,
            Event::Comment(_) | Event::Decl(_) | Event::PI(_) => {}
            Event::Eof => return out.finish(),
            _ => return Err(SvgFault::Form),
        }
    }
}

#[derive(Default)]
struct Writer {
    out: String,
    /// The open elements that are written.
    open: Vec<&'static str>,
    /// How deep the reader is within one that is left out.
    left_out: usize,
    elements: usize,
    is_over: bool,
}

impl Writer {
    fn open(&mut self, tag: &BytesStart<'_>) -> Result<(), SvgFault> {
        self.elements += 1;
        if self.elements > ELEMENTS_MAX || self.open.len() + self.left_out >= DEPTH_MAX {
            return Err(SvgFault::Size);
        }
        let name = tag.name();
        let name = std::str::from_utf8(name.as_ref()).map_err(|_| SvgFault::Form)?;
        let known = ELEMENTS.into_iter().find(|known| *known == name);
        let is_root = self.open.is_empty() && self.left_out == 0;
        match known {
            Some("svg") if is_root && !self.is_over => {
                self.out.push_str("<svg xmlns=\"http://www.w3.org/2000/svg\"");
                self.attributes(tag)?;
                self.open.push("svg");
            }
            _ if is_root => return Err(SvgFault::Form),
            Some(known) if self.left_out == 0 => {
                self.out.push('<');
                self.out.push_str(known);
                self.attributes(tag)?;
                self.open.push(known);
            }
            _ => self.left_out += 1,
        }
        Ok(())
    }

    fn attributes(&mut self, tag: &BytesStart<'_>) -> Result<(), SvgFault> {
        let mut written: Vec<&'static str> = Vec::new();
        for attribute in tag.attributes() {
            let attribute = attribute.map_err(|_| SvgFault::Form)?;
            let text = |bytes| std::str::from_utf8(bytes).map_err(|_| SvgFault::Form);
            let (name, value) = (text(attribute.key.as_ref())?, text(&attribute.value)?);
            if name == "style" {
                for (name, value) in value.split(';').filter_map(|one| one.split_once(':')) {
                    self.attribute(name.trim(), value.trim(), &PAINT, &mut written);
                }
                continue;
            }
            self.attribute(name, value, &PAINT, &mut written);
            self.attribute(name, value, &FORM, &mut written);
        }
        self.out.push('>');
        Ok(())
    }

    fn attribute(&mut self, name: &str, value: &str, known: &[&'static str], written: &mut Vec<&'static str>) {
        let Some(known) = known.iter().find(|known| **known == name) else { return };
        if is_plain(value) && !written.contains(known) {
            written.push(known);
            self.out.push_str(&format!(" {known}=\"{value}\""));
        }
    }

    fn text(&mut self, text: &str) -> Result<(), SvgFault> {
        if self.open.is_empty() {
            return if text.trim().is_empty() { Ok(()) } else { Err(SvgFault::Form) };
        }
        if self.left_out == 0 && self.open.last().is_some_and(|name| TEXTS.contains(name)) {
            for letter in text.chars() {
                match letter {
                    '<' => self.out.push_str("&lt;"),
                    '>' => self.out.push_str("&gt;"),
                    '&' => self.out.push_str("&amp;"),
                    other => self.out.push(other),
                }
            }
        }
        Ok(())
    }

    fn close(&mut self) -> Result<(), SvgFault> {
        if self.left_out > 0 {
            self.left_out -= 1;
            return Ok(());
        }
        let name = self.open.pop().ok_or(SvgFault::Form)?;
        self.out.push_str(&format!("</{name}>"));
        self.is_over = self.open.is_empty();
        Ok(())
    }

    fn finish(self) -> Result<String, SvgFault> {
        if self.is_over && self.open.is_empty() && self.left_out == 0 { Ok(self.out) } else { Err(SvgFault::Form) }
    }
}

/// A value that is a number, a colour, a form or a name, and refers to nothing but what stands in the same drawing. Escapes are
/// refused: what is read here is what the browser reads.
fn is_plain(value: &str) -> bool {
    if value.contains(['<', '>', '&', '"', '\'', '\\', '@', '{', '}'])
        || value.chars().any(|letter| letter.is_control() && !letter.is_whitespace())
    {
        return false;
    }
    let plain: String = value.chars().filter(|letter| !letter.is_whitespace()).collect::<String>().to_lowercase();
    let reference = plain.strip_prefix("url(").and_then(|rest| rest.strip_suffix(')'));
    match reference {
        Some(id) => id
            .strip_prefix('#')
            .is_some_and(|id| id.chars().all(|letter| letter.is_ascii_alphanumeric() || "_.-".contains(letter))),
        None => !["url(", "script:", "data:", "http:", "https:", "//", "expression("]
            .iter()
            .any(|word| plain.contains(word)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NS: &str = "xmlns=\"http://www.w3.org/2000/svg\"";

    #[test]
    fn a_drawing_stays_and_its_style_becomes_attributes() {
        let svg = format!(
            "<?xml version=\"1.0\"?><!-- made by hand --><svg {NS} viewBox=\"0 0 10 10\"><defs><linearGradient id=\"g\"><stop offset=\"0\" \
             stop-color=\"#fff\"/></linearGradient></defs><path d=\"M0 0L9 9\" style=\"fill:url(#g); stroke-width: 2\"/><text x=\"1\">온세일 &gt;</text></svg>"
        );
        // `&gt;` is a reference: it is refused rather than guessed at.
        assert_eq!(cleaned(&svg), Err(SvgFault::Form));
        let clean = cleaned(&svg.replace(" &gt;", "")).expect("a drawing");
        assert_eq!(
            clean,
            format!(
                "<svg {NS} viewBox=\"0 0 10 10\"><defs><linearGradient id=\"g\"><stop offset=\"0\" stop-color=\"#fff\"></stop></linearGradient></defs>\
                 <path d=\"M0 0L9 9\" fill=\"url(#g)\" stroke-width=\"2\"></path><text x=\"1\">온세일</text></svg>"
            )
        );
        assert_eq!(cleaned(&clean), Ok(clean.clone()), "cleaning changes nothing more");
    }

    #[test]
    fn nothing_that_acts_or_fetches_is_left() {
        for hostile in [
            "<script>alert(1)</script>",
            "<script xmlns=\"http://www.w3.org/2000/svg\" href=\"https://evil.example/x.js\"/>",
            "<g onload=\"alert(1)\"><rect onclick=\"alert(1)\" width=\"1\"/></g>",
            "<foreignObject><body xmlns=\"http://www.w3.org/1999/xhtml\"><script>alert(1)</script></body></foreignObject>",
            "<image href=\"https://evil.example/x.png\"/>",
            "<a href=\"javascript:alert(1)\"><text>x</text></a>",
            "<use href=\"https://evil.example/x.svg#a\"/>",
            "<style>@import url(https://evil.example/x.css);</style>",
            "<rect style=\"fill:url(https://evil.example/x)\" width=\"1\"/>",
            "<rect fill=\"URL( //evil.example )\" width=\"1\"/>",
            "<animate attributeName=\"href\" to=\"javascript:alert(1)\"/>",
            "<set attributeName=\"onload\" to=\"alert(1)\"/>",
            "<rect filter=\"url(#f)\" mask=\"url(#m)\" width=\"1\"/>",
            "<svg:script>alert(1)</svg:script>",
        ] {
            let clean =
                cleaned(&format!("<svg {NS}>{hostile}<path d=\"M0 0\"/></svg>")).expect("the rest is a drawing");
            for word in [
                "script", "alert", "evil", "onload", "onclick", "href", "import", "url(", "animate", "foreign",
                "<style", "<a", "<image",
            ] {
                assert!(!clean.to_lowercase().contains(word), "{hostile}: {clean}");
            }
            assert!(clean.contains("<path d=\"M0 0\">"), "{hostile}: {clean}");
        }
    }

    #[test]
    fn what_is_no_drawing_is_refused() {
        for other in [
            "",
            "<html/>",
            "<svg",
            "<svg></g>",
            "<svg/><svg/>",
            "text<svg/>",
            "<svg><![CDATA[x]]></svg>",
            "<!DOCTYPE svg [<!ENTITY a \"aaaa\">]><svg>&a;</svg>",
            "<svg><text>&#106;</text></svg>",
        ] {
            assert_eq!(cleaned(other), Err(SvgFault::Form), "{other}");
        }
        let deep = format!("<svg>{}{}</svg>", "<g>".repeat(40), "</g>".repeat(40));
        assert_eq!(cleaned(&deep), Err(SvgFault::Size));
        assert_eq!(cleaned(&format!("<svg>{}</svg>", "<g/>".repeat(5_000))), Err(SvgFault::Size));
    }
}
