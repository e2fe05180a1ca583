//! One lane of a copy: record by record, with a connection and a way to the files of its own.

use std::collections::HashSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use sqlx::postgres::PgConnection;
use tokio::sync::mpsc;
use uuid::Uuid;
use wattle_blob_store::Blobs;
use wattle_domain::ClinicId;

use super::Copied;
use super::noting::{Contents, Notes};
use super::object::{Copying, Object};
use super::source::{Found, Source, is_reference};
use crate::convert::Census;
use crate::error::Error;
use crate::ids::{Namespace, SourceTable};
use crate::load::containers::{self as facts, Container, Containers, Note, Owner, State};
use crate::mapping::{Bound, Cells};
use crate::raw::{GS, RawRow};
use crate::reason::Code;
use crate::typing::text;

/// What all lanes look at.
pub(super) struct Common {
    pub(super) clinic: ClinicId,
    /// The FileMaker file.
    pub(super) file: String,
    pub(super) namespace: Namespace,
    pub(super) blobs: Blobs,
    pub(super) bound: Bound,
    pub(super) census: Census,
    /// What became of containers until now.
    pub(super) known: Containers,
    /// What patients had until now.
    pub(super) contents: Contents,
    /// Documents whose bytes are not where they were put: these are brought again.
    pub(super) lost: HashSet<Uuid>,
    /// One of them had to stop: whatever it was (an allowance that is spent, a full disk), the others would only meet it too.
    pub(super) stopped: AtomicBool,
}

impl Common {
    fn owner(&self) -> Owner<'_> {
        Owner { clinic: self.clinic, file: &self.file }
    }
}

/// What FileMaker says of a container itself: calculated fields of the layout.
#[derive(Clone, Debug, Default)]
pub(super) struct Said {
    pub(super) name: Option<String>,
    pub(super) md5: Option<String>,
    pub(super) size: Option<u64>,
    pub(super) reference: bool,
    pub(super) path: Option<String>,
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

pub(super) struct Lane {
    common: Arc<Common>,
    writer: PgConnection,
    notes: Notes,
    /// What came of patients of this lane; no other lane copies a document of theirs.
    contents: Contents,
    source: Source,
    copied: Copied,
}

impl Lane {
    pub(super) fn new(common: Arc<Common>, writer: PgConnection, notes: Notes, source: Source) -> Self {
        Self { common, writer, notes, contents: Contents::default(), source, copied: Copied::default() }
    }

    /// Every record that comes, until there are no more; `done` hears of each.
    pub(super) async fn run(
        mut self,
        mut records: mpsc::Receiver<RawRow>,
        done: mpsc::Sender<()>,
    ) -> Result<Copied, Error> {
        let mut ended = Ok(());
        while let Some(row) = records.recv().await {
            if self.common.stopped.load(Ordering::Relaxed) {
                break;
            }
            ended = self.record(&row).await;
            if ended.is_err() {
                self.common.stopped.store(true, Ordering::Relaxed);
                break;
            }
            // Nobody listens only where nobody waits for this either.
            let _ = done.send(()).await;
        }
        self.source.close().await;
        ended.map(|()| self.copied)
    }

