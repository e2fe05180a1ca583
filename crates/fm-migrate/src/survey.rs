//! The first pass over a table: all of it is read before anything is written, so that a damaged file loads nothing.

use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};

use futures::TryStreamExt;
use ring::digest::{Context, SHA256};
use sqlx::postgres::PgConnection;
use uuid::Uuid;

use crate::convert::Census;
use crate::error::Error;
use crate::load::stage::staged;
use crate::mapping::{Bound, Mapping, TableMapping};
use crate::raw::{RawColumn, RawRow};
use crate::read::{Layout, Source};

/// What the first pass found.
#[derive(Clone, Debug)]
pub struct Surveyed {
    /// Where the records are.
    pub from: From,
    /// The columns.
    pub columns: Vec<RawColumn>,
    /// The mapping tied to them.
    pub bound: Bound,
    /// The keys.
    pub census: Census,
}

/// Where the records of a table are.
#[derive(Clone, Debug)]
pub enum From {
    /// In a file, to be staged.
    File(ExportFile),
    /// In staging, extracted: the id of the source.
    Staging(Uuid),
}

/// An export.
#[derive(Clone, Debug)]
pub struct ExportFile {
    /// The file.
    pub path: PathBuf,
    /// How it is read.
    pub layout: Layout,
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
    if table.path.as_os_str().is_empty() {
        return Err(mapping.wrong("a table without path = \"its export\" comes over HTTP: give its route."));
    }
    let path = mapping.export(table);
    let mut source = Source::open(&path, &table.layout)?;
    let columns = source.columns().to_vec();
    let bound = bind(mapping, &columns)?;
    let (mut census, mut row) = (Census::default(), RawRow::default());
    while source.next(&mut row)? {
        census.add(&row, bound.cells(&row).raw("key"));
    }
    let (sha256, size_bytes) = checksum(&path)?;
    let file = ExportFile { layout: table.layout.clone(), sha256, size_bytes, path };
    Ok(Surveyed { from: From::File(file), columns, bound, census })
}

/// Reads all staged records of a table that was extracted.
pub(crate) async fn survey_staged(
    connection: &mut PgConnection,
    source: Uuid,
    columns: Vec<RawColumn>,
    bound: Bound,
) -> Result<Surveyed, Error> {
    let mut census = Census::default();
    let mut rows = staged(connection, source);
    while let Some(row) = rows.try_next().await? {
        census.add(&row, bound.cells(&row).raw("key"));
    }
    drop(rows);
    Ok(Surveyed { from: From::Staging(source), columns, bound, census })
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
