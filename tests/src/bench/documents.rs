//! `documents`: 200 documents of 1 MB from a workstation into a real S3 server and back, sealed, read and confirmed by the
//! server in between; beside a plain client of the same S3 server.

use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::Context as _;
use uuid::Uuid;
use wattle_document::{DocumentKey, Hasher, PART_BYTES, Parts};
use wattle_domain::DocumentId;
use wattle_domain::commands::AddDocument;
use wattle_domain::fields::{DocumentKind, DocumentSource};
use wattle_protocol::document::{DocumentAnswer, DocumentAsk, Step};
use wattle_sync_engine::{Tokens as _, Transport};

use super::figures::{Figures, peak_rss_mb};
use super::place;
use super::scale::Scale;
use crate::desk::Desk;
use crate::house::PEOPLE;
use crate::processes::{free_port, wait_for};

const DOCUMENTS: u32 = 200;
const BYTES: usize = 1_000_000;
const PATIENCE: Duration = Duration::from_secs(60);

/// Needs `WATTLE_S3S_FS_BIN`.
///
/// # Errors
/// A part of the house says no, or there is no S3 server.
pub fn run(scale: Scale) -> anyhow::Result<Figures> {
    tokio::runtime::Builder::new_multi_thread().enable_all().build()?.block_on(measure(scale))
}

struct S3 {
    child: Child,
    port: u16,
    _buckets: tempfile::TempDir,
}

