//! Whether what is in Wattle is what was in FileMaker: counted twice, summed, and compared row by row.
//!
//! Owns: the checksum tree, the counts of two witnesses, the sums, the pages for the clinic's owner.
//! Must never: change what was migrated, or put a value of a record into the report or a log. (The spot-check page shows records side
//! by side: it is for the person at the clinic who ticks them off, and says so.)
//! Called by: the binary, `cutover`, the tests.

pub mod account;
mod differences;
pub mod digest;
mod expected;
mod page;
mod should;
pub mod spot;
mod sums;

use std::collections::{BTreeMap, HashSet};
use std::path::PathBuf;

use futures::TryStreamExt;
use serde::Serialize;
use sqlx::postgres::PgConnection;
use uuid::Uuid;
use wattle_domain::{ClinicId, TableName};

use crate::convert::TargetRow;
use crate::convert::setup::Setup;
use crate::error::Error;
use crate::ids::Namespace;
use crate::load::connect::make_tables;
use crate::load::last_run::{Used, last_import};
use crate::load::{actual, connect, map_key, witness};
use crate::map_key::MapKey;
use crate::mapping::Mapping;
use crate::reason::Code;
pub use differences::{Difference, What, Why};
use differences::{MOST_BLOCKS, Suspects, Wanted};
use digest::Tree;
use expected::{Staged, Told};
use should::{Forms, Should};
pub use sums::Sum;

/// The tables that a migration fills.
pub const TABLES: [TableName; 25] = [
    TableName::Location,
    TableName::UserName,
    TableName::AppointmentType,
    TableName::Practitioner,
    TableName::PractitionerLocation,
    TableName::SessionTemplate,
    TableName::Patient,
    TableName::PatientIdentifier,
    TableName::PatientContact,
    TableName::Address,
    TableName::Alert,
    TableName::Appointment,
    TableName::AppointmentEvent,
    TableName::Allergy,
    TableName::Medication,
    TableName::Observation,
    TableName::ClinicalNote,
    TableName::Recall,
    TableName::Letter,
    TableName::Invoice,
    TableName::InvoiceItem,
    TableName::Payment,
    TableName::FormerEvent,
    TableName::DeskDocument,
    TableName::Document,
];

/// What to verify.
#[derive(Clone, Debug)]
pub struct Request {
    /// `clinic.toml`.
    pub mapping: PathBuf,
    /// As `wattle_migrator`, or as somebody who may become it.
    pub database_url: String,
    /// The tenant.
    pub clinic: ClinicId,
    /// The folder for the report and the spot-check page.
    pub out: PathBuf,
    /// Another draw for the spot check, of so many records of each table; without it the page that somebody has saved
    /// stays, or a first one is drawn.
    pub spot: Option<u32>,
    /// The ticks that somebody saved from the page.
    pub ticked: Option<PathBuf>,
    /// Under what the map keeps the hashes of rows, as the import had it.
    pub map_key: Option<MapKey>,
    /// What makes `report.pdf` of the report; none without it.
    pub typesetter: Option<Typesetter>,
}

/// Makes a PDF of the report, or says why not. The program has one; the library links none.
pub type Typesetter = fn(&account::Account) -> Result<Vec<u8>, String>;

/// One export on both sides.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Counted {
    /// Our name of it.
    pub table: &'static str,
    /// How it came.
    pub route: String,
    /// FileMaker's count, where it came over HTTP.
    pub filemaker: Option<u64>,
    /// The count of its other interface.
    pub witness: Option<u64>,
    /// Records in staging.
    pub staged: u64,
    /// Records that are rows here, counted in the target.
    pub loaded: u64,
    /// Records in the reject table, by reason.
    pub rejects: BTreeMap<Code, u64>,
    /// Notes on loaded ones, by reason.
    pub notes: BTreeMap<Code, u64>,
    /// It was read on in FileMaker after it was imported.
    pub newer_extract: bool,
}

impl Counted {
    /// Records rejected.
    #[must_use]
    pub fn rejected(&self) -> u64 {
        self.rejects.values().sum()
    }

    /// Whether nothing is unaccounted for.
    #[must_use]
    pub fn good(&self) -> bool {
        let witnesses = [self.filemaker, self.witness];
        self.staged == self.loaded + self.rejected()
            && witnesses.iter().flatten().all(|n| *n == self.staged)
            && !self.newer_extract
    }
}

/// One table's checksum on both sides.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Compared {
    /// The table.
    pub table: &'static str,
    /// Rows that there should be.
    pub expected: u64,
    /// Rows that there are.
    pub actual: u64,
    /// The root over what should be.
    pub expected_root: String,
    /// The root over what is.
    pub actual_root: String,
    /// Blocks that differ.
    pub blocks: usize,
}

