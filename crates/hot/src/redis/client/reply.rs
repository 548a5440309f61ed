//! Reads the replies of scripts: arrays of numbers, texts and arrays.

use crate::port::HotError;
use redis::Value;
use std::str::FromStr;

/// An answer that is none of ours: another version of the scripts, or something else lives under these keys.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("Redis answered something else than expected: {0}")]
pub(in crate::redis) struct UnexpectedReply(String);

pub(in crate::redis) type Reading<T> = Result<T, UnexpectedReply>;

impl From<UnexpectedReply> for HotError {
    fn from(error: UnexpectedReply) -> Self {
        Self::unknown(error.to_string()).because(error)
    }
}

pub(in crate::redis) fn unexpected<T>(what: &dyn std::fmt::Debug) -> Reading<T> {
    let text: String = format!("{what:?}").chars().take(160).collect();
    Err(UnexpectedReply(text))
}

/// The elements of an array, one after the other.
pub(in crate::redis) struct Array(std::vec::IntoIter<Value>);

impl Array {
    pub fn of(value: Value) -> Reading<Self> {
        match value {
            Value::Array(values) => Ok(Self(values.into_iter())),
            other => unexpected(&other),
        }
    }

    pub fn len(&self) -> usize {
        self.0.len()
    }

    pub fn value(&mut self) -> Reading<Value> {
        match self.0.next() {
            Some(value) => Ok(value),
            None => unexpected(&"the end"),
        }
    }

    pub fn array(&mut self) -> Reading<Self> {
        Self::of(self.value()?)
    }

    pub fn text(&mut self) -> Reading<String> {
        text(self.value()?)
    }

    /// A text; `None` where there is none.
    pub fn text_or_none(&mut self) -> Reading<Option<String>> {
        match self.value()? {
            Value::Nil => Ok(None),
            value => text(value).map(Some),
        }
    }

    /// A text of some form.
    pub fn parsed<T>(&mut self, parse: impl FnOnce(&str) -> Option<T>) -> Reading<T> {
        let text = self.text()?;
        parse(&text).map_or_else(|| unexpected(&text), Ok)
    }

    pub fn number<N: FromStr + TryFrom<i64>>(&mut self) -> Reading<N> {
        number(self.value()?)
    }

    pub fn numbers<N: FromStr + TryFrom<i64>>(self) -> Reading<Vec<N>> {
        self.0.map(number).collect()
    }

    /// A field of a hash: `None` where there is none.
    pub fn field<N: FromStr + TryFrom<i64>>(&mut self) -> Reading<Option<N>> {
        match self.value()? {
            Value::Nil => Ok(None),
            value => number(value).map(Some),
        }
    }
}

fn text(value: Value) -> Reading<String> {
    match value {
        Value::BulkString(bytes) => String::from_utf8(bytes).or_else(|error| unexpected(&error.into_bytes())),
        Value::SimpleString(text) => Ok(text),
        other => unexpected(&other),
    }
}

fn number<N: FromStr + TryFrom<i64>>(value: Value) -> Reading<N> {
    let read = match &value {
        Value::Int(number) => N::try_from(*number).ok(),
        Value::BulkString(bytes) => std::str::from_utf8(bytes).ok().and_then(|text| text.parse().ok()),
        _ => None,
    };
    read.map_or_else(|| unexpected(&value), Ok)
}
