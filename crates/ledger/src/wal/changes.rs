//! What the output plugin `pgoutput` tells of the outbox: which rows a transaction has added, and where its commit ends.
//!
//! Only two kinds of its messages matter, and of a row only two columns: the publication names no others
//! (PostgreSQL, "Logical Replication Message Formats").

use super::lsn::Lsn;
use crate::error::LedgerError;

/// A row that was added to the outbox.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Added {
    /// Its number.
    pub sequence: i64,
    /// Its topic; `None`: it follows from what the row is about.
    pub topic: Option<String>,
}

/// A message of the plugin.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Change {
    /// A row was added.
    Added(Added),
    /// The transaction of the rows before has ended, and with it this part of the log.
    Committed(Lsn),
    /// Anything else: the beginning of a transaction, the description of the table.
    Other,
}

/// Columns of the publication, in the order of the table.
pub(crate) const COLUMNS: [&str; 2] = ["sequence", "topic"];

/// Reads a message.
///
/// # Errors
/// [`LedgerError::Other`] for what no version of the plugin says about this publication.
pub(crate) fn read(message: &[u8]) -> Result<Change, LedgerError> {
    let damaged = || LedgerError::damaged("a message of pgoutput");
    let mut rest = Bytes(message);
    match rest.take(1).ok_or_else(damaged)? {
        b"I" => added(&mut rest).map(Change::Added).ok_or_else(damaged),
        b"C" => committed(&mut rest).map(Change::Committed).ok_or_else(damaged),
        _ => Ok(Change::Other),
    }
}

/// The table's id; `N`; the columns.
fn added(rest: &mut Bytes<'_>) -> Option<Added> {
    rest.take(4)?;
    if rest.take(1)? != b"N" || usize::from(rest.u16()?) != COLUMNS.len() {
        return None;
    }
    let sequence = rest.text()?.parse().ok()?;
    Some(Added { sequence, topic: rest.text_or_null()?.map(str::to_owned) })
}

/// Flags; the place of the commit; the place behind it; a time.
fn committed(rest: &mut Bytes<'_>) -> Option<Lsn> {
    rest.take(1 + 8)?;
    Some(Lsn(u64::from_be_bytes(rest.take(8)?.try_into().ok()?)))
}

/// The bytes that were not read yet.
struct Bytes<'a>(&'a [u8]);

impl<'a> Bytes<'a> {
    fn take(&mut self, count: usize) -> Option<&'a [u8]> {
        let (part, rest) = self.0.split_at_checked(count)?;
        self.0 = rest;
        Some(part)
    }

    fn u16(&mut self) -> Option<u16> {
        Some(u16::from_be_bytes(self.take(2)?.try_into().ok()?))
    }

    /// A column that cannot be null.
    fn text(&mut self) -> Option<&'a str> {
        self.text_or_null()?
    }

    /// A column in the form of a text: `t`, the length, the text; or `n`: null. None of ours can be left out.
    fn text_or_null(&mut self) -> Option<Option<&'a str>> {
        match self.take(1)? {
            b"n" => Some(None),
            b"t" => {
                let length = u32::from_be_bytes(self.take(4)?.try_into().ok()?);
                std::str::from_utf8(self.take(usize::try_from(length).ok()?)?).ok().map(Some)
            }
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(columns: &[&[u8]]) -> Vec<u8> {
        let mut message = b"I\0\0\x40\x01N".to_vec();
        message.extend((columns.len() as u16).to_be_bytes());
        columns.iter().for_each(|column| message.extend(*column));
        message
    }

    fn text(text: &str) -> Vec<u8> {
        [b"t".as_slice(), &(text.len() as u32).to_be_bytes(), text.as_bytes()].concat()
    }

    #[test]
    fn an_added_row_and_the_end_of_its_transaction_are_read() {
        let message = row(&[&text("42"), &text("toy.events")]);
        let added = Added { sequence: 42, topic: Some("toy.events".to_owned()) };
        assert_eq!(read(&message), Ok(Change::Added(added)));
        let without_topic = Added { sequence: 42, topic: None };
        assert_eq!(read(&row(&[&text("42"), b"n"])), Ok(Change::Added(without_topic)));
        let commit = [b"C\0".as_slice(), &7_u64.to_be_bytes(), &9_u64.to_be_bytes(), &0_u64.to_be_bytes()].concat();
        assert_eq!(read(&commit), Ok(Change::Committed(Lsn(9))));
        assert_eq!((read(b"B and so on"), read(b"R")), (Ok(Change::Other), Ok(Change::Other)));
    }

    #[test]
    fn a_message_that_is_cut_or_of_another_form_is_refused() {
        let whole = row(&[&text("42"), &text("toy.events")]);
        for length in 0..whole.len() {
            read(&whole[..length]).expect_err("cut");
        }
        for columns in [
            vec![text("42")],
            vec![text("x"), text("toy.events")],
            vec![b"n".to_vec(), text("toy.events")],
            vec![text("42"), b"u".to_vec()],
            vec![text("42"), b"t\xFF\xFF\xFF\xFFtoy".to_vec()],
            vec![text("42"), b"t\0\0\0\x01\xFF".to_vec()],
        ] {
            let columns: Vec<&[u8]> = columns.iter().map(Vec::as_slice).collect();
            read(&row(&columns)).expect_err("of another form");
        }
        read(b"C\0\0\0").expect_err("cut");
    }
}
