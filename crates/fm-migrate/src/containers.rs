//! Documents' bytes out of FileMaker into Wattle's object storage, sealed as a workstation seals them.
//!
//! Owns: which containers are copied and which are known already, where their bytes come from, what they are checked against.
//! A copy can be killed anywhere: what is stored stays so, and of the file in hand the parts that are there are not sent again.
//! Must never: call bytes stored that it has not read back, let a readable copy of a file rest anywhere, put a name or a path
//! of a file into a log line.
//! Called by: the binary, `cutover`, the tests.

mod object;
mod open;
mod source;

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::Instant;

use futures::TryStreamExt;
use serde::Serialize;
use sqlx::postgres::PgConnection;
use wattle_blob_store::Blobs;
use wattle_domain::ClinicId;

use crate::convert::Census;
use crate::error::Error;
use crate::extract::bind;
use crate::ids::{Namespace, SourceTable};
use crate::import::{Progress, extracted};
use crate::load::connect;
use crate::load::connect::prepare;
use crate::load::containers::{self as facts, Container, Containers, Owner, State};
use crate::load::stage::staged;
use crate::mapping::{Bound, Cells, Mapping, Storage, TableMapping};
use crate::raw::{GS, RawRow};
use crate::read::Source as Export;
use crate::reason::Code;
use crate::survey::{From, Surveyed, survey};
use crate::typing::text;
use crate::wire::{Account, Route};
use object::{Copying, Object};
use open::Open;
use source::{Folder, Found, Source, Wired, is_reference};

/// What to copy, where to.
#[derive(Clone, Debug)]
pub struct Request {
    /// `clinic.toml`, with its `[documents]`.
    pub mapping: PathBuf,
    /// As `wattle_migrator`, or as somebody who may become it.
    pub database_url: String,
    /// The tenant.
    pub clinic: ClinicId,
    /// How the records come, where not as the mapping says. Files of records that come from a file are in the mapping's folder.
    pub route: Option<Route>,
    /// Who reads FileMaker; not needed for a folder.
    pub account: Option<Account>,
    /// Where blobs are, as `wattle-server serve` has it: a folder, `s3://…`, `gs://…`.
    pub blobs: String,
}

/// What a copy did.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Copied {
    /// Records with a key of their own.
    pub records: u64,
    /// Containers whose bytes were stored now.
    pub stored: u64,
    /// Their bytes.
    pub bytes: u64,
    /// Containers that are as they were.
    pub known: u64,
    /// Containers with the bytes of another document of the same patient.
    pub same: u64,
    /// Records whose container holds nothing.
    pub empty: u64,
    /// Containers without bytes that can be trusted, by reason.
    pub rejected: BTreeMap<Code, u64>,
    /// Folders of keys that no record has.
    pub unclaimed: u64,
    /// Files in a record's folder that are not copied: of no repetition by their name, or another of the same repetition.
    pub passed_over: u64,
    /// How long it took.
    pub seconds: f64,
}

/// Copies every container that is not known to be there.
///
/// # Errors
/// When the mapping names no container, or FileMaker, PostgreSQL or the object storage refuse or stay away. What is stored stays;
/// the same call goes on from there.
pub async fn copy(request: &Request, progress: &Progress<'_>) -> Result<Copied, Error> {
    let began = Instant::now();
    let mapping = Mapping::read(&request.mapping)?;
    let table = SourceTable::Documents;
    let mapped = mapping
        .table(table)
        .ok_or_else(|| mapping.wrong("there is no [documents]: no table of this clinic holds files."))?;
    let blobs = Blobs::open(&request.blobs).map_err(Error::store("opening the object storage"))?;
    let route = mapping.route(mapped, request.route);
    let source = source(&mapping, mapped, route, request)?;
    // The whole of an export before anything is written, as an import reads it.
    let file = match route {
        Route::File => Some(survey(&mapping, mapped, |m, columns| bind(m, table, columns))?),
        _ => None,
    };
    let mut writer = connect(&request.database_url, request.clinic).await?;
    prepare(&mut writer).await?;
    let mut reader = connect(&request.database_url, request.clinic).await?;
    let surveyed = match file {
        Some(found) => found,
        None => extracted(&mut reader, &mapping, request.clinic, table, route).await?,
    };
    let owner = Owner { clinic: request.clinic, file: &mapping.clinic.file };
    let known = facts::read(&mut writer, owner).await?;
    let namespace = Namespace::new(request.clinic, &mapping.clinic.file);
    let mut copying = Copy {
        writer,
        blobs,
        owner,
        namespace,
        source,
        bound: surveyed.bound.clone(),
        census: &surveyed.census,
        known,
        copied: Copied::default(),
    };
    let done = copying.all(&surveyed, &mut reader, progress).await;
    copying.source.close().await;
    done?;
    let mut copied = copying.copied;
    copied.unclaimed = copying.source.unclaimed(|key| surveyed.census.has(key))?;
    copied.seconds = began.elapsed().as_secs_f64();
    Ok(copied)
}

