//! `document-page`: the first page of a long PDF as a picture for the window.

use std::time::Instant;

use wattle_document::{DocumentKey, PART_BYTES, Parts};

use super::figures::{Figures, percentile};
use crate::paper;

const PAGES: u32 = 300;
/// Pixels of the longer side, as the window asks for.
const EDGE_PX: u32 = 1_600;
const TIMES: usize = 100;
const AIM_MS: f64 = 500.0;

/// Opens the sealed file and draws its first page, over and over.
///
/// # Errors
/// The document cannot be sealed, opened or drawn.
pub fn run() -> anyhow::Result<Figures> {
    let mut figures = Figures::new(
        "document-page",
        format!(
            "{TIMES} times: a sealed PDF of {PAGES} pages (30 MB) read from disk, opened, counted, page 1 drawn"
        ),
        "p99 under 500 ms",
        "the sealed file read from disk",
    );
    let pages: Vec<String> = (1..=PAGES).map(|page| format!("Page {page} of a hospital's record")).collect();
    let lines: Vec<&str> = pages.iter().map(String::as_str).collect();
    let plain = paper::pdf(&lines, 30_000_000);
    let size = u64::try_from(plain.len())?;
    let parts = Parts::new(uuid::Uuid::now_v7(), size, &DocumentKey::generate()?)?;
    let sealed_part = usize::try_from(PART_BYTES + wattle_document::SEAL_BYTES)?;
    let mut sealed = Vec::new();
    for (number, part) in (0..).zip(plain.chunks(usize::try_from(PART_BYTES)?)) {
        sealed.extend(parts.seal(number, part)?);
    }
    let file = tempfile::NamedTempFile::new()?;
    std::fs::write(file.path(), &sealed)?;
    let (mut times, mut bare) = (Vec::new(), Vec::new());
    for _ in 0..TIMES {
        let start = Instant::now();
        std::hint::black_box(std::fs::read(file.path())?);
        bare.push(start.elapsed());
        let start = Instant::now();
        let sealed = std::fs::read(file.path())?;
        let mut opened = Vec::with_capacity(plain.len());
        for (number, part) in (0..).zip(sealed.chunks(sealed_part)) {
            opened.extend(parts.open(number, part.to_vec())?);
        }
        anyhow::ensure!(wattle_document_view::pages(&opened)? == PAGES, "not {PAGES} pages");
        std::hint::black_box(wattle_document_view::page(&opened, 0, EDGE_PX)?);
        times.push(start.elapsed());
    }
    let p99 = figures.times(times);
    bare.sort_unstable();
    figures.put("floor", percentile(&bare, 99));
    figures.memory(None);
    figures.met = Some(p99 < AIM_MS);
    Ok(figures)
}
