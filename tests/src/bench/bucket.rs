//! A workstation whose server keeps documents in a real S3 server, for the benchmarks of documents.

use std::io::Read;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use anyhow::{Context as _, ensure};
use futures::StreamExt as _;
use futures::stream;
use uuid::Uuid;
use wattle_document::{DocumentKey, Hasher, PART_BYTES, Parts};
use wattle_domain::commands::AddDocument;
use wattle_domain::fields::{DocumentKind, DocumentSource};
use wattle_domain::{DocumentId, PatientId};
use wattle_protocol::document::{DocumentAnswer, DocumentAsk, Step};
use wattle_sync_engine::{Tokens as _, Transport};

use super::place;
use crate::desk::Desk;
use crate::house::{House, PEOPLE};
use crate::processes::{free_port, wait_for};

const PATIENCE: Duration = Duration::from_secs(60);
/// Documents under way at once, as a workstation has them.
pub const AT_ONCE: usize = 4;

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
        let program =
            program.context("WATTLE_S3S_FS_BIN names no s3s-fs: `cargo xtask bench` installs it")?;
        let buckets = tempfile::tempdir()?;
        std::fs::create_dir(buckets.path().join("wattle"))?;
        let port = free_port()?;
        let port_text = port.to_string();
        let child = Command::new(program)
            .args(["--host", "127.0.0.1", "--port", &port_text, "--access-key", "A", "--secret-key", "S"])
            .arg(buckets.path())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()?;
        wait_for("S3 listens", PATIENCE, async || std::net::TcpStream::connect(("127.0.0.1", port)).ok())
            .await?;
        Ok(Self { child, port, _buckets: buckets })
    }
}

/// One workstation, one server, one S3 server.
pub struct Bucket {
    transport: Transport,
    desk: Desk,
    patient: PatientId,
    /// The house with the server.
    pub house: House,
    _s3: S3,
    _dir: tempfile::TempDir,
}

impl Bucket {
    /// Starts all of it and signs somebody in.
    ///
    /// # Errors
    /// A part does not start, or `WATTLE_S3S_FS_BIN` names no S3 server.
    pub async fn open() -> anyhow::Result<Self> {
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
        let data = data.to_str().context("a folder that is no text")?;
        house.serve_with(&["--data-dir", data, "--blobs", "s3://wattle"]);
        house.start_server().await?;
        let [maria, ..] = PEOPLE;
        let file = dir.path().join("clinic.db");
        let desk = Desk::enrol(&house, &house.server_url(), &file, "reception-1", &maria).await?;
        desk.in_step("the first sync", PATIENCE).await?;
        let patient = house.text("select id from clinic.patient order by id limit 1")?.parse()?;
        let transport = Transport::new(&house.server_url())?;
        Ok(Self { transport, desk, patient, house, _s3: s3, _dir: dir })
    }

    /// Files so many documents of these bytes; their rows are at the server when it returns, and none of the bytes.
    ///
    /// # Errors
    /// A command is refused, or the rows do not arrive.
    pub async fn file(&self, count: u32, mut bytes: impl Read) -> anyhow::Result<Vec<AddDocument>> {
        let (mut hasher, mut size, mut part) = (Hasher::default(), 0, Vec::new());
        let mut mime = None;
        while bytes.by_ref().take(PART_BYTES).read_to_end(&mut part)? > 0 {
            hasher.update(&part);
            size += part.len();
            mime.get_or_insert_with(|| wattle_document::mime_of(&part));
            part.clear();
        }
        let (sha256, mime) = (hasher.finish(), mime.context("no bytes")?);
        let mut filed = Vec::new();
        for _ in 0..count {
            let command = AddDocument {
                document_id: DocumentId(Uuid::now_v7()),
                patient_id: self.patient,
                kind: DocumentKind::Form,
                title: "A scan".into(),
                source: DocumentSource::Scan,
                mime: mime.into(),
                size_bytes: i64::try_from(size)?,
                sha256: sha256.clone(),
            };
            self.desk.submit(command.clone())?;
            filed.push(command);
        }
        self.desk.in_step("the rows", PATIENCE).await?;
        Ok(filed)
    }

    /// Asks the server about a document.
    ///
    /// # Errors
    /// It does not know it, or cannot be reached.
    pub async fn ask(&self, filed: &AddDocument, step: Step) -> anyhow::Result<DocumentAnswer> {
        let ask = DocumentAsk { document_id: filed.document_id, table: filed.kind.table(), step };
        let token = self.desk.keeper.access().context("no token")?;
        self.transport.document(&token, &ask).await?.context("no such document")
    }

    /// Seals and sends a document, a part after the other as it is read, and has the server confirm it.
    ///
    /// # Errors
    /// The server or the store says no, or the bytes cannot be read.
    pub async fn up(&self, filed: &AddDocument, mut bytes: impl Read) -> anyhow::Result<()> {
        let DocumentAnswer::Up { key, parts } = self.ask(filed, Step::Up).await? else {
            anyhow::bail!("not up")
        };
        let sealer = sealer(filed, &key)?;
        for (number, up) in (0..).zip(&parts) {
            let mut plain = Vec::new();
            bytes.by_ref().take(PART_BYTES).read_to_end(&mut plain)?;
            self.transport.put_part(&up.url, sealer.seal(number, &plain)?).await?;
        }
        ensure!(self.ask(filed, Step::Confirm).await? == DocumentAnswer::Stored, "not confirmed");
        Ok(())
    }

    /// Fetches and opens a document's parts.
    ///
    /// # Errors
    /// The server or the store says no.
    pub async fn down(&self, filed: &AddDocument) -> anyhow::Result<()> {
        let DocumentAnswer::Down { key, parts } = self.ask(filed, Step::Down).await? else {
            anyhow::bail!("not down")
        };
        let opener = sealer(filed, &key)?;
        for (number, url) in (0..).zip(&parts) {
            std::hint::black_box(opener.open(number, self.transport.part(url, 2 * PART_BYTES).await?)?);
        }
        Ok(())
    }
}

fn sealer(filed: &AddDocument, key: &str) -> anyhow::Result<Parts> {
    let key = DocumentKey::from_base64(key)?;
    Ok(Parts::new(filed.document_id.0, u64::try_from(filed.size_bytes)?, &key)?)
}

/// Does something with each, [`AT_ONCE`] of them at once.
///
/// # Errors
/// The first of theirs.
pub async fn each<T>(of: &[T], work: impl AsyncFn(&T) -> anyhow::Result<()>) -> anyhow::Result<()> {
    let mut under_way = stream::iter(of).map(|one| work(one)).buffer_unordered(AT_ONCE);
    while let Some(done) = under_way.next().await {
        done?;
    }
    Ok(())
}
