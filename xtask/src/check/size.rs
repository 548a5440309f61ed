//! No source file is too long to be read at once.

use super::tree::Tree;

/// Lines of a source file at most.
const LINES_MAX: usize = 500;
/// Longer files, each with its reason: lists that a program writes.
const EXCEPTIONS: &[(&str, &str)] = &[];

/// One sentence for each file that is too long, and for each exception that is not needed.
pub fn faults(tree: &Tree) -> Vec<String> {
    faults_except(tree, EXCEPTIONS)
}

fn faults_except(tree: &Tree, exceptions: &[(&str, &str)]) -> Vec<String> {
    let long: Vec<(&str, usize)> =
        tree.sources().map(|file| (file.path.as_str(), file.text.lines().count())).filter(is_long).collect();
    let is_excepted = |path: &str| exceptions.iter().any(|(excepted, _)| *excepted == path);
    let too_long = long.iter().filter(|(path, _)| !is_excepted(path)).map(|(path, lines)| {
        format!("{path}: {lines} lines, at most {LINES_MAX} are allowed. Split it by meaning into two files")
    });
    let unneeded = exceptions.iter().filter(|(path, _)| !long.iter().any(|(long, _)| long == path));
    let unneeded = unneeded.map(|(path, reason)| format!("{path}: no exception is needed ({reason}). Remove it"));
    too_long.chain(unneeded).collect()
}

fn is_long((_, lines): &(&str, usize)) -> bool {
    *lines > LINES_MAX
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_source_file_is_named_with_its_length() {
        let (long, full) = ("x\n".repeat(LINES_MAX + 1), "x\n".repeat(LINES_MAX));
        for name in ["a.rs", "b/c.js", "d.ts", "e.css", "f.lua", "g.sql", "h.html"] {
            let found = faults(&Tree::of(&[(name, &long), ("short.rs", &full), ("Cargo.toml", &long)]));
            assert_eq!(found.len(), 1, "{found:?}");
            assert!(found[0].starts_with(&format!("{name}: 501 lines")), "{found:?}");
        }
    }

    #[test]
    fn an_exception_is_kept_only_as_long_as_it_is_needed() {
        let long = "x\n".repeat(LINES_MAX + 1);
        let exceptions = [("list.rs", "generated")];
        assert_eq!(faults_except(&Tree::of(&[("list.rs", &long)]), &exceptions), Vec::<String>::new());
        assert_eq!(faults_except(&Tree::of(&[("list.rs", "")]), &exceptions).len(), 1);
        assert_eq!(faults_except(&Tree::of(&[]), &exceptions).len(), 1);
    }
}
