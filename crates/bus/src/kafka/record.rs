//! Records: what is sent to the brokers, and the text beside the value of a record that was read.

use rdkafka::message::{BorrowedMessage, Headers, Message};

/// A record to send.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Record {
    pub topic: String,
    /// `None`: chosen by the key.
    pub partition: Option<i32>,
    pub key: Option<String>,
    pub headers: Vec<(String, String)>,
    /// `None`: a record without a value.
    pub value: Option<Vec<u8>>,
}

/// The key of a record; bytes that are not UTF-8 are replaced.
pub(super) fn key_of(message: &BorrowedMessage<'_>) -> String {
    String::from_utf8_lossy(message.key().unwrap_or_default()).into_owned()
}

/// The headers of a record; bytes that are not UTF-8 are replaced.
pub(super) fn headers_of(message: &BorrowedMessage<'_>) -> Vec<(String, String)> {
    let text = |value: Option<&[u8]>| String::from_utf8_lossy(value.unwrap_or_default()).into_owned();
    let headers = message.headers().into_iter().flat_map(Headers::iter);
    headers.map(|header| (header.key.to_owned(), text(header.value))).collect()
}