/// The field that holds files.
///
/// # Errors
/// When the mapping does not name it.
pub(crate) fn field<'m>(mapping: &Mapping, mapped: &'m TableMapping) -> Result<&'m str, Error> {
    mapped
        .container
        .as_deref()
        .ok_or_else(|| mapping.wrong("[documents] needs container = \"the field that holds the files\"."))
}

fn source(
    mapping: &Mapping,
    mapped: &TableMapping,
    route: Route,
    request: &Request,
) -> Result<Source, Error> {
    let field = field(mapping, mapped)?.to_owned();
    let beside = mapping.path.parent().unwrap_or(std::path::Path::new("."));
    if mapped.storage == Some(Storage::Open) {
        let (Some(folder), true) = (&mapped.folder, mapped.fields.contains_key("reference")) else {
            return Err(mapping.wrong(
                "[documents] storage = \"open\" needs folder = \"the storage's folder\" and, among its fields, reference = \"GetAsText of the \
                 container\".",
            ));
        };
        return Ok(Source::Open(Open::new(&beside.join(folder))?));
    }
    if route == Route::File {
        let folder = mapped.folder.as_ref().ok_or_else(|| {
            mapping.wrong(
                "[documents] comes from a file: say with folder = \"…\" where its exported field contents are.",
            )
        })?;
        let stem = mapped.path.file_stem().map(|name| name.to_string_lossy().into_owned());
        let table = mapped.table.clone().or(stem).unwrap_or_default();
        return Ok(Source::Folder(Folder::new(&beside.join(folder), &table, field)?));
    }
    let account = request.account.as_ref().ok_or_else(|| {
        Error::Refused("containers come from FileMaker Server: FM_USER and FM_PASSWORD are needed.".into())
    })?;
    let layout = mapped.api_layout.clone().ok_or_else(|| {
        mapping.wrong("[documents] needs api_layout = \"a layout that shows the container\": only the Data API gives files.")
    })?;
    Ok(Source::Wire(Box::new(Wired::new(crate::wire::Wire::data_api(mapping, account)?, layout, field))))
}

/// What FileMaker says of a container itself: calculated fields of the layout.
#[derive(Clone, Debug, Default)]
struct Said {
    name: Option<String>,
    md5: Option<String>,
    size: Option<u64>,
    reference: bool,
    path: Option<String>,
}

impl Said {
    /// Of one repetition; a field with one value says it of the first.
    fn of(cells: Cells<'_>, repetition: u32) -> Self {
        let nth = usize::try_from(repetition).unwrap_or(1).saturating_sub(1);
        let part = |field: &str| {
            let part = cells.raw(field)?.split(GS).nth(nth)?;
            text::clean(part).filter(|t| t != "?")
        };
        Self {
            name: part("name"),
            md5: part("md5").map(|hex| hex.to_lowercase()),
            size: part("size").and_then(|n| n.parse().ok()).filter(|n| *n > 0),
            reference: part("storage").is_some_and(|word| is_reference(&word)),
            path: part("reference"),
        }
    }

    fn says_anything(&self) -> bool {
        self.name.is_some()
            || self.md5.is_some()
            || self.size.is_some()
            || self.reference
            || self.path.is_some()
    }
}

struct Copy<'a> {
    writer: PgConnection,
    blobs: Blobs,
    owner: Owner<'a>,
    namespace: Namespace,
    source: Source,
    bound: Bound,
    census: &'a Census,
    known: Containers,
    copied: Copied,
}

