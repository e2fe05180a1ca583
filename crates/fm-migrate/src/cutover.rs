//! The night of the cutover: a checklist that survives interruption, that can be rehearsed, and undone until somebody works.
//!
//! Owns: the order of the steps, and what stops them. Each step is ticked in staging when it is done; run again, the
//! checklist goes on behind the last tick.
//! Must never: switch over on a verification that is not good, or undo when somebody has written in Wattle.
//! Called by: the binary, the tests.

use std::collections::BTreeMap;
use std::io::{BufWriter, Write};
use std::path::{Path, PathBuf};
use std::time::Instant;

use chrono::{DateTime, Utc};
use serde::Serialize;
use serde_json::{Value, json};
use sqlx::Connection as _;
use wattle_domain::ClinicId;

use crate::error::Error;
use crate::import::Progress;
use crate::load::checklist::{self, Cutover};
use crate::load::connect::prepare;
use crate::load::{actual, connect, switchover};
use crate::map_key::MapKey;
use crate::mapping::Mapping;
use crate::wire::{Account, Route, Wire};
use crate::{containers, extract, import, models, private, verify};

/// The steps, in order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Step {
    /// Nobody can write in FileMaker any more.
    Freeze,
    /// What changed since the last extract.
    FinalDelta,
    /// The files of documents, where the mapping has any.
    Containers,
    /// Into the target.
    Import,
    /// Everything is accounted for.
    Verify,
    /// From here on the clinic works in Wattle.
    Switch,
    /// FileMaker is for reading only.
    MarkReadOnly,
}

impl Step {
    /// Every one.
    pub const ALL: [Self; 7] = [
        Self::Freeze,
        Self::FinalDelta,
        Self::Containers,
        Self::Import,
        Self::Verify,
        Self::Switch,
        Self::MarkReadOnly,
    ];

    /// As it is stored and confirmed.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Freeze => "freeze",
            Self::FinalDelta => "final_delta",
            Self::Containers => "containers",
            Self::Import => "import",
            Self::Verify => "verify",
            Self::Switch => "switch",
            Self::MarkReadOnly => "mark_read_only",
        }
    }

    /// What a person must have done before this is confirmed; `None` for what the tool does itself.
    #[must_use]
    pub fn asks(self) -> Option<&'static str> {
        match self {
            Self::Freeze => Some(
                "Give everybody's account in FileMaker a privilege set that may only view, close their windows, and see in the \
                 admin console that nobody but the migrator is connected.",
            ),
            Self::Switch => {
                Some("Read report.html. If you are content, the clinic works in Wattle from now on.")
            }
            Self::MarkReadOnly => Some(
                "Put a note on FileMaker's first layout that it is for reading only, and leave its accounts as they are.",
            ),
            _ => None,
        }
    }
}

/// Asks a person to confirm a step: true when they do.
pub type Ask<'a> = dyn FnMut(Step) -> bool + Send + 'a;

/// What to cut over.
#[derive(Clone, Debug)]
pub struct Request {
    /// `clinic.toml`.
    pub mapping: PathBuf,
    /// As `wattle_migrator`, or as somebody who may become it.
    pub database_url: String,
    /// The tenant.
    pub clinic: ClinicId,
    /// Who reads FileMaker.
    pub account: Account,
    /// How, where not as the mapping says.
    pub route: Option<Route>,
    /// Where the report goes.
    pub out: PathBuf,
    /// Who answers for it.
    pub by: String,
    /// Everything but switching; FileMaker is frozen only by a script, and thawed at the end.
    pub rehearsal: bool,
    /// Ticks of the spot check.
    pub ticked: Option<PathBuf>,
    /// Where blobs are; not needed where the mapping has no documents.
    pub blobs: Option<String>,
    /// Under what the map keeps the hashes of rows.
    pub map_key: Option<MapKey>,
    /// What makes `report.pdf` of the verification.
    pub typesetter: Option<verify::Typesetter>,
}

/// How far it came.
#[derive(Clone, Debug, Serialize)]
pub struct Stands {
    /// Steps that are done, with how long those of this call took, seconds.
    pub done: Vec<(Step, f64)>,
    /// The step that waits, for a person or for a mend; `None` at the end.
    pub waits: Option<Step>,
    /// Why it waits.
    pub why: Option<String>,
    /// The clinic works in Wattle.
    pub switched: bool,
}

