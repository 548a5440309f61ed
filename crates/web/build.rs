//! Puts the assets into the program: hashed together, each also as brotli and gzip. A debug build holds none of them: it reads
//! the folder at each request, so that a script can be changed without a build.

use flate2::Compression;
use flate2::write::GzEncoder;
use sha2::{Digest, Sha256};
use std::error::Error;
use std::fmt::Write as _;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::{env, fs};

#[path = "src/slim.rs"]
mod slim;

/// The part of the hash that stands in addresses.
const HASH_LETTERS: usize = 12;

fn main() -> Result<(), Box<dyn Error>> {
    println!("cargo::rerun-if-changed=build.rs");
    println!("cargo::rerun-if-changed=src/slim.rs");
    let out = PathBuf::from(env::var("OUT_DIR")?);
    let is_release = env::var("DEBUG_ASSERTIONS").is_err() && env::var("CARGO_CFG_DEBUG_ASSERTIONS").is_err();
    let root = PathBuf::from(env::var("CARGO_MANIFEST_DIR")?).join("assets");
    let mut table = String::new();
    if is_release {
        println!("cargo::rerun-if-changed=assets");
        let mut files = Vec::new();
        collect(&root, &mut files)?;
        files.sort();
        write_table(&root, &files, &out, &mut table)?;
    } else {
        table.push_str("const HASH: &str = \"dev\";\nstatic FILES: &[Asset] = &[];\n");
    }
    fs::write(out.join("assets.rs"), table)?;
    Ok(())
}

fn collect(folder: &Path, files: &mut Vec<PathBuf>) -> Result<(), Box<dyn Error>> {
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        match path.is_dir() {
            true => collect(&path, files)?,
            false => files.push(path),
        }
    }
    Ok(())
}

fn write_table(root: &Path, files: &[PathBuf], out: &Path, table: &mut String) -> Result<(), Box<dyn Error>> {
    let mut tree = Sha256::new();
    table.push_str("static FILES: &[Asset] = &[\n");
    for (index, file) in files.iter().enumerate() {
        let name = file.strip_prefix(root)?.to_string_lossy().replace('\\', "/");
        let content = slim::slim(&name, &fs::read(file)?);
        tree.update(name.as_bytes());
        tree.update((content.len() as u64).to_be_bytes());
        tree.update(&content);
        let [plain, brotli, gzip] = ["plain", "br", "gz"].map(|end| out.join(format!("{index}.{end}")));
        fs::write(&plain, &content)?;
        fs::write(&brotli, brotli_of(&content)?)?;
        fs::write(&gzip, gzip_of(&content)?)?;
        writeln!(
            table,
            "Asset {{ name: {name:?}, plain: include_bytes!({plain:?}), brotli: include_bytes!({brotli:?}), gzip: \
             include_bytes!({gzip:?}) }},"
        )?;
    }
    table.push_str("];\n");
    let hash = hex::encode(tree.finalize());
    writeln!(table, "const HASH: &str = {:?};", &hash[..HASH_LETTERS])?;
    Ok(())
}

fn brotli_of(content: &[u8]) -> Result<Vec<u8>, Box<dyn Error>> {
    let mut compressed = Vec::new();
    let params = brotli::enc::BrotliEncoderParams { quality: 11, ..Default::default() };
    brotli::BrotliCompress(&mut &content[..], &mut compressed, &params)?;
    Ok(compressed)
}

fn gzip_of(content: &[u8]) -> Result<Vec<u8>, Box<dyn Error>> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
    encoder.write_all(content)?;
    Ok(encoder.finish()?)
}
