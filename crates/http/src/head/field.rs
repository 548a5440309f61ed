//! The fields of a head that may stand in it once.
//!
//! Two programs that read the same request may take one the first and the other the last of two equal fields. So a
//! second one is refused, whichever of them decides something here. Lists (`Accept-Language`, `Cookie`, `Connection`,
//! `X-Forwarded-For`) may have several lines.

/// Defines [`Field`] and its names from one list.
macro_rules! fields {
    ($($name:ident $text:literal),+ $(,)?) => {
        /// A field that may stand once in a head. RFC 9110 says so of the general ones, this program of its own.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        #[allow(missing_docs, reason = "the names are the fields' own")]
        pub enum Field { $($name),+ }

        impl Field {
            /// All of them.
            pub const ALL: &'static [Self] = &[$(Self::$name),+];
            /// Their number.
            pub const COUNT: usize = Self::ALL.len();
            const NAMES: [&'static str; Self::COUNT] = [$($text),+];
            const TWICE: [&'static str; Self::COUNT] = [$(concat!("send ", $text, " only once")),+];
        }
    };
}

fields! {
    Host "Host",
    ContentLength "Content-Length",
    TransferEncoding "Transfer-Encoding",
    ContentType "Content-Type",
    ContentEncoding "Content-Encoding",
    ContentRange "Content-Range",
    Expect "Expect",
    Authorization "Authorization",
    ProxyAuthorization "Proxy-Authorization",
    ApiKey "X-Api-Key",
    ServiceApiKey "X-Service-Api-Key",
    IdempotencyKey "Idempotency-Key",
    TraceId "X-Trace-Id",
    UserId "X-User-Id",
    UserRole "X-User-Role",
    QueueToken "X-Queue-Token",
    QueueChallenge "X-Queue-Challenge",
    CsrfToken "X-CSRF-Token",
    OriginalUri "X-Original-URI",
    LastEventId "Last-Event-ID",
    UserAgent "User-Agent",
    Origin "Origin",
    Referer "Referer",
    From "From",
    Date "Date",
    Range "Range",
    IfRange "If-Range",
    IfModifiedSince "If-Modified-Since",
    IfUnmodifiedSince "If-Unmodified-Since",
    MaxForwards "Max-Forwards",
}

/// The longest name, in bytes.
const NAME_BYTES_MAX: usize = 32;

/// Bit `i` of entry `n`: field `i` has a name of `n` bytes. Most names of a request have a length that none of ours has,
/// or share it with one or two.
const BY_LENGTH: [u64; NAME_BYTES_MAX + 1] = {
    let mut masks = [0; NAME_BYTES_MAX + 1];
    let mut index = 0;
    while index < Field::COUNT {
        masks[Field::NAMES[index].len()] |= 1 << index;
        index += 1;
    }
    masks
};

impl Field {
    /// The field of this name, in any case of letters.
    pub fn of(name: &str) -> Option<Self> {
        let mut left = *BY_LENGTH.get(name.len())?;
        while left != 0 {
            let index = left.trailing_zeros() as usize;
            if name.eq_ignore_ascii_case(Self::NAMES[index]) {
                return Some(Self::ALL[index]);
            }
            left &= left - 1;
        }
        None
    }

    /// The name as usually written.
    pub const fn name(self) -> &'static str {
        Self::NAMES[self as usize]
    }

    /// The detail of the error for a second one.
    pub(super) const fn twice(self) -> &'static str {
        Self::TWICE[self as usize]
    }

    /// Whether it decides where the request ends. hyper judges these before any layer does.
    pub(super) const fn decides_length(self) -> bool {
        matches!(self, Self::ContentLength | Self::TransferEncoding)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_field_is_found_by_its_name_in_any_case() {
        for field in Field::ALL {
            for name in [field.name().to_owned(), field.name().to_lowercase(), field.name().to_uppercase()] {
                assert_eq!(Field::of(&name), Some(*field));
            }
        }
        for name in ["", "Hos", "Hosts", "Cookie", "Accept-Language", "X-Forwarded-For", &"a".repeat(100)] {
            assert_eq!(Field::of(name), None, "{name}");
        }
    }
}
