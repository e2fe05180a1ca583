//! What became of each container, and where its bytes are.

use std::collections::{HashMap, HashSet};

use chrono::{DateTime, Utc};
use sqlx::postgres::PgConnection;
use uuid::Uuid;
use wattle_domain::ClinicId;

use crate::error::Error;
use crate::ids::SourceTable;
use crate::reason::Code;

/// What became of a container.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum State {
    /// The bytes are there, read back and found right.
    Stored { document: Uuid, stored_at: DateTime<Utc> },
    /// They are those of another document of the same patient.
    Same,
    /// There are none that can be trusted.
    Rejected { code: Code, path: Option<String> },
    /// There is nothing in it.
    Empty,
}

/// One container.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Container {
    pub(crate) repetition: i32,
    pub(crate) state: State,
    /// What this is true of: the record's count of changes, or the folder's listing.
    pub(crate) mark: String,
    pub(crate) version: i32,
    /// The patient, as the record refers to one, folded.
    pub(crate) patient: String,
    pub(crate) name: Option<String>,
    pub(crate) mime: Option<String>,
    pub(crate) size_bytes: i64,
    pub(crate) sha256: String,
    pub(crate) md5: String,
}

impl Container {
    /// One of which nothing is known but what became of it.
    pub(crate) fn without_bytes(repetition: i32, state: State, mark: &str) -> Self {
        Self {
            repetition,
            state,
            mark: mark.to_owned(),
            version: 0,
            patient: String::new(),
            name: None,
            mime: None,
            size_bytes: 0,
            sha256: String::new(),
            md5: String::new(),
        }
    }
}

/// The containers of a table by the key of their record.
#[derive(Clone, Debug, Default)]
pub struct Containers(HashMap<String, Vec<Container>>);

impl Containers {
    /// Those of a record, in the order of their repetitions; none while it was not looked at.
    pub(crate) fn of(&self, key: &str) -> &[Container] {
        self.0.get(key).map_or(&[], Vec::as_slice)
    }

    /// All of them.
    pub(crate) fn each(&self) -> impl Iterator<Item = &Container> {
        self.0.values().flatten()
    }
}

/// Whose containers.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Owner<'a> {
    pub(crate) clinic: ClinicId,
    pub(crate) file: &'a str,
}

type Stored = (
    String,
    i32,
    String,
    String,
    i32,
    Option<Uuid>,
    Option<String>,
    Option<String>,
    Option<String>,
    Option<i64>,
    Option<String>,
    Option<String>,
    Option<DateTime<Utc>>,
    Option<String>,
    Option<String>,
);

/// Everything that is known of a clinic's containers.
pub(crate) async fn read(connection: &mut PgConnection, owner: Owner<'_>) -> Result<Containers, Error> {
    let rows: Vec<Stored> = sqlx::query_as(
        "SELECT record_key, repetition, state, mark, version, document_id, patient, name, mime, size_bytes, sha256, md5, stored_at,
             code, path
         FROM staging.container WHERE clinic_id = $1 AND source_file = $2 AND source_table = $3
         ORDER BY record_key, repetition",
    )
    .bind(owner.clinic.0)
    .bind(owner.file)
    .bind(SourceTable::Documents.as_str())
    .fetch_all(connection)
    .await
    .map_err(Error::db("reading what became of containers"))?;
    let mut all = Containers::default();
    for (
        key,
        repetition,
        state,
        mark,
        version,
        document,
        patient,
        name,
        mime,
        size,
        sha256,
        md5,
        at,
        code,
        path,
    ) in rows
    {
        let state = match (state.as_str(), document, at) {
            ("stored", Some(document), Some(stored_at)) => State::Stored { document, stored_at },
            ("same", ..) => State::Same,
            ("empty", ..) => State::Empty,
            _ => {
                let code = code.as_deref().and_then(Code::read).unwrap_or(Code::ContainerMissing);
                State::Rejected { code, path }
            }
        };
        all.0.entry(key).or_default().push(Container {
            repetition,
            state,
            mark,
            version,
            patient: patient.unwrap_or_default(),
            name,
            mime,
            size_bytes: size.unwrap_or(0),
            sha256: sha256.unwrap_or_default(),
            md5: md5.unwrap_or_default(),
        });
    }
    Ok(all)
}