/// The whole account.
#[derive(Clone, Debug, Serialize)]
pub struct Verified {
    /// The import that was verified.
    pub run: Uuid,
    /// Whether everything adds up: no count, sum or row is unexplained.
    pub good: bool,
    /// Exports.
    pub counts: Vec<Counted>,
    /// Columns.
    pub sums: Vec<Sum>,
    /// Tables.
    pub tables: Vec<Compared>,
    /// Rows that differ, by name.
    pub differences: Vec<Difference>,
    /// More blocks differ than were looked into.
    pub more: bool,
    /// Foreign keys that PostgreSQL holds.
    pub foreign_keys: i64,
    /// Who looked at records, and at how many; nobody until the page's ticks are given.
    pub spot: spot::Checked,
    /// How long it took.
    pub seconds: f64,
}

/// Verifies the latest import and writes `report.html`, `report.json` and `spot.html`, and `report.pdf` with a typesetter.
///
/// # Errors
/// When there is no finished import, or database, mapping or folder cannot be used. Differences are no errors.
pub async fn verify(request: &Request) -> Result<Verified, Error> {
    let began = std::time::Instant::now();
    let mapping = Mapping::read(&request.mapping)?;
    let namespace = Namespace::new(request.clinic, &mapping.clinic.file);
    let setup = Setup::new(&mapping, request.clinic, &namespace);
    let mut connection = connect(&request.database_url, request.clinic).await?;
    make_tables(&mut connection).await?;
    let Some((run, used)) = last_import(&mut connection, request.clinic).await? else {
        return Err(Error::Refused("nothing has been imported yet. Run import first.".into()));
    };
    // A key that came after the last import is of no use yet: the next one brings the map under it.
    let keyed = map_key::is_keyed(&mut connection, request.clinic, request.map_key.as_ref()).await?;
    let key = request.map_key.as_ref().filter(|_| keyed);
    let staged = Staged::read(&mut connection, &mapping, &used).await?;
    let (namespace, setup) = (&namespace, &setup);
    let side = Side { mapping: &mapping, namespace, setup, used: &used, staged: &staged, key };
    let draw =
        spot::draw(&mut connection, (request.clinic, run), request.ticked.as_deref(), request.spot).await?;
    let mut picks = spot::Picks::new(&draw);
    // Both sides at the same time. After a first import nothing rests sealed yet; later, either form of a row is made, and the target
    // says which of them it has.
    let mut beside = connect(&request.database_url, request.clinic).await?;
    let clinic = request.clinic;
    let mut forms = match actual::any_sealed(&mut beside, clinic, &TABLES).await? {
        true => Forms::Both,
        false => Forms::Plain,
    };
    let target = tokio::spawn(async move { target_trees(&mut beside, clinic).await });
    let mut sides = side.expected(&mut connection, &mut picks, forms).await?;
    let (actual, sealed) = target
        .await
        .map_err(|_| Error::Refused("reading the target was broken off. Start again.".into()))??;
    if !sealed.is_empty() && forms == Forms::Plain {
        // The server has begun to seal meanwhile.
        forms = Forms::Both;
        picks = spot::Picks::new(&draw);
        sides = side.expected(&mut connection, &mut picks, forms).await?;
    }
    let (expected, counts) = sides;
    let expected = expected.settled(&sealed);
    let mut suspects = Suspects::default();
    let (mut tables, mut more) = (Vec::new(), false);
    for (name, actual) in &actual {
        let expected = expected.get(name).cloned().unwrap_or_default();
        let blocks = expected.differing(actual);
        more |= blocks.len() > MOST_BLOCKS;
        tables.push(Compared {
            table: name.as_str(),
            expected: expected.rows,
            actual: actual.rows,
            expected_root: expected.root(),
            actual_root: actual.root(),
            blocks: blocks.len(),
        });
        if !blocks.is_empty() {
            suspects.blocks.insert(*name, blocks.into_iter().take(MOST_BLOCKS).collect());
        }
    }
    let differences = match suspects.blocks.is_empty() {
        true => Vec::new(),
        false => {
            side.gather(&mut connection, &mut suspects).await?;
            suspects.name(&mut connection, request.clinic, key).await?
        }
    };
    let sums = sums::sums(&mut connection, request.clinic, run, &used, &staged).await?;
    let foreign_keys = witness::foreign_keys(&mut connection).await?;
    let differing = differences.iter().map(|difference| difference.id).collect();
    let (picked, spot) = picks.done(&mut connection, request.clinic, &differing).await?;
    let good = !more
        && counts.iter().all(Counted::good)
        && sums.iter().all(Sum::good)
        && differences.iter().all(|d| d.why != Why::Unexplained);
    let seconds = began.elapsed().as_secs_f64();
    let verified =
        Verified { run, good, counts, sums, tables, differences, more, foreign_keys, spot, seconds };
    page::write(&mapping, &verified, request.typesetter, &request.out)?;
    spot::write(&mut connection, request.clinic, &mapping, &draw, &picked, &request.out).await?;
    Ok(verified)
}