    async fn record(&mut self, row: &RawRow) -> Result<(), Error> {
        let common = Arc::clone(&self.common);
        let cells = common.bound.cells(row);
        // A record that cannot be told from another is rejected with all it holds.
        let Some(key) = cells.text("key").filter(|_| cells.complete()) else { return Ok(()) };
        if common.census.is_duplicate(&key, row.position) {
            return Ok(());
        }
        self.copied.records += 1;
        self.copied.passed_over += self.source.passed_over(&key)?;
        let before = common.known.of(&key);
        let mark = self.source.mark(&key, row, cells)?;
        if !before.is_empty() && before.iter().all(|c| c.mark == mark && self.stays(c)) {
            self.count_known(before);
            return Ok(());
        }
        let found = self.source.find(&key, row, cells).await?;
        let mut repetitions = Vec::new();
        for one in &found {
            let repetition = i32::try_from(one.repetition).unwrap_or(i32::MAX);
            let last = before.iter().find(|c| c.repetition == repetition);
            repetitions.push(repetition);
            let kept = self.container(&key, cells, one, (row, &mark), last).await?;
            let fresh = self.count_bytes(&kept, last);
            self.keep(&key, &kept, fresh).await?;
        }
        let said = Said::of(cells, 1);
        if found.is_empty() && said.says_anything() {
            // FileMaker knows of a file, and there is none.
            let code = if said.reference { Code::ContainerReference } else { Code::ContainerMissing };
            let path = said.path.or(said.name).or_else(|| self.source.expected(&key));
            let kept = Container::without_bytes(1, State::Rejected { code, path }, &mark);
            repetitions.push(1);
            self.keep(&key, &kept, false).await?;
        } else if found.is_empty() {
            repetitions.push(0);
            self.keep(&key, &Container::without_bytes(0, State::Empty, &mark), false).await?;
        }
        if before.iter().all(|c| repetitions.contains(&c.repetition)) {
            return Ok(());
        }
        facts::forget(&mut self.writer, common.owner(), &key, &repetitions).await
    }

    /// Whether what became of a container need not be asked again while its mark is the same. What FileMaker did not give may
    /// come another time.
    fn stays(&self, it: &Container) -> bool {
        match &it.state {
            State::Stored { .. } => !self.is_lost(it),
            State::Same | State::Empty => true,
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

    fn is_lost(&self, it: &Container) -> bool {
        matches!(&it.state, State::Stored { document, .. } if self.common.lost.contains(document))
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

    /// Counts a file whose bytes are in the store; whether they were put there just now.
    fn count_bytes(&mut self, it: &Container, before: Option<&Container>) -> bool {
        let State::Stored { .. } = it.state else { return false };
        let fresh = before.is_none_or(|b| b.state != it.state);
        if fresh {
            self.copied.lost += u64::from(before.is_some_and(|b| self.is_lost(b)));
            self.copied.stored += 1;
            self.copied.bytes += u64::try_from(it.size_bytes).unwrap_or(0);
        } else {
            self.copied.known += 1;
        }
        fresh
    }

    async fn keep(&mut self, key: &str, it: &Container, fresh: bool) -> Result<(), Error> {
        match &it.state {
            State::Rejected { code, .. } => *self.copied.rejected.entry(*code).or_default() += 1,
            State::Empty => self.copied.empty += 1,
            State::Same => self.copied.same += 1,
            State::Stored { .. } => {}
        }
        if let State::Stored { .. } = it.state {
            self.contents.add(&it.patient, &it.sha256);
        }
        self.notes.note(Note { key: key.to_owned(), container: it.clone(), fresh }).await
    }

    async fn container(
        &mut self,
        key: &str,
        cells: Cells<'_>,
        found: &Found,
        (row, mark): (&RawRow, &str),
        before: Option<&Container>,
    ) -> Result<Container, Error> {
        let (common, said) = (Arc::clone(&self.common), Said::of(cells, found.repetition));
        let object = Object {
            key,
            record: common.namespace.record(SourceTable::Documents, key),
            repetition: i32::try_from(found.repetition).unwrap_or(i32::MAX),
            patient: cells.text("patient").map(|p| text::fold(&p)).unwrap_or_default(),
            mark,
            said: &said,
            before,
            lost: before.is_some_and(|before| self.is_lost(before)),
        };
        let (blobs, owner) = (&common.blobs, common.owner());
        let (notes, contents) = (&self.notes, [&common.contents, &self.contents]);
        let mut copying =
            Copying { writer: &mut self.writer, notes, contents, blobs, owner, object: &object };
        copying.run(&mut self.source, found, (row, cells)).await
    }
}