/// Documents that were stored once and are so no more: the server has found their bytes wrong since, or they do not rest where
/// they were put; `rests` says that of a folder and a document's size in bytes.
pub(crate) async fn lost(
    connection: &mut PgConnection,
    owner: Owner<'_>,
    rests: impl Fn(&str, u64) -> bool,
) -> Result<HashSet<Uuid>, Error> {
    let rows: Vec<(Uuid, Option<String>, Option<i64>)> = sqlx::query_as(
        "SELECT c.document_id, b.folder, b.size_bytes FROM staging.container c
         LEFT JOIN clinic.document_blob b
           ON b.clinic_id = c.clinic_id AND b.document_id = c.document_id AND b.stored_at IS NOT NULL
         WHERE c.clinic_id = $1 AND c.source_file = $2 AND c.state = 'stored'",
    )
    .bind(owner.clinic.0)
    .bind(owner.file)
    .fetch_all(connection)
    .await
    .map_err(Error::db("looking where documents are"))?;
    let there = |folder: Option<String>, size: Option<i64>| {
        let size = size.and_then(|size| u64::try_from(size).ok());
        folder.zip(size).is_some_and(|(folder, size)| rests(&folder, size))
    };
    let gone = rows.into_iter().filter_map(|(id, folder, size)| (!there(folder, size)).then_some(id));
    Ok(gone.collect())
}

/// Where a document's bytes are to be, and the key that they are sealed under: base64, or sealed itself since.
#[derive(Clone, Debug)]
pub(crate) struct Held {
    pub(crate) folder: String,
    pub(crate) key: String,
    pub(crate) size_bytes: i64,
    /// All of them are there.
    pub(crate) stored: bool,
}

/// Where they are to be, if that was said before.
pub(crate) async fn held(
    connection: &mut PgConnection,
    clinic: ClinicId,
    document: Uuid,
) -> Result<Option<Held>, Error> {
    let found: Option<(String, String, i64, bool)> = sqlx::query_as(
        "SELECT folder, key, size_bytes, stored_at IS NOT NULL FROM clinic.document_blob WHERE clinic_id = $1 AND document_id = $2",
    )
    .bind(clinic.0)
    .bind(document)
    .fetch_optional(connection)
    .await
    .map_err(Error::db("looking for a document's place"))?;
    Ok(found.map(|(folder, key, size_bytes, stored)| Held { folder, key, size_bytes, stored }))
}

/// Says where they are to be, before the first of them goes there; false where somebody has said it already. Whoever may see the
/// document is settled when its own row comes; until then it counts as clinical.
///
/// The disk is not waited for: PostgreSQL writes in order, so that it has this before it has that the bytes are there; a place
/// that is lost before that leaves a folder that belongs to nobody.
pub(crate) async fn hold(
    connection: &mut PgConnection,
    clinic: ClinicId,
    document: Uuid,
    held: &Held,
) -> Result<bool, Error> {
    let done = sqlx::query(
        "WITH quick AS (SELECT set_config('synchronous_commit', 'off', true))
         INSERT INTO clinic.document_blob (clinic_id, document_id, feed, folder, key, size_bytes, sha256, made_at)
         SELECT $1, $2, 'clinical', $3, $4, $5, '', now() FROM quick ON CONFLICT (clinic_id, document_id) DO NOTHING",
    )
    .bind(clinic.0)
    .bind(document)
    .bind(&held.folder)
    .bind(&held.key)
    .bind(held.size_bytes)
    .execute(connection)
    .await
    .map_err(Error::db("noting a document's place"))?;
    Ok(done.rows_affected() == 1)
}

