//! Bytes of scripts and styles, as a browser gets them the first time: brotli 11 of what a release holds (web design, budgets).

use crate::files::{folder, name, texts};

#[path = "../../src/slim.rs"]
mod slim;

fn bytes(asset: &str) -> usize {
    let content = std::fs::read(folder("crates/web/assets").join(asset)).expect("the file is there");
    let slim = slim::slim(asset, &content);
    let mut compressed = Vec::new();
    let params = brotli::enc::BrotliEncoderParams { quality: 11, ..Default::default() };
    brotli::BrotliCompress(&mut &slim[..], &mut compressed, &params).expect("compresses");
    compressed.len()
}

#[test]
fn what_all_pages_share_is_small() {
    for (asset, most) in [("core.js", 3 * 1024), ("base.css", 2_700), ("icon.svg", 400)] {
        let bytes = bytes(asset);
        println!("{asset}: {bytes} bytes of {most}");
        assert!(bytes <= most, "{asset} has {bytes} bytes, more than {most}");
    }
}

#[test]
fn slim_files_lose_comments_casts_and_indentation_alone() {
    let script = "// @ts-check\n\n/** Says. @param {string} a */\nexport function f(a) {\n  /*\n   * long\n   */\n  const b = \
                  /** @type {number} */ (a); // stays\n  return \"/* no comment */\" + b;\n}\n";
    let expected = "export function f(a) {\nconst b = (a); // stays\nreturn \"/* no comment */\" + b;\n}\n";
    assert_eq!(String::from_utf8_lossy(&slim::slim("f.js", script.as_bytes())), expected);
    let style = "/* one */\n:root {\n  --a: 1; /* two */\n}\n/* three\n  four */ .b { c: d; }\n";
    assert_eq!(
        String::from_utf8_lossy(&slim::slim("f.css", style.as_bytes())),
        ":root {\n--a: 1; /* two */\n}\n.b { c: d; }\n"
    );
    for other in ["vendor/f.js", "f.svg"] {
        assert_eq!(slim::slim(other, script.as_bytes()), script.as_bytes());
    }
}

/// A template literal over several lines would lose its indentation.
#[test]
fn no_script_has_a_text_over_several_lines() {
    for (path, text) in texts("crates/web/assets", &["js"]) {
        if path.components().any(|part| part.as_os_str() == "vendor") {
            continue;
        }
        let is_comment = |line: &str| line.trim_start().starts_with(['/', '*']);
        for line in text.lines().filter(|line| !is_comment(line)) {
            assert!(line.matches('`').count() % 2 == 0, "{}: {line}", name(&path));
        }
    }
}
