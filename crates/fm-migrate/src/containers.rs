//! Documents' bytes out of FileMaker into Wattle's object storage, sealed as a workstation seals them.
//!
//! Owns: which containers are copied and which are known already, where their bytes come from, what they are checked against.
//! A copy can be killed anywhere: what is stored stays so, and of the file in hand the parts that are there are not sent again.
//! Must never: call bytes stored that it has not read back, let a readable copy of a file rest anywhere, put a name or a path
//! of a file into a log line.
//! Called by: the binary, `cutover`, the tests.

mod lane;
mod noting;
mod object;
mod open;
mod source;

use std::collections::{BTreeMap, HashSet};
use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::time::Instant;

use futures::TryStreamExt;
use serde::Serialize;
use sqlx::postgres::PgConnection;
use tokio::sync::mpsc;
use uuid::Uuid;
use wattle_blob_store::Blobs;
use wattle_document::{Parts, clinic_folder, part_name};
use wattle_domain::ClinicId;

use crate::error::Error;
use crate::extract::{asked, bind};
use crate::ids::{Namespace, SourceTable};
use crate::import::{Progress, extracted};
use crate::load::connect;
use crate::load::connect::{prepare, share_lane, wait_for_lanes};
use crate::load::containers::{self as facts, Owner};
use crate::load::stage::staged;
use crate::mapping::{Mapping, Storage, TableMapping};
use crate::raw::RawRow;
use crate::read::Source as Export;
use crate::reason::Code;
use crate::survey::{From, Surveyed, survey};
use crate::typing::text;
use crate::wire::{Account, Route};
use lane::{Common, Lane};
use noting::{Contents, Noter};
use open::Open;
use source::{Folder, Source, Wired};

/// Files that are under way at once from a disk: while one is sealed, the store takes in another and PostgreSQL notes others. Memory holds a part (4 MiB) of each, plain and sealed.
const AT_ONCE: u8 = 8;
/// From FileMaker Server: each is a session there, and people still work on it.
const AT_ONCE_BY_WIRE: u8 = 4;
/// Records that wait for a lane.
const WAITING: usize = 16;

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
    /// Of those that were stored now, files that had been stored once and were not where they had been put: of another store, or
    /// lost.
    pub lost: u64,
    /// How long it took.
    pub seconds: f64,
}

impl Copied {
    fn add(&mut self, part: Self) {
        let Self {
            records,
            stored,
            bytes,
            known,
            same,
            empty,
            rejected,
            unclaimed,
            passed_over,
            lost,
            seconds,
        } = part;
        self.records += records;
        self.stored += stored;
        self.bytes += bytes;
        self.known += known;
        self.same += same;
        self.empty += empty;
        self.unclaimed += unclaimed;
        self.passed_over += passed_over;
        self.lost += lost;
        self.seconds += seconds;
        for (code, n) in rejected {
            *self.rejected.entry(code).or_default() += n;
        }
    }
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
    // What the mapping or the folder lacks is said before anything is read or written.
    let first = source(&mapping, mapped, route, request)?;
    let usual = if matches!(first, Source::Wire(_)) { AT_ONCE_BY_WIRE } else { AT_ONCE };
    let at_once = mapped.at_once.map_or(usual, std::num::NonZeroU8::get);
    let others = (1..at_once).map(|_| source(&mapping, mapped, route, request));
    let sources = std::iter::once(Ok(first)).chain(others).collect::<Result<Vec<_>, _>>()?;
    // The whole of an export before anything is written, as an import reads it.
    let file = match route {
        Route::File => Some(survey(&mapping, mapped, |m, columns| bind(m, table, columns))?),
        _ => None,
    };
    // Holds the migrator's lock to the end.
    let mut writer = connect(&request.database_url, request.clinic).await?;
    prepare(&mut writer).await?;
    wait_for_lanes(&mut writer).await?;
    let mut reader = connect(&request.database_url, request.clinic).await?;
    let surveyed = match file {
        Some(found) => found,
        None => extracted(&mut reader, &mapping, request.clinic, table, route).await?,
    };
    let owner = Owner { clinic: request.clinic, file: &mapping.clinic.file };
    let known = facts::read(&mut writer, owner).await?;
    let lost = lost(&mut writer, owner, &blobs).await?;
    let common = Arc::new(Common {
        clinic: request.clinic,
        file: mapping.clinic.file.clone(),
        namespace: Namespace::new(request.clinic, &mapping.clinic.file),
        blobs,
        bound: surveyed.bound.clone(),
        census: surveyed.census.clone(),
        contents: Contents::known(&known),
        known,
        lost,
        stopped: AtomicBool::new(false),
    });
    let (done, mut heard) = mpsc::channel(WAITING);
    let mut connection = connect(&request.database_url, request.clinic).await?;
    share_lane(&mut connection).await?;
    let (noter, notes) = Noter::new(connection, owner);
    let noting = tokio::spawn(noter.run());
    let (mut feeds, mut running) = (Vec::new(), Vec::new());
    for source in sources {
        let mut connection = connect(&request.database_url, request.clinic).await?;
        share_lane(&mut connection).await?;
        let (feed, records) = mpsc::channel(WAITING);
        feeds.push(feed);
        running.push(tokio::spawn(
            Lane::new(Arc::clone(&common), connection, notes.clone(), source).run(records, done.clone()),
        ));
    }
    drop((done, notes));
    let told = async {
        let mut records = 0;
        while heard.recv().await.is_some() {
            records += 1;
            progress("copy", table, records, surveyed.census.records);
        }
    };
    let (fed, ()) = tokio::join!(feed(&surveyed, &mut reader, feeds), told);
    // Each is heard to its end, whatever another says: what is in hand is finished or given up, and sessions are closed.
    let mut copied = Copied::default();
    let mut ended = fed;
    for lane in running {
        let result = lane
            .await
            .unwrap_or_else(|_| Err(Error::Refused("the copy was broken off. Start again.".into())));
        match result {
            Ok(part) => copied.add(part),
            Err(error) => ended = ended.and(Err(error)),
        }
    }
    // It says itself why lanes could not go on.
    let noted =
        noting.await.unwrap_or_else(|_| Err(Error::Refused("the copy was broken off. Start again.".into())));
    noted.and(ended)?;
    copied.unclaimed = source(&mapping, mapped, route, request)?.unclaimed(|key| surveyed.census.has(key))?;
    copied.seconds = began.elapsed().as_secs_f64();
    Ok(copied)
}