/// Walks the checklist as far as it goes.
///
/// # Errors
/// When a step fails; it and those behind it are not ticked.
pub async fn cutover(request: &Request, ask: &mut Ask<'_>, progress: &Progress<'_>) -> Result<Stands, Error> {
    let mapping = Mapping::read(&request.mapping)?;
    if request.by.trim().is_empty() {
        return Err(Error::Refused("a cutover needs the name of the person who answers for it.".into()));
    }
    let mut list = checklist_of(request).await?;
    let walked = walk(request, &mapping, &mut list, ask, progress).await;
    if request.rehearsal {
        let thawed = thaw_after_rehearsal(request, &mapping, &list).await;
        return walked.and_then(|stands| thawed.map(|()| stands));
    }
    walked
}

/// The steps that are not ticked yet, as far as it goes.
async fn walk(
    request: &Request,
    mapping: &Mapping,
    list: &mut Cutover,
    ask: &mut Ask<'_>,
    progress: &Progress<'_>,
) -> Result<Stands, Error> {
    let mut stands =
        Stands { done: Vec::new(), waits: None, why: None, switched: list.switched_at.is_some() };
    for step in Step::ALL {
        let mut connection = connect(&request.database_url, request.clinic).await?;
        if list.done(&mut connection, step.as_str()).await?.is_some() {
            stands.done.push((step, 0.0));
            continue;
        }
        drop(connection);
        let (clock, began_at) = (Instant::now(), now());
        let report = match run(request, mapping, step, ask, progress).await? {
            Ok(report) => report,
            Err(why) => {
                stands.waits = Some(step);
                stands.why = Some(why);
                if step == Step::Verify {
                    // What was imported is not good: after the mend it is read and imported again.
                    let mut connection = connect(&request.database_url, request.clinic).await?;
                    let again = [Step::FinalDelta, Step::Containers, Step::Import].map(Step::as_str);
                    list.strike(&mut connection, &again).await?;
                }
                return Ok(stands);
            }
        };
        let mut connection = connect(&request.database_url, request.clinic).await?;
        let switches = step == Step::Switch && !request.rehearsal;
        let ends = step == Step::MarkReadOnly;
        // The clinic is open from the moment on in which the switch is ticked.
        let mut tx = connection.begin().await.map_err(Error::db("ticking a step"))?;
        list.tick(&mut tx, (step.as_str(), switches, ends), (&request.by, began_at), &report).await?;
        if switches {
            switchover::open(&mut tx).await?;
        }
        tx.commit().await.map_err(Error::db("ticking a step"))?;
        stands.switched = list.switched_at.is_some();
        stands.done.push((step, clock.elapsed().as_secs_f64()));
    }
    Ok(stands)
}

/// The checklist under way, or a new one.
async fn checklist_of(request: &Request) -> Result<Cutover, Error> {
    let mut connection = connect(&request.database_url, request.clinic).await?;
    prepare(&mut connection).await?;
    match checklist::latest(&mut connection, request.clinic).await? {
        Some(open) if !open.ended && open.rehearsal == request.rehearsal => Ok(open),
        Some(open) if !open.ended => Err(Error::Refused(format!(
            "a {} is under way: go on with it, or undo it with --undo.",
            if open.rehearsal { "rehearsal" } else { "cutover" }
        ))),
        Some(done) if done.switched_at.is_some() => Err(Error::Refused(
            "this clinic has been cut over already; --undo while nobody has written in Wattle.".into(),
        )),
        _ => checklist::begin(&mut connection, request.clinic, request.rehearsal).await,
    }
}