impl Drop for S3 {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl S3 {
    async fn start() -> anyhow::Result<Self> {
        let program = std::env::var_os("WATTLE_S3S_FS_BIN").map(PathBuf::from);
        let program = program.context("WATTLE_S3S_FS_BIN names no s3s-fs: `cargo xtask setup` builds it")?;
        let buckets = tempfile::tempdir()?;
        std::fs::create_dir(buckets.path().join("wattle"))?;
        let port = free_port()?;
        let child = Command::new(program)
            .args([
                "--host",
                "127.0.0.1",
                "--port",
                &port.to_string(),
                "--access-key",
                "A",
                "--secret-key",
                "S",
            ])
            .arg(buckets.path())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()?;
        wait_for("S3 listens", PATIENCE, async || std::net::TcpStream::connect(("127.0.0.1", port)).ok())
            .await?;
        Ok(Self { child, port, _buckets: buckets })
    }
}

async fn measure(scale: Scale) -> anyhow::Result<Figures> {
    let count = scale.of(DOCUMENTS, 5);
    let mut figures = Figures::new(
        "documents",
        format!("{count} documents of 1 MB up and down, one after the other{}", scale.note()),
        "at least 0.5 of the floor's MB per second",
        "the same bytes put to and got from the same S3 server by the same signed URLs, unsealed and unread",
    );
    let (dir, s3) = (tempfile::tempdir()?, S3::start().await?);
    let mut house = place::house(dir.path())?;
    let endpoint = format!("http://127.0.0.1:{}", s3.port);
    house.serve_env(&[
        ("AWS_ENDPOINT", endpoint.as_str()),
        ("AWS_ALLOW_HTTP", "true"),
        ("AWS_REGION", "us-east-1"),
        ("AWS_ACCESS_KEY_ID", "A"),
        ("AWS_SECRET_ACCESS_KEY", "S"),
    ]);
    let data = dir.path().join("server");
    house.serve_with(&[
        "--data-dir",
        data.to_str().context("a folder that is no text")?,
        "--blobs",
        "s3://wattle",
    ]);
    house.start_server().await?;
    let [maria, ..] = PEOPLE;
    let desk = Desk::enrol(&house, &house.server_url(), &dir.path().join("clinic.db"), "reception-1", &maria)
        .await?;
    desk.in_step("the first sync", PATIENCE).await?;
    let patient = house.text("select id from clinic.patient order by id limit 1")?;
    let transport = Transport::new(&house.server_url())?;
    let bytes: Vec<u8> = (0..BYTES).map(|n| u8::try_from(n * 31 % 251).unwrap_or(0)).collect();
    let mut hasher = Hasher::default();
    hasher.update(&bytes);
    let sha256 = hasher.finish();
    let mut filed = Vec::new();
    for _ in 0..count {
        let command = AddDocument {
            document_id: DocumentId(Uuid::now_v7()),
            patient_id: patient.parse()?,
            kind: DocumentKind::Form,
            title: "A scan".into(),
            source: DocumentSource::Scan,
            mime: wattle_document::mime_of(&bytes).into(),
            size_bytes: i64::try_from(bytes.len())?,
            sha256: sha256.clone(),
        };
        desk.submit(command.clone())?;
        filed.push(command);
    }
    desk.in_step("the rows", PATIENCE).await?;
    let ask = async |filed: &AddDocument, step: Step| {
        let ask = DocumentAsk { document_id: filed.document_id, table: filed.kind.table(), step };
        let token = desk.keeper.access().context("no token")?;
        transport.document(&token, &ask).await?.context("no such document")
    };

    let start = Instant::now();
    for document in &filed {
        let DocumentAnswer::Up { key, parts } = ask(document, Step::Up).await? else {
            anyhow::bail!("not up")
        };
        let key = DocumentKey::from_base64(&key)?;
        let sealer = Parts::new(document.document_id.0, u64::try_from(bytes.len())?, &key)?;
        let chunks = bytes.chunks(usize::try_from(PART_BYTES)?);
        for ((number, plain), up) in (0..).zip(chunks).zip(&parts) {
            transport.put_part(&up.url, sealer.seal(number, plain)?).await?;
        }
        anyhow::ensure!(ask(document, Step::Confirm).await? == DocumentAnswer::Stored, "not confirmed");
    }
    let up = start.elapsed();
    let start = Instant::now();
    for document in &filed {
        let DocumentAnswer::Down { key, parts } = ask(document, Step::Down).await? else {
            anyhow::bail!("not down")
        };
        let key = DocumentKey::from_base64(&key)?;
        let opener = Parts::new(document.document_id.0, u64::try_from(bytes.len())?, &key)?;
        for (number, url) in (0..).zip(&parts) {
            std::hint::black_box(opener.open(number, transport.part(url, 2 * PART_BYTES).await?)?);
        }
    }
    let down = start.elapsed();

    // The floor: URLs are had beforehand.
    let (mut puts, mut gets) = (Vec::new(), Vec::new());
    for document in &filed {
        let DocumentAnswer::Down { parts, .. } = ask(document, Step::Down).await? else {
            anyhow::bail!("not down")
        };
        gets.extend(parts);
    }
    let (mut bare, first) = (Vec::new(), filed.first().context("none was filed")?);
    for _ in 0..count {
        let command = AddDocument { document_id: DocumentId(Uuid::now_v7()), ..first.clone() };
        desk.submit(command.clone())?;
        bare.push(command);
    }
    desk.in_step("more rows", PATIENCE).await?;
    for document in &bare {
        let DocumentAnswer::Up { parts, .. } = ask(document, Step::Up).await? else {
            anyhow::bail!("not up")
        };
        puts.extend(parts.into_iter().map(|part| part.url));
    }
    let http = reqwest::Client::new();
    let start = Instant::now();
    for url in &puts {
        http.put(url).body(bytes.clone()).send().await?.error_for_status()?;
    }
    let bare_up = start.elapsed();
    let start = Instant::now();
    for url in &gets {
        std::hint::black_box(http.get(url).send().await?.error_for_status()?.bytes().await?);
    }
    let bare_down = start.elapsed();

    let mb = f64::from(count) * BYTES as f64 / 1e6;
    let rate = |time: Duration| mb / time.as_secs_f64().max(0.001);
    for (name, time) in [("up", up), ("down", down), ("floor_up", bare_up), ("floor_down", bare_down)] {
        figures.put(&format!("{name}_mb_s"), rate(time));
    }
    let (of_up, of_down) = (rate(up) / rate(bare_up), rate(down) / rate(bare_down));
    figures.put("up_of_floor", of_up);
    figures.put("down_of_floor", of_down);
    figures.put("peak_rss_mb", peak_rss_mb());
    figures.met = Some(of_up >= 0.5 && of_down >= 0.5);
    Ok(figures)
}
