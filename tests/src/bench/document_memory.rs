//! `document-memory`: what a workstation and its server hold while 1 GB of documents goes up.

use std::fs::File;
use std::io::Write as _;
use std::time::Instant;

use wattle_document::PART_BYTES;

use super::bucket::{AT_ONCE, Bucket, each};
use super::figures::Figures;
use super::machine;
use super::scale::Scale;

/// The largest that a document may be, 100 MiB, and so many of them.
const DOCUMENTS: u32 = 10;
const PARTS: u64 = 25;
const AIM_MB: f64 = 150.0;

/// Needs `WATTLE_S3S_FS_BIN`.
///
/// # Errors
/// A part of the house says no, or there is no S3 server.
pub fn run(scale: Scale) -> anyhow::Result<Figures> {
    tokio::runtime::Builder::new_multi_thread().enable_all().build()?.block_on(measure(scale))
}

async fn measure(scale: Scale) -> anyhow::Result<Figures> {
    let count = scale.of(DOCUMENTS, 2);
    let mut figures = Figures::new(
        "document-memory",
        format!(
            "{count} documents of 100 MiB read from disk, sealed and sent, {AT_ONCE} at once{}",
            scale.note()
        ),
        "client and server under 150 MB each",
        "the same processes before anything is sent",
    );
    let bucket = Bucket::open().await?;
    let part: Vec<u8> = (0..PART_BYTES).map(|n| u8::try_from(n * 31 % 251).unwrap_or(0)).collect();
    let mut on_disk = tempfile::NamedTempFile::new()?;
    for _ in 0..PARTS {
        on_disk.write_all(&part)?;
    }
    let filed = bucket.file(count, File::open(on_disk.path())?).await?;
    machine::forget_peak();
    figures.put("floor_client_mb", machine::rss_mb(None));
    figures.put("floor_server_mb", machine::rss_mb(bucket.house.server_pid()));
    let start = Instant::now();
    each(&filed, async |document| bucket.up(document, File::open(on_disk.path())?).await).await?;
    let mb = f64::from(count) * (PARTS * PART_BYTES) as f64 / 1e6;
    figures.put("mb_s", mb / start.elapsed().as_secs_f64());
    figures.memory(bucket.house.server_pid());
    let (client, server) = (machine::peak_mb(None), machine::peak_mb(bucket.house.server_pid()));
    figures.met = Some(client < AIM_MB && server < AIM_MB);
    Ok(figures)
}
