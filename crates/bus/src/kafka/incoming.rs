//! What stands in a record beside its value.

use rdkafka::message::{BorrowedMessage, Headers, Message};

/// The key; what is not UTF-8 in it is replaced.
pub(super) fn key_of(message: &BorrowedMessage<'_>) -> String {
    String::from_utf8_lossy(message.key().unwrap_or_default()).into_owned()
}

/// The headers; what is not UTF-8 in them is replaced.
pub(super) fn headers_of(message: &BorrowedMessage<'_>) -> Vec<(String, String)> {
    let text = |value: Option<&[u8]>| String::from_utf8_lossy(value.unwrap_or_default()).into_owned();
    let headers = message.headers().into_iter().flat_map(Headers::iter);
    headers.map(|header| (header.key.to_owned(), text(header.value))).collect()
}