/// Takes a place back that nothing is to be in.
pub(crate) async fn let_go(
    connection: &mut PgConnection,
    clinic: ClinicId,
    document: Uuid,
) -> Result<(), Error> {
    sqlx::query(
        "DELETE FROM clinic.document_blob WHERE clinic_id = $1 AND document_id = $2 AND stored_at IS NULL",
    )
    .bind(clinic.0)
    .bind(document)
    .execute(connection)
    .await
    .map(drop)
    .map_err(Error::db("taking a document's place back"))
}

/// Whether another container of the same patient holds the same bytes.
pub(crate) async fn has_same(
    connection: &mut PgConnection,
    owner: Owner<'_>,
    (key, repetition): (&str, i32),
    (patient, sha256): (&str, &str),
) -> Result<bool, Error> {
    sqlx::query_scalar(
        "SELECT EXISTS (SELECT FROM staging.container WHERE clinic_id = $1 AND sha256 = $2 AND patient = $3 AND state = 'stored'
             AND source_file = $4 AND (record_key, repetition) <> ($5, $6))",
    )
    .bind(owner.clinic.0)
    .bind(sha256)
    .bind(patient)
    .bind(owner.file)
    .bind(key)
    .bind(repetition)
    .fetch_one(connection)
    .await
    .map_err(Error::db("looking for the same content"))
}

/// What became of a container, to be noted.
#[derive(Clone, Debug)]
pub(crate) struct Note {
    /// The key of its record.
    pub(crate) key: String,
    pub(crate) container: Container,
    /// Its bytes were put and read back just now.
    pub(crate) fresh: bool,
}

/// Notes what became of containers, each another one; of `fresh` bytes in the same statement that they are there. Of others the
/// server knows better: it may have found them wrong since.
///
/// # Errors
/// When PostgreSQL refuses, or the place of fresh bytes is not held any more: nothing is noted of that one then.
pub(crate) async fn note(
    connection: &mut PgConnection,
    owner: Owner<'_>,
    notes: &[Note],
) -> Result<(), Error> {
    if notes.is_empty() {
        return Ok(());
    }
    let mut lists = Lists::default();
    notes.iter().for_each(|note| lists.push(note));
    let done = sqlx::query(
        "WITH n AS (
             SELECT * FROM unnest($4::text[], $5::int[], $6::text[], $7::text[], $8::int[], $9::uuid[], $10::text[], $11::text[],
                 $12::text[], $13::bigint[], $14::text[], $15::text[], $16::timestamptz[], $17::text[], $18::text[], $19::bool[])
             AS n (record_key, repetition, state, mark, version, document_id, patient, name, mime, size_bytes, sha256, md5, stored_at,
                 code, path, fresh)),
         there AS (
             UPDATE clinic.document_blob b SET sha256 = n.sha256, stored_at = n.stored_at, checked_at = n.stored_at
             FROM n WHERE n.fresh AND b.clinic_id = $1 AND b.document_id = n.document_id AND b.stored_at IS NULL
             RETURNING b.document_id)
         INSERT INTO staging.container (clinic_id, source_file, source_table, record_key, repetition, state, mark, version,
             document_id, patient, name, mime, size_bytes, sha256, md5, stored_at, code, path)
         SELECT $1, $2, $3, record_key, repetition, state, mark, version, document_id, patient, name, mime, size_bytes, sha256, md5,
             stored_at, code, path
         FROM n WHERE NOT fresh OR EXISTS (SELECT FROM there WHERE there.document_id = n.document_id)
         ON CONFLICT (clinic_id, source_file, source_table, record_key, repetition) DO UPDATE SET state = excluded.state,
             mark = excluded.mark, version = excluded.version, document_id = excluded.document_id, patient = excluded.patient,
             name = excluded.name, mime = excluded.mime, size_bytes = excluded.size_bytes, sha256 = excluded.sha256,
             md5 = excluded.md5, stored_at = excluded.stored_at, code = excluded.code, path = excluded.path",
    )
    .bind(owner.clinic.0)
    .bind(owner.file)
    .bind(SourceTable::Documents.as_str())
    .bind(lists.keys)
    .bind(lists.repetitions)
    .bind(lists.states)
    .bind(lists.marks)
    .bind(lists.versions)
    .bind(lists.documents)
    .bind(lists.patients)
    .bind(lists.names)
    .bind(lists.mimes)
    .bind(lists.sizes)
    .bind(lists.sha256s)
    .bind(lists.md5s)
    .bind(lists.stored_at)
    .bind(lists.codes)
    .bind(lists.paths)
    .bind(lists.fresh)
    .execute(connection)
    .await
    .map_err(Error::db("noting what became of containers"))?;
    if done.rows_affected() < notes.len() as u64 {
        let gone = "the place of a file was given to another while it was copied. Run containers again.";
        return Err(Error::Refused(gone.into()));
    }
    Ok(())
}