/// FileMaker's side, as staged.
struct Side<'a> {
    mapping: &'a Mapping,
    namespace: &'a Namespace,
    setup: &'a Setup,
    used: &'a [Used],
    staged: &'a Staged,
    key: Option<&'a MapKey>,
}

impl Side<'_> {
    async fn tell(&self, connection: &mut PgConnection, told: impl FnMut(Told<'_>)) -> Result<(), Error> {
        self.staged.tell(connection, self.used, self.mapping, self.namespace, self.setup, told).await
    }

    /// Trees and counts of what should be.
    async fn expected(
        &self,
        connection: &mut PgConnection,
        picks: &mut spot::Picks<'_>,
        forms: Forms,
    ) -> Result<(Should<'_>, Vec<Counted>), Error> {
        let mut should = Should::new(forms, self.key);
        let mut counts: Vec<Counted> = self
            .used
            .iter()
            .map(|u| Counted {
                table: u.table.as_str(),
                route: u.route.clone(),
                filemaker: u.found,
                witness: u.witness,
                staged: u.staged,
                loaded: 0,
                rejects: BTreeMap::new(),
                notes: BTreeMap::new(),
                newer_extract: u.newer,
            })
            .collect();
        self.tell(connection, |told| {
            let mut add = |row: &TargetRow| should.add(row);
            match told {
                // The clinic's own row belongs to whoever made it.
                Told::Setup(row) if row.table == TableName::Clinic => {}
                Told::Setup(row) => add(row),
                Told::Record(table, bound, row, outcome) => {
                    let Some(count) = counts.iter_mut().find(|c| c.table == table.as_str()) else { return };
                    match outcome {
                        Ok(typed) => {
                            picks.offer(table, bound, row, typed);
                            count.loaded += 1;
                            let cells = bound.cells(row);
                            let unsaid = cells.unsaid().map(|r| r.code);
                            for code in typed.notes.iter().map(|r| r.code).chain(unsaid) {
                                *count.notes.entry(code).or_default() += 1;
                            }
                            typed.rows.iter().for_each(add);
                        }
                        Err(reason) => *count.rejects.entry(reason.code).or_default() += 1,
                    }
                }
            }
        })
        .await?;
        Ok((should, counts))
    }

    /// The rows of the blocks that differ.
    async fn gather(&self, connection: &mut PgConnection, suspects: &mut Suspects) -> Result<(), Error> {
        self.tell(connection, |told| {
            let mut take = |record: Option<u64>, row: &TargetRow| {
                if suspects.suspects(row.table, row.id) {
                    let wanted = Wanted { record, fields: row.fields.clone() };
                    suspects.wanted.entry(row.table).or_default().insert(row.id, wanted);
                }
            };
            match told {
                Told::Setup(row) => take(None, row),
                Told::Record(_, bound, row, outcome) => match outcome {
                    Ok(typed) => typed.rows.iter().for_each(|target| take(Some(row.position), target)),
                    Err(_) => suspects.rejected.extend(bound.cells(row).text("key")),
                },
            }
        })
        .await
    }
}

/// The trees of the target as it is, and the rows whose words rest sealed.
pub(crate) async fn target_trees(
    connection: &mut PgConnection,
    clinic: ClinicId,
) -> Result<(BTreeMap<TableName, Tree>, HashSet<Uuid>), Error> {
    let (mut trees, mut sealed) = (BTreeMap::new(), HashSet::new());
    for name in TABLES {
        let mut tree = Tree::default();
        let mut rows = actual::values(connection, clinic, name.table());
        while let Some(row) = rows.try_next().await? {
            tree.add(row.id, digest::values_of(name.table(), row.id, &row.values, row.sealed_as.as_deref()));
            sealed.extend(row.sealed_as.map(|_| row.id));
        }
        drop(rows);
        trees.insert(name, tree);
    }
    Ok((trees, sealed))
}

/// The checksum of every table that came from FileMaker: equal for equal content, whatever way it came.
///
/// # Errors
/// When the database cannot be reached.
pub async fn checksums(
    database_url: &str,
    clinic: ClinicId,
) -> Result<BTreeMap<&'static str, String>, Error> {
    let mut connection = connect(database_url, clinic).await?;
    let (trees, _) = target_trees(&mut connection, clinic).await?;
    Ok(trees
        .into_iter()
        .map(|(name, tree)| (name.as_str(), format!("{} {}", tree.rows, tree.root())))
        .collect())
}
