// Scripts and styles without what only their readers need; used by the build script, and by the tests of sizes.

/// Comments on lines of their own, casts of types, indentation and empty lines are left out: half of the bytes. Other companies'
/// files stay as they are.
///
/// Line by line, so nothing inside a text can be taken for a comment; what it asks of our own files is that no template
/// literal spans lines (a test looks).
pub fn slim(name: &str, content: &[u8]) -> Vec<u8> {
    let is_ours = (name.ends_with(".js") || name.ends_with(".css")) && !name.starts_with("vendor/");
    let Some(text) = std::str::from_utf8(content).ok().filter(|_| is_ours) else { return content.to_vec() };
    let (mut out, mut is_comment) = (String::with_capacity(text.len()), false);
    for mut line in text.lines().map(str::trim) {
        if is_comment {
            let Some((_, behind)) = line.split_once("*/") else { continue };
            (is_comment, line) = (false, behind.trim());
        }
        if line.starts_with("/*") {
            is_comment = !line.contains("*/");
            let is_all = line.find("*/").is_some_and(|end| end + 2 == line.len());
            if is_comment || is_all {
                continue;
            }
        }
        if !line.is_empty() && !line.starts_with("//") {
            out.push_str(&without_casts(line));
            out.push('\n');
        }
    }
    out.into_bytes()
}

/// Without `/** @type {X} */`, which stands before a value in brackets.
fn without_casts(line: &str) -> String {
    const START: &str = "/** @type {";
    let (mut out, mut rest) = (String::with_capacity(line.len()), line);
    while let Some((before, after)) = rest.split_once(START) {
        let Some((_, behind)) = after.split_once("*/") else { break };
        out.push_str(before);
        rest = behind.trim_start();
    }
    out.push_str(rest);
    out
}