/// Which documents have not all their parts in the store that is copied to.
async fn lost(
    connection: &mut PgConnection,
    owner: Owner<'_>,
    blobs: &Blobs,
) -> Result<HashSet<Uuid>, Error> {
    let place = clinic_folder(owner.clinic.0);
    let there = blobs.sizes(&place).await.map_err(Error::store("looking what is stored already"))?;
    facts::lost(connection, owner, |folder, size| {
        let Some(name) = folder.strip_prefix(&place).and_then(|name| name.strip_prefix('/')) else {
            return false;
        };
        let part = |number| there.get(&format!("{name}/{}", part_name(number))).copied();
        (0..Parts::count(size))
            .all(|number| part(number).is_some_and(|n| Some(n) == Parts::sealed_bytes(size, number)))
    })
    .await
}

/// Hands every record to a lane, those of one patient to the same and in their order: which of two equal files of a patient is the other's copy
/// must not depend on which lane was quicker.
async fn feed(
    surveyed: &Surveyed,
    reader: &mut PgConnection,
    lanes: Vec<mpsc::Sender<RawRow>>,
) -> Result<(), Error> {
    let lane_of = |row: &RawRow| {
        let mut hasher = DefaultHasher::new();
        let cells = surveyed.bound.cells(row);
        cells.text("patient").map(|patient| text::fold(&patient)).hash(&mut hasher);
        let n = usize::try_from(hasher.finish() % lanes.len().max(1) as u64).unwrap_or(0);
        lanes.get(n)
    };
    match &surveyed.from {
        From::File(export) => {
            let mut rows = Export::open(&export.path, &export.layout)?;
            let mut row = RawRow::default();
            while rows.next(&mut row)? {
                let Some(lane) = lane_of(&row) else { break };
                if lane.send(std::mem::take(&mut row)).await.is_err() {
                    break; // it has stopped, and says why
                }
            }
        }
        From::Staging(id) => {
            let mut rows = staged(reader, *id);
            while let Some(row) = rows.try_next().await? {
                let Some(lane) = lane_of(&row) else { break };
                if lane.send(row).await.is_err() {
                    break;
                }
            }
        }
    }
    Ok(())
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
    let account = asked(request.account.as_ref())?;
    let layout = mapped.api_layout.clone().ok_or_else(|| {
        mapping.wrong("[documents] needs api_layout = \"a layout that shows the container\": only the Data API gives files.")
    })?;
    Ok(Source::Wire(Box::new(Wired::new(crate::wire::Wire::data_api(mapping, account)?, layout, field))))
}