/// Notes, column by column.
#[derive(Default)]
struct Lists<'n> {
    keys: Vec<&'n str>,
    repetitions: Vec<i32>,
    states: Vec<&'static str>,
    marks: Vec<&'n str>,
    versions: Vec<i32>,
    documents: Vec<Option<Uuid>>,
    patients: Vec<&'n str>,
    names: Vec<Option<&'n str>>,
    mimes: Vec<Option<&'n str>>,
    sizes: Vec<i64>,
    sha256s: Vec<&'n str>,
    md5s: Vec<&'n str>,
    stored_at: Vec<Option<DateTime<Utc>>>,
    codes: Vec<Option<&'static str>>,
    paths: Vec<Option<&'n str>>,
    fresh: Vec<bool>,
}

impl<'n> Lists<'n> {
    fn push(&mut self, note: &'n Note) {
        let it = &note.container;
        let (state, document, stored_at, code, path) = match &it.state {
            State::Stored { document, stored_at } => {
                ("stored", Some(*document), Some(*stored_at), None, None)
            }
            State::Same => ("same", None, None, None, None),
            State::Rejected { code, path } => ("rejected", None, None, Some(code.as_str()), path.as_deref()),
            State::Empty => ("empty", None, None, None, None),
        };
        self.keys.push(&note.key);
        self.repetitions.push(it.repetition);
        self.states.push(state);
        self.marks.push(&it.mark);
        self.versions.push(it.version);
        self.documents.push(document);
        self.patients.push(&it.patient);
        self.names.push(it.name.as_deref());
        self.mimes.push(it.mime.as_deref());
        self.sizes.push(it.size_bytes);
        self.sha256s.push(&it.sha256);
        self.md5s.push(&it.md5);
        self.stored_at.push(stored_at);
        self.codes.push(code);
        self.paths.push(path);
        self.fresh.push(note.fresh);
    }
}

/// Forgets containers of a record that it has no more: all but some repetitions.
pub(crate) async fn forget(
    connection: &mut PgConnection,
    owner: Owner<'_>,
    key: &str,
    but: &[i32],
) -> Result<(), Error> {
    sqlx::query(
        "DELETE FROM staging.container WHERE clinic_id = $1 AND source_file = $2 AND source_table = $3 AND record_key = $4
           AND repetition <> ALL ($5)",
    )
    .bind(owner.clinic.0)
    .bind(owner.file)
    .bind(SourceTable::Documents.as_str())
    .bind(key)
    .bind(but)
    .execute(connection)
    .await
    .map(drop)
    .map_err(Error::db("forgetting containers"))
}

/// Lets the key of each document be seen by whoever may see its row.
pub(crate) async fn settle_feeds(connection: &mut PgConnection, clinic: ClinicId) -> Result<(), Error> {
    for (table, feed) in [("document", "clinical"), ("desk_document", "front")] {
        let sql = format!(
            "UPDATE clinic.document_blob b SET feed = '{feed}' FROM clinic.{table} d
             WHERE b.clinic_id = $1 AND d.clinic_id = $1 AND d.id = b.document_id AND d.deleted_at IS NULL AND b.feed <> '{feed}'"
        );
        sqlx::query(sqlx::AssertSqlSafe(sql))
            .bind(clinic.0)
            .execute(&mut *connection)
            .await
            .map_err(Error::db("settling who may see a document"))?;
    }
    Ok(())
}
