//! `containers`: documents' files out of a folder of exported field contents into the object storage, sealed and read back.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, ensure};
use futures::{StreamExt as _, TryStreamExt as _, stream};
use serde_json::Value;
use wattle_blob_store::Blobs;
use wattle_private_postgres::Options;

use super::figures::Figures;
use super::machine;
use super::scale::Scale;
use crate::house::{House, today};

const FILES: u32 = 1_000;
/// As many as a copy has under way from a disk.
const AT_ONCE: usize = 8;
/// A page that was scanned in colour.
const FILE_KIB: u32 = 512;
/// The house's own database.
const DATABASE: &str = "wattle";

/// Copies the files of a sample clinic by `fm-migrate containers`, and the same files plainly.
///
/// # Errors
/// A part of the house says no, or a file was not stored.
pub fn run(scale: Scale) -> anyhow::Result<Figures> {
    let files = scale.of(FILES, 20);
    let mut figures = Figures::new(
        "containers",
        format!(
            "{files} documents of {FILE_KIB} KiB and more out of a folder into a folder store{}",
            scale.note()
        ),
        "at least 0.7 of a plain copy; under 300 MB",
        "each file read whole and put whole into a store of the same kind, eight at once: not sealed, not compared, not read back",
    );
    let dir = tempfile::tempdir()?;
    let mut house = House::found_on(dir.path(), Options::default().sized())?;
    let export = dir.path().join("export");
    sample(&house, &export, files)?;
    let from = export.join("containers");
    // Once before all, so that none alone reads from the disk.
    let bytes = plain(&from, &dir.path().join("before"))?;
    let start = Instant::now();
    plain(&from, &dir.path().join("plain"))?;
    let unsynced = start.elapsed();
    let floor = put(&from, &dir.path().join("put"))?;
    let mut copy = Command::new(&house.programs().fm_migrate);
    copy.arg("containers")
        .arg("--mapping")
        .arg(export.join("clinic.toml"))
        .args(["--clinic", house.clinic()]);
    copy.arg("--blobs").arg(dir.path().join("blobs")).args(["--route", "file"]);
    copy.env("DATABASE_URL", house.cluster().url(DATABASE));
    let (copied, took, peak_mb) = watched(copy)?;
    let stored = copied.get("bytes").and_then(Value::as_u64).context("it does not say how many bytes")?;
    ensure!(stored * 10 > bytes * 8, "it stored {stored} bytes of {bytes}");
    #[allow(clippy::cast_precision_loss, reason = "a rate")]
    let rate = |bytes: u64, took: Duration| bytes as f64 / 1_048_576.0 / took.as_secs_f64();
    let (ours, theirs) = (rate(stored, took), rate(bytes, floor));
    // What the machine's memory takes in: nothing waits for the disk.
    figures.put("memory_mb_per_s", rate(bytes, unsynced));
    figures.put("mb_per_s", ours);
    figures.put("plain_mb_per_s", theirs);
    figures.put("floor_ratio", ours / theirs);
    figures.put("peak_mb", peak_mb);
    figures.met = Some(ours >= theirs * 0.7 && peak_mb < 300.0);
    Ok(figures)
}

fn sample(house: &House, export: &Path, files: u32) -> anyhow::Result<()> {
    let status = Command::new(&house.programs().fm_migrate)
        .args(["sample", "--patients", "2000", "--appointments", "10", "--documents", &files.to_string()])
        .args(["--file-kib", &FILE_KIB.to_string(), "--today", &today()?, "--out"])
        .arg(export)
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status()?;
    ensure!(status.success(), "the sample was not made");
    Ok(())
}

/// Every file below a folder.
fn files(from: &Path) -> anyhow::Result<Vec<PathBuf>> {
    let (mut folders, mut files) = (vec![from.to_owned()], Vec::new());
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(&folder)? {
            let path: PathBuf = entry?.path();
            if path.is_dir() { folders.push(path) } else { files.push(path) }
        }
    }
    Ok(files)
}

/// Copies every file below `from` into `to`; how many bytes.
fn plain(from: &Path, to: &Path) -> anyhow::Result<u64> {
    let mut bytes = 0;
    std::fs::create_dir_all(to)?;
    for (n, path) in files(from)?.iter().enumerate() {
        let content = std::fs::read(path)?;
        bytes += content.len() as u64;
        std::fs::write(to.join(n.to_string()), content)?;
    }
    Ok(bytes)
}

/// Puts every file below `from` into a store at `to`; how long that took. A folder store answers when the disk has them.
fn put(from: &Path, to: &Path) -> anyhow::Result<Duration> {
    let blobs = Blobs::open(to.to_str().context("a folder that is no text")?)?;
    let found = files(from)?;
    let start = Instant::now();
    tokio::runtime::Runtime::new()?.block_on(async {
        let puts = found.iter().enumerate().map(|(n, path)| {
            let blobs = &blobs;
            async move { anyhow::Ok(blobs.put(&format!("{n}/0"), std::fs::read(path)?).await?) }
        });
        stream::iter(puts).buffer_unordered(AT_ONCE).try_for_each(|()| async { Ok(()) }).await
    })?;
    Ok(start.elapsed())
}

/// What a program says at its end, how long it took, the most memory it held.
fn watched(mut command: Command) -> anyhow::Result<(Value, Duration, f64)> {
    let start = Instant::now();
    let mut child = command.stdout(Stdio::piped()).stderr(Stdio::null()).spawn()?;
    let mut peak_mb = 0.0_f64;
    let status = loop {
        // The system forgets a program's peak with the program.
        peak_mb = peak_mb.max(machine::peak_mb(Some(child.id())));
        if let Some(status) = child.try_wait()? {
            break status;
        }
        std::thread::sleep(Duration::from_millis(5));
    };
    let took = start.elapsed();
    let mut said = String::new();
    std::io::Read::read_to_string(&mut child.stdout.take().context("it says nothing")?, &mut said)?;
    ensure!(status.success(), "the copy failed");
    Ok((serde_json::from_str(said.trim())?, took, peak_mb))
}