/// One step: its report, or why it waits.
async fn run(
    request: &Request,
    mapping: &Mapping,
    step: Step,
    ask: &mut Ask<'_>,
    progress: &Progress<'_>,
) -> Result<Result<Value, String>, Error> {
    let scripts = mapping.cutover.scripts().filter(|_| step == Step::Freeze);
    if request.rehearsal && step.asks().is_some() && scripts.is_none() {
        return Ok(Ok(json!({ "rehearsed": true })));
    }
    let (database_url, clinic) = (request.database_url.clone(), request.clinic);
    if let Some(what) = step.asks() {
        let mut report = serde_json::Map::new();
        if let Some(scripts) = scripts {
            run_script(mapping, &request.account, scripts.layout, scripts.freeze).await?;
            report.insert("script".into(), scripts.freeze.into());
        } else if ask(step) {
            report.insert("confirmed_by".into(), request.by.clone().into());
        } else {
            return Ok(Err(what.to_owned()));
        }
        if step == Step::Freeze && !request.rehearsal {
            // From here on nobody writes in either.
            let mut connection = connect(&database_url, clinic).await?;
            report.insert("closed".into(), switchover::close(&mut connection).await?.into());
        }
        return Ok(Ok(report.into()));
    }
    match step {
        Step::FinalDelta => {
            let files = mapping.tables().all(|(_, table)| mapping.route(table, request.route) == Route::File);
            if files {
                return Ok(Ok(json!({ "files": true })));
            }
            let (account, route) = (request.account.clone(), request.route);
            let wanted =
                extract::Request { mapping: request.mapping.clone(), database_url, clinic, account, route };
            let done = extract::extract(&wanted, progress).await?;
            Ok(Ok(serde_json::to_value(done).unwrap_or_default()))
        }
        Step::Containers if mapping.documents.is_none() => Ok(Ok(json!({ "documents": false }))),
        Step::Containers => {
            let Some(blobs) = request.blobs.clone() else {
                return Err(Error::Refused(
                    "the mapping has documents: say with --blobs where their files go.".into(),
                ));
            };
            let (account, route) = (Some(request.account.clone()), request.route);
            let wanted = containers::Request {
                mapping: request.mapping.clone(),
                database_url,
                clinic,
                route,
                account,
                blobs,
            };
            let done = containers::copy(&wanted, progress).await?;
            Ok(Ok(serde_json::to_value(done).unwrap_or_default()))
        }
        Step::Import => {
            let route = request.route;
            let wanted = import::Request {
                mapping: request.mapping.clone(),
                database_url,
                clinic,
                route,
                map_key: request.map_key.clone(),
            };
            let done = import::import(&wanted, progress).await?;
            // The clinic can work without its read models: what is wrong with them stands on the list, and stops no night.
            let read_models = match models::refresh(&request.database_url, clinic, Some(done.run), None).await
            {
                Ok(fresh) => json!({ "fresh": fresh.len() }),
                Err(error) => json!({ "not_fresh": error.to_string() }),
            };
            Ok(Ok(json!({ "import": done, "read_models": read_models })))
        }
        _ => {
            let wanted = verify::Request {
                mapping: request.mapping.clone(),
                database_url,
                clinic,
                out: request.out.clone(),
                spot: 20,
                ticked: request.ticked.clone(),
                map_key: request.map_key.clone(),
                typesetter: request.typesetter,
            };
            let verified = verify::verify(&wanted).await?;
            if !verified.good {
                return Ok(Err(format!(
                    "Something is not accounted for: see {}. Mend it and run again.",
                    request.out.join("report.html").display()
                )));
            }
            Ok(Ok(json!({ "run": verified.run, "good": true, "spot": verified.spot })))
        }
    }
}

/// Runs one of the scripts of the freeze.
async fn run_script(mapping: &Mapping, account: &Account, layout: &str, script: &str) -> Result<(), Error> {
    let mut api = Wire::data_api(mapping, account)?;
    let ran = api.script(layout, script).await;
    api.close().await;
    ran
}

/// Whether a script has frozen FileMaker for this checklist.
async fn is_frozen(request: &Request, list: &Cutover) -> Result<bool, Error> {
    let mut connection = connect(&request.database_url, request.clinic).await?;
    let report = list.done(&mut connection, Step::Freeze.as_str()).await?;
    Ok(report.is_some_and(|report| report.get("script").is_some()))
}

/// A rehearsal leaves FileMaker as it was, wherever it stopped; where it goes on, it freezes again.
async fn thaw_after_rehearsal(request: &Request, mapping: &Mapping, list: &Cutover) -> Result<(), Error> {
    let Some(scripts) = mapping.cutover.scripts() else { return Ok(()) };
    if !is_frozen(request, list).await? {
        return Ok(());
    }
    run_script(mapping, &request.account, scripts.layout, scripts.thaw).await.map_err(|error| {
        Error::Refused(format!(
            "people still cannot write in FileMaker: run its script {} there. {error}",
            scripts.thaw
        ))
    })?;
    let mut connection = connect(&request.database_url, request.clinic).await?;
    match list.ended {
        true => Ok(()),
        false => list.strike(&mut connection, &[Step::Freeze.as_str()]).await,
    }
}

/// What undoing came to.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub enum Undone {
    /// FileMaker is the clinic's system again, and Wattle is closed. Either a script has opened FileMaker, or a person must.
    Undone {
        /// The script has.
        thawed: bool,
    },
    /// Nothing was undone: people have written in Wattle since the switch, so many rows.
    Written(usize),
}

