//! Kind: a head that two readers could understand differently. The walks here have all members of a rule; the same
//! table is played against every listener in `onsale/tests/it/heads.rs` and `onsale/tests/system`.

use super::target::{TargetForm, check};
use super::*;

fn is_whole_accepted(target: &[u8]) -> bool {
    check(target, TargetForm::Whole).is_ok()
}

#[test]
fn a_path_that_normalising_would_change_is_refused() {
    for bad in [
        "/.",
        "/..",
        "/a/./b",
        "/a/../b",
        "/a/..",
        "/a/.",
        "/../..",
        "/%2e",
        "/%2E%2e/b",
        "/.%2e",
        "/%2e./a",
        "//",
        "//a",
        "/a//b",
        "/a//",
        "/%2f",
        "/a%2Fb",
        "/%5c",
        "/a%5Cb",
        "/a\\b",
        "/%00",
        "/a%0a",
        "/%1f",
        "/%7F",
        "/%",
        "/%2",
        "/%zz",
        "/a%g0",
        "/a#b",
        "/a?b#c",
        "#",
        "http://h/a/../b",
        "http://h//",
        "http://h/a#b",
        "..",
        ".",
        "",
        "a",
        "h:80",
        "a//b",
        "?a",
    ] {
        assert!(!is_whole_accepted(bad.as_bytes()), "{bad}");
    }
    for good in [
        "/",
        "/a",
        "/a/",
        "/a.b",
        "/.well-known/x",
        "/a/...",
        "/..a/b",
        "/a../b",
        "/a%20b",
        "/%EA%B0%80",
        "/a%252fb",
        "/a;b",
        "/?to=//x",
        "/a?b=%2F%2f%5c%00..%2e",
        "/a?b=/../c\\",
        "*",
        "http://h",
        "http://h/",
        "http://h/a?b",
        "http://h?b=c",
        "/a?b=://../",
        "/queue/serving/gate:tenant~shoes",
    ] {
        assert!(is_whole_accepted(good.as_bytes()), "{good}");
    }
}

#[test]
fn every_byte_is_judged_alike_in_path_and_query() {
    for byte in 0..=u8::MAX {
        let (path, query) = ([b'/', b'a', byte, b'b'], [b'/', b'?', b'a', byte, b'b']);
        let is_visible = byte.is_ascii_graphic();
        assert_eq!(is_whole_accepted(&query), is_visible && byte != b'#', "{byte:#x} in the query");
        assert_eq!(is_whole_accepted(&path), is_visible && !b"#%\\".contains(&byte), "{byte:#x} in the path");
        let escaped = format!("/a%{byte:02x}b");
        assert_eq!(is_whole_accepted(escaped.as_bytes()), !matches!(byte, 0..0x20 | 0x7f | b'/' | b'\\'), "{escaped}");
    }
}

fn fields(lines: &[(&str, &'static str)]) -> Result<(), HeadFault> {
    let mut fields = Fields::default();
    for (name, value) in lines {
        fields.add(name, value.as_bytes())?;
    }
    fields.check(Version::HTTP_11)
}

#[test]
fn no_field_of_the_table_may_stand_twice() {
    for field in Field::ALL {
        let lines = [("host", "a"), (field.name(), "a"), (field.name(), "a")];
        let fault = fields(&lines).expect_err(field.name());
        assert_eq!(fault.code, ErrorCode::InvalidInput);
        assert!(fault.detail.contains("only once"), "{}", fault.detail);
    }
    for list in ["cookie", "accept-language", "x-forwarded-for", "connection", "accept", "via"] {
        assert_eq!(fields(&[("host", "a"), (list, "a"), (list, "a")]), Ok(()), "{list}");
    }
}

#[test]
fn each_fault_has_its_status() {
    let host = ("host", "localhost:80");
    for (lines, status) in [
        (vec![], 400),
        (vec![("host", "")], 400),
        (vec![("host", "a/b")], 400),
        (vec![("host", "a@b")], 400),
        (vec![("host", "a, b")], 400),
        (vec![("host", "\u{ac00}")], 400),
        (vec![host, ("content-length", "")], 400),
        (vec![host, ("content-length", "+1")], 400),
        (vec![host, ("content-length", "1, 1")], 400),
        (vec![host, ("content-length", "0x1")], 400),
        (vec![host, ("content-length", "9223372036854775808")], 413),
        (vec![host, ("content-length", "18446744073709551614")], 413),
        (vec![host, ("content-length", "18446744073709551615")], 413),
        (vec![host, ("content-length", "18446744073709551616")], 413),
        (vec![host, ("content-length", "99999999999999999999999999")], 413),
        (vec![host, ("transfer-encoding", "gzip")], 400),
        (vec![host, ("transfer-encoding", "identity")], 400),
        (vec![host, ("transfer-encoding", "gzip, chunked")], 400),
        (vec![host, ("transfer-encoding", "chunked"), ("content-length", "1")], 400),
        (vec![host, ("expect", "200-ok")], 417),
        (vec![host, ("expect", "")], 417),
        (vec![host, ("content-encoding", "gzip")], 415),
        (vec![host, ("content-encoding", "identity, gzip")], 415),
        (vec![host, ("content-encoding", "")], 415),
    ] {
        assert_eq!(fields(&lines).map_err(|fault| fault.code.status()), Err(status), "{lines:?}");
    }
    let zeros = ("content-length", "0000000000000000000000000000000000000007");
    let address = ("host", "[2001:db8::1]:443");
    for lines in [
        vec![host],
        vec![address],
        vec![host, zeros],
        vec![host, ("transfer-encoding", "Chunked")],
        vec![host, ("expect", "100-Continue"), ("content-length", "9223372036854775807")],
        vec![host, ("content-encoding", "identity")],
    ] {
        assert_eq!(fields(&lines), Ok(()), "{lines:?}");
    }
    assert!(Fields::default().check(Version::HTTP_10).is_ok(), "HTTP/1.0 needs no Host");
}
