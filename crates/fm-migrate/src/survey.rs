//! The first pass over an export: the whole file is read before anything is written, so that a damaged one loads nothing.

use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};

use ring::digest::{Context, SHA256};

use crate::convert::Census;
use crate::error::Error;
use crate::mapping::{Bound, Mapping, TableMapping};
use crate::raw::{RawColumn, RawRow};
use crate::read::{Layout, Source};

/// What the first pass found.
#[derive(Clone, Debug)]
pub struct Surveyed {
    /// The file.
    pub path: PathBuf,
    /// How it is read.
    pub layout: Layout,
    /// Its columns.
    pub columns: Vec<RawColumn>,
    /// The mapping tied to them.
    pub bound: Bound,
    /// Its keys.
    pub census: Census,
    /// Of its bytes, hex.
    pub sha256: String,
    /// Its length.
    pub size_bytes: u64,
}

/// Reads a whole export.
///
/// # Errors
/// When it is damaged, or lacks a column that the mapping names.
pub fn survey(
    mapping: &Mapping,
    table: &TableMapping,
    bind: impl FnOnce(&Mapping, &[RawColumn]) -> Result<Bound, Error>,
) -> Result<Surveyed, Error> {
    let path = mapping.export(table);
    let mut source = Source::open(&path, &table.layout)?;
    let columns = source.columns().to_vec();
    let bound = bind(mapping, &columns)?;
    let (mut census, mut row) = (Census::default(), RawRow::default());
    while source.next(&mut row)? {
        census.add(&row, bound.cells(&row).raw("key"));
    }
    let (sha256, size_bytes) = checksum(&path)?;
    Ok(Surveyed { layout: table.layout.clone(), columns, bound, census, sha256, size_bytes, path })
}

fn checksum(path: &Path) -> Result<(String, u64), Error> {
    let mut file = File::open(path).map_err(Error::file(path))?;
    let (mut context, mut chunk, mut size) = (Context::new(&SHA256), vec![0_u8; 1 << 16], 0);
    loop {
        let n = file.read(&mut chunk).map_err(Error::file(path))?;
        if n == 0 {
            let hex = context.finish().as_ref().iter().map(|b| format!("{b:02x}")).collect();
            return Ok((hex, size));
        }
        context.update(chunk.get(..n).unwrap_or_default());
        size += n as u64;
    }
}
