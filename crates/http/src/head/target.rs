//! The target of a request: its path and query.
//!
//! A proxy decides on the path as it normalises it and passes on the path as it came. So a path that normalising would
//! change is refused: `.` and `..` segments (also as `%2e`), empty segments, `%2f`, `%5c`, `%00` and other escaped
//! control bytes, a backslash. A fragment is never sent by a browser. Bytes that are no visible ASCII must be escaped
//! (RFC 3986, 2); in the query as well. `deploy/nginx` refuses the same.

use super::HeadFault;
use domain::ErrorCode;

/// The part of a target.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TargetForm {
    /// The whole target as it stands in the request's first line.
    Whole,
    /// The path alone.
    Path,
    /// The query alone.
    Query,
}

/// Checks a target or a part of it.
///
/// # Errors
/// `INVALID_INPUT` with the mistake.
pub fn check(target: &[u8], form: TargetForm) -> Result<(), HeadFault> {
    match form {
        TargetForm::Whole => check_whole(target),
        TargetForm::Path => check_path(target),
        TargetForm::Query => check_bytes(target),
    }
}

fn check_whole(target: &[u8]) -> Result<(), HeadFault> {
    if target.contains(&b'#') {
        let detail = "the address must have no fragment: escape # as %23";
        return Err(HeadFault::hidden(ErrorCode::InvalidInput, detail));
    }
    let (before, query) = match target.iter().position(|byte| *byte == b'?') {
        Some(at) => (&target[..at], &target[at..]),
        None => (target, &target[target.len()..]),
    };
    let path = path_of(before);
    if !path.starts_with(b"/") && path != b"*" {
        return Err(HeadFault::hidden(ErrorCode::InvalidInput, "the address must begin with /"));
    }
    check_path(path)?;
    check_bytes(query)
}

/// The path of a target in absolute form (`http://host/path`), which proxies send. Others are returned unchanged.
fn path_of(target: &[u8]) -> &[u8] {
    let scheme = target.windows(3).position(|part| part == b"://").filter(|_| !target.starts_with(b"/"));
    let Some(scheme) = scheme else { return target };
    let authority = &target[scheme + 3..];
    authority.iter().position(|byte| *byte == b'/').map_or(b"/", |at| &authority[at..])
}

fn check_bytes(bytes: &[u8]) -> Result<(), HeadFault> {
    match bytes.iter().all(u8::is_ascii_graphic) {
        true => Ok(()),
        false => Err(HeadFault::invalid("the address must be visible ASCII: escape other bytes as %XX")),
    }
}

fn check_path(path: &[u8]) -> Result<(), HeadFault> {
    // Almost every path is plain.
    let is_plain = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'/' | b'_' | b'-' | b':' | b'~');
    if path.iter().all(is_plain) && !path.windows(2).any(|pair| pair == b"//") {
        return Ok(());
    }
    check_bytes(path)?;
    if path.windows(2).any(|pair| pair == b"//") {
        return Err(HeadFault::invalid("the path must have no empty segment: //"));
    }
    path.split(|byte| *byte == b'/').try_for_each(check_segment)
}

fn check_segment(segment: &[u8]) -> Result<(), HeadFault> {
    let (mut dots, mut others, mut rest) = (0, 0, segment);
    while let Some((first, after)) = rest.split_first() {
        let (byte, after) = match first {
            b'%' => (escaped(after)?, &after[2..]),
            byte => (*byte, after),
        };
        match byte {
            b'.' => dots += 1,
            b'\\' => return Err(HeadFault::invalid("the path must have no backslash, also none as %5c")),
            b'/' => return Err(HeadFault::invalid("the path must have no %2f")),
            0..0x20 | 0x7f => return Err(HeadFault::invalid("the path must have no control byte, also none as %00")),
            _ => others += 1,
        }
        rest = after;
    }
    if others == 0 && (dots == 1 || dots == 2) {
        return Err(HeadFault::invalid("the path must have no segment . or .., also none as %2e"));
    }
    Ok(())
}

/// The byte of an escape, after its percent sign.
fn escaped(after: &[u8]) -> Result<u8, HeadFault> {
    let digit = |at: usize| char::from(*after.get(at)?).to_digit(16);
    match (digit(0), digit(1)) {
        (Some(high), Some(low)) => Ok((high * 16 + low) as u8),
        _ => Err(HeadFault::invalid("each % in the path must begin an escape: %XX")),
    }
}