impl Copy<'_> {
    async fn all(
        &mut self,
        surveyed: &Surveyed,
        reader: &mut PgConnection,
        progress: &Progress<'_>,
    ) -> Result<(), Error> {
        let of = surveyed.census.records;
        let tell = |done: u64| progress("copy", SourceTable::Documents, done, of);
        let mut done = 0;
        match &surveyed.from {
            From::File(export) => {
                let mut rows = Export::open(&export.path, &export.layout)?;
                let mut row = RawRow::default();
                while rows.next(&mut row)? {
                    self.record(&row).await?;
                    done += 1;
                    tell(done);
                }
            }
            From::Staging(id) => {
                let mut rows = staged(reader, *id);
                while let Some(row) = rows.try_next().await? {
                    self.record(&row).await?;
                    done += 1;
                    tell(done);
                }
            }
        }
        Ok(())
    }

    async fn record(&mut self, row: &RawRow) -> Result<(), Error> {
        let bound = self.bound.clone();
        let cells = bound.cells(row);
        // A record that cannot be told from another is rejected with all it holds.
        let Some(key) = cells.text("key").filter(|_| cells.complete()) else { return Ok(()) };
        if self.census.is_duplicate(&key, row.position) {
            return Ok(());
        }
        self.copied.records += 1;
        self.copied.passed_over += self.source.passed_over(&key)?;
        let before: Vec<Container> = self.known.of(&key).to_vec();
        let mark = self.source.mark(&key, row, cells)?;
        if !before.is_empty() && before.iter().all(|c| c.mark == mark && self.stays(c)) {
            self.count_known(&before);
            return Ok(());
        }
        let found = self.source.find(&key, row, cells).await?;
        let mut repetitions = Vec::new();
        for one in &found {
            let repetition = i32::try_from(one.repetition).unwrap_or(i32::MAX);
            let last = before.iter().find(|c| c.repetition == repetition);
            repetitions.push(repetition);
            let kept = self.container(&key, cells, one, (row, &mark), last).await?;
            self.keep(&key, &kept).await?;
        }
        let said = Said::of(cells, 1);
        if found.is_empty() && said.says_anything() {
            // FileMaker knows of a file, and there is none.
            let code = if said.reference { Code::ContainerReference } else { Code::ContainerMissing };
            let path = said.path.or(said.name).or_else(|| self.source.expected(&key));
            let kept = Container::without_bytes(1, State::Rejected { code, path }, &mark);
            repetitions.push(1);
            self.keep(&key, &kept).await?;
        } else if found.is_empty() {
            repetitions.push(0);
            self.keep(&key, &Container::without_bytes(0, State::Empty, &mark)).await?;
        }
        facts::forget(&mut self.writer, self.owner, &key, &repetitions).await
    }

    /// Whether what became of a container need not be asked again while its mark is the same. What FileMaker did not give may
    /// come another time.
    fn stays(&self, it: &Container) -> bool {
        match &it.state {
            State::Stored { .. } | State::Same | State::Empty => true,
            State::Rejected { code, .. } => {
                matches!(
                    code,
                    Code::ContainerReference
                        | Code::ContainerOutside
                        | Code::ContainerLarge
                        | Code::ContainerProgram
                )
            }
        }
    }

    fn count_known(&mut self, known: &[Container]) {
        for one in known {
            match &one.state {
                State::Rejected { code, .. } => *self.copied.rejected.entry(*code).or_default() += 1,
                State::Empty => self.copied.empty += 1,
                State::Stored { .. } | State::Same => self.copied.known += 1,
            }
        }
    }

    async fn keep(&mut self, key: &str, it: &Container) -> Result<(), Error> {
        match &it.state {
            State::Rejected { code, .. } => *self.copied.rejected.entry(*code).or_default() += 1,
            State::Empty => self.copied.empty += 1,
            State::Same => self.copied.same += 1,
            State::Stored { .. } => {}
        }
        facts::note(&mut self.writer, self.owner, key, it).await
    }

    async fn container(
        &mut self,
        key: &str,
        cells: Cells<'_>,
        found: &Found,
        (row, mark): (&RawRow, &str),
        before: Option<&Container>,
    ) -> Result<Container, Error> {
        let said = Said::of(cells, found.repetition);
        let object = Object {
            key,
            record: self.namespace.record(SourceTable::Documents, key),
            repetition: i32::try_from(found.repetition).unwrap_or(i32::MAX),
            patient: cells.text("patient").map(|p| text::fold(&p)).unwrap_or_default(),
            mark,
            said: &said,
            before,
        };
        let mut copying =
            Copying { writer: &mut self.writer, blobs: &self.blobs, owner: self.owner, object: &object };
        let kept = copying.run(&mut self.source, found, (row, cells)).await?;
        if matches!(kept.state, State::Stored { .. }) {
            if before.is_some_and(|b| b.sha256 == kept.sha256 && matches!(b.state, State::Stored { .. })) {
                self.copied.known += 1;
            } else {
                self.copied.stored += 1;
                self.copied.bytes += u64::try_from(kept.size_bytes).unwrap_or(0);
            }
        }
        Ok(kept)
    }
}
