//! Log lines without the folders of the machine that built the program.
//!
//! Libraries that log through the crate `log` add the path of their own source file, such as that of the builder's
//! registry. It tells an operator nothing, and strangers who get to see a log whose machine it was.

use std::io::{self, Write};
use tracing::Metadata;
use tracing_subscriber::fmt::MakeWriter;

/// The field as it begins in a line of JSON. Within a text its quotes would be escaped.
const FIELD: &[u8] = b"\"log.file\":\"";

/// Makes writers that leave the field out.
#[derive(Clone, Debug)]
pub struct WithoutPaths<M>(M);

impl<M> WithoutPaths<M> {
    /// Around writers that take whole lines.
    pub fn around(inner: M) -> Self {
        Self(inner)
    }
}

impl<'a, M: MakeWriter<'a>> MakeWriter<'a> for WithoutPaths<M> {
    type Writer = LineWriter<M::Writer>;

    fn make_writer(&'a self) -> Self::Writer {
        LineWriter(self.0.make_writer())
    }

    fn make_writer_for(&'a self, line: &Metadata<'_>) -> Self::Writer {
        LineWriter(self.0.make_writer_for(line))
    }
}

/// Writes lines of JSON, each given whole.
#[derive(Debug)]
pub struct LineWriter<W>(W);

impl<W: Write> Write for LineWriter<W> {
    fn write(&mut self, line: &[u8]) -> io::Result<usize> {
        match without_field(line) {
            Some(shorter) => self.0.write_all(&shorter).map(|()| line.len()),
            None => self.0.write(line),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        self.0.flush()
    }
}

/// The line without the field; none if it has none.
fn without_field(line: &[u8]) -> Option<Vec<u8>> {
    let begin = line.windows(FIELD.len()).position(|part| part == FIELD)?;
    let value = &line[begin + FIELD.len()..];
    let mut is_escaped = false;
    let length = value.iter().position(|byte| {
        let ends = *byte == b'"' && !is_escaped;
        is_escaped = *byte == b'\\' && !is_escaped;
        ends
    })?;
    let (mut before, mut after) = (&line[..begin], &value[length + 1..]);
    if let Some(rest) = after.strip_prefix(b",") {
        after = rest;
    } else if let Some(rest) = before.strip_suffix(b",") {
        before = rest;
    }
    Some([before, after].concat())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_field_is_left_out_wherever_it_stands() {
        for (line, wanted) in [
            (r#"{"a":1,"log.file":"/home/me/x.rs","b":2}"#, r#"{"a":1,"b":2}"#),
            (r#"{"log.file":"/home/me/x.rs","b":2}"#, r#"{"b":2}"#),
            (r#"{"a":1,"log.file":"/home/\"me\\"}"#, r#"{"a":1}"#),
            (r#"{"log.file":""}"#, "{}"),
        ] {
            let shorter = without_field(line.as_bytes()).expect("found");
            assert_eq!(String::from_utf8(shorter).expect("UTF-8"), wanted);
        }
        assert_eq!(without_field(br#"{"message":"a \"log.file\":\"b\" in a text"}"#), None);
    }
}