/// Takes the switch back, unless somebody has written in Wattle since: then nothing is undone, and [`export`] says what they
/// wrote. Where a script has frozen FileMaker, the other one thaws it, once Wattle is closed again.
///
/// # Errors
/// When there is nothing to undo; when it was undone and FileMaker could not be thawed.
pub async fn undo(request: &Request) -> Result<Undone, Error> {
    let mapping = Mapping::read(&request.mapping)?;
    let mut connection = connect(&request.database_url, request.clinic).await?;
    prepare(&mut connection).await?;
    let Some(list) = checklist::latest(&mut connection, request.clinic).await? else {
        return Err(Error::Refused("there is no cutover to undo.".into()));
    };
    let frozen = is_frozen(request, &list).await?;
    // No push is decided between looking and closing.
    let mut tx = connection.begin().await.map_err(Error::db("undoing a cutover"))?;
    if let Some(switched_at) = list.switched_at {
        let worked = !switchover::close_again(&mut tx).await?;
        let mut rows = 0;
        for table in checklist::worked_in() {
            rows +=
                checklist::written_since(&mut tx, request.clinic, table.table(), switched_at).await?.len();
        }
        if worked || rows > 0 {
            return Ok(Undone::Written(rows));
        }
    }
    list.undo(&mut tx, &request.by).await?;
    tx.commit().await.map_err(Error::db("undoing a cutover"))?;
    let Some(scripts) = mapping.cutover.scripts().filter(|_| frozen) else {
        return Ok(Undone::Undone { thawed: false });
    };
    run_script(&mapping, &request.account, scripts.layout, scripts.thaw).await.map_err(|error| {
        Error::Refused(format!(
            "undone, but people still cannot write in FileMaker: run its script {} there. {error}",
            scripts.thaw
        ))
    })?;
    Ok(Undone::Undone { thawed: true })
}

/// What an export holds.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Exported {
    /// Rows, by table; a file each.
    pub tables: BTreeMap<&'static str, usize>,
    /// Rows with values that only the server's keys open: `wattle-server keys open`.
    pub sealed: usize,
}

/// Writes every row that people have written in Wattle since the switch, a file of JSON lines for each table, into a new folder
/// that only its owner reads. Values that the server has sealed are written as they rest.
///
/// # Errors
/// When nothing was switched, the folder is there already, or it cannot be written.
pub async fn export(database_url: &str, clinic: ClinicId, folder: &Path) -> Result<Exported, Error> {
    let mut connection = connect(database_url, clinic).await?;
    prepare(&mut connection).await?;
    let list = checklist::latest(&mut connection, clinic).await?;
    let Some(switched_at) = list.and_then(|list| list.switched_at) else {
        return Err(Error::Refused("nothing was switched over yet: there is nothing to export.".into()));
    };
    let reading = Error::db("reading what was written since the switch");
    let mut tx = connection.begin().await.map_err(&reading)?;
    // All files speak of one moment.
    sqlx::query("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
        .execute(&mut *tx)
        .await
        .map_err(&reading)?;
    // In a clinic that was closed nobody wrote before the switch; a push that began before it and was decided after
    // it has the earlier time.
    let since = switchover::closed_since(&mut tx, clinic).await?.unwrap_or(switched_at);
    private::new_folder(folder).map_err(Error::file(folder))?;
    let mut exported = Exported::default();
    for name in checklist::worked_in() {
        let table = name.table();
        let ids = checklist::written_since(&mut tx, clinic, table, since).await?;
        if ids.is_empty() {
            continue;
        }
        let path = folder.join(format!("{}.jsonl", name.as_str()));
        let mut file = BufWriter::new(private::file(&path).map_err(Error::file(&path))?);
        for id in &ids {
            let Some(whole) = actual::whole(&mut tx, clinic, table, *id).await? else { continue };
            exported.sealed += usize::from(whole.row.sealed);
            let line = json!({ "table": name.as_str(), "id": id, "filemaker_key": whole.filemaker_key,
                "deleted": whole.deleted, "fields": whole.row.fields });
            writeln!(file, "{line}").map_err(Error::file(&path))?;
        }
        let file = file.into_inner().map_err(|error| error.into_error());
        file.and_then(|file| file.sync_all()).map_err(Error::file(&path))?;
        exported.tables.insert(name.as_str(), ids.len());
    }
    Ok(exported)
}

/// The one place of this crate that looks at the clock of the computer: when a step began is for people.
fn now() -> DateTime<Utc> {
    std::time::SystemTime::now().into()
}
