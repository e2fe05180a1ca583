//! The night of the cutover: a checklist that survives interruption, that can be rehearsed, and undone until somebody works.
//!
//! Owns: the order of the steps, and what stops them. Each step is ticked in staging when it is done; run again, the
//! checklist goes on behind the last tick.
//! Must never: switch over on a verification that is not good, or undo when somebody has written in Wattle.
//! Called by: the binary, the tests.

mod export;
mod undo;

use std::path::PathBuf;
use std::time::Instant;

use chrono::{DateTime, Utc};
use serde::Serialize;
use serde_json::{Value, json};
use sqlx::Connection as _;
use sqlx::postgres::PgConnection;
use wattle_domain::ClinicId;

use crate::error::Error;
use crate::import::Progress;
use crate::load::checklist::{self, Cutover};
use crate::load::connect::prepare;
use crate::load::last_run::{self, last_import};
use crate::load::{connect, switchover};
use crate::map_key::MapKey;
use crate::mapping::Mapping;
use crate::wire::{Account, Route, Wire};
use crate::{containers, extract, import, models, verify};
pub use export::{Exported, export};
pub use undo::{Undone, undo};

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

/// In the report of the freeze: that it was the freeze that closed the clinic.
const CLOSED_IT: &str = "closed_it";

/// What to cut over.
#[derive(Clone, Debug)]
pub struct Request {
    /// `clinic.toml`.
    pub mapping: PathBuf,
    /// As `wattle_migrator`, or as somebody who may become it.
    pub database_url: String,
    /// The tenant.
    pub clinic: ClinicId,
    /// Who reads FileMaker, and runs the scripts of the freeze; not needed where nothing is asked of FileMaker Server.
    pub account: Option<Account>,
    /// How, where not as the mapping says.
    pub route: Option<Route>,
    /// Where the report goes.
    pub out: PathBuf,
    /// Who answers for it.
    pub by: String,
    /// Everything but switching; FileMaker is frozen only by a script, and thawed at the end.
    pub rehearsal: bool,
    /// Ticks of the spot check that nobody has given to `verify` yet.
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
    /// Steps that are done, with how long each took, seconds.
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
    has_what_it_needs(request, &mapping)?;
    let mut list = checklist_of(request).await?;
    let walked = walk(request, &mapping, &mut list, ask, progress).await;
    if request.rehearsal {
        let thawed = thaw_after_rehearsal(request, &mapping, &list).await;
        return walked.and_then(|stands| thawed.map(|()| stands));
    }
    walked
}

/// What would be missed in the middle of the night is asked for before it begins.
fn has_what_it_needs(request: &Request, mapping: &Mapping) -> Result<(), Error> {
    let by_wire = |(_, table)| mapping.route(table, request.route) != Route::File;
    if mapping.cutover.scripts().is_some() || mapping.tables().any(by_wire) {
        extract::asked(request.account.as_ref())?;
    }
    if mapping.documents.is_some() {
        blobs(request)?;
    }
    request.ticked.as_deref().map_or(Ok(()), verify::spot::look)
}

fn blobs(request: &Request) -> Result<&str, Error> {
    request.blobs.as_deref().ok_or_else(|| {
        Error::Refused("the mapping has documents: say with --blobs where their files go.".into())
    })
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
        if let Some(done) = list.done(&mut connection, step.as_str()).await? {
            if stands.switched || stands_still(&mut connection, request, step, &done.report).await? {
                stands.done.push((step, done.seconds));
                continue;
            }
            list.strike(&mut connection, &[step.as_str()]).await?;
        }
        drop(connection);
        let (clock, began_at) = (Instant::now(), now());
        let mut report = match run(request, mapping, step, ask, progress).await? {
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
        if switches {
            // Somebody may have read FileMaker again, or imported, while a person thought; until this connection ends nobody can.
            prepare(&mut connection).await?;
            let verified = list.done(&mut connection, Step::Verify.as_str()).await?;
            let verified = verified.map(|done| done.report).unwrap_or_default();
            if !is_of_what_is_there(&mut connection, request, &verified).await? {
                stands.waits = Some(step);
                stands.why = Some(
                    "Something was imported or read again since the verification: it does not speak of what is there now. Run \
                     the cutover again; it verifies first."
                        .into(),
                );
                return Ok(stands);
            }
        }
        // The clinic is open from the moment on in which the switch is ticked, and closed from that on in which the freeze is.
        let mut tx = connection.begin().await.map_err(Error::db("ticking a step"))?;
        if step == Step::Freeze && !request.rehearsal {
            close(&mut tx, mapping, request.clinic, &mut report).await?;
        }
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

/// From here on nobody writes in either.
async fn close(
    connection: &mut PgConnection,
    mapping: &Mapping,
    clinic: ClinicId,
    report: &mut Value,
) -> Result<(), Error> {
    let was_closed = switchover::closed_since(connection, clinic).await?.is_some();
    let closed = switchover::close(connection).await?;
    if let Some(report) = report.as_object_mut() {
        report.insert("closed".into(), closed.into());
        // What the mapping wants closed until the switch was only closed early.
        let it = closed && !was_closed && !mapping.cutover.closed_until_switch;
        report.insert(CLOSED_IT.into(), it.into());
    }
    Ok(())
}

/// Whether what a step that is done has proved is so still.
async fn stands_still(
    connection: &mut PgConnection,
    request: &Request,
    step: Step,
    report: &Value,
) -> Result<bool, Error> {
    match step {
        // Broken off by somebody else since: what it began has to come to its end.
        Step::Import => Ok(!last_run::is_half_done(connection, request.clinic).await?),
        Step::Verify => {
            Ok(request.ticked.is_none() && is_of_what_is_there(connection, request, report).await?)
        }
        _ => Ok(true),
    }
}

/// Whether a verification was of the import that is the latest, with nothing read since.
async fn is_of_what_is_there(
    connection: &mut PgConnection,
    request: &Request,
    verified: &Value,
) -> Result<bool, Error> {
    let Some((run, used)) = last_import(connection, request.clinic).await? else { return Ok(false) };
    Ok(verified["run"] == json!(run)
        && !used.iter().any(|table| table.newer)
        && !last_run::is_half_done(connection, request.clinic).await?)
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
            run_script(mapping, request.account.as_ref(), scripts.layout, scripts.freeze).await?;
            report.insert("script".into(), scripts.freeze.into());
        } else if ask(step) {
            report.insert("confirmed_by".into(), request.by.clone().into());
        } else {
            return Ok(Err(what.to_owned()));
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
            let blobs = blobs(request)?.to_owned();
            let (account, route) = (request.account.clone(), request.route);
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
                spot: None,
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
async fn run_script(
    mapping: &Mapping,
    account: Option<&Account>,
    layout: &str,
    script: &str,
) -> Result<(), Error> {
    let mut api = Wire::data_api(mapping, extract::asked(account)?)?;
    let ran = api.script(layout, script).await;
    api.close().await;
    ran
}

/// Whether a script has frozen FileMaker for this checklist.
async fn is_frozen(request: &Request, list: &Cutover) -> Result<bool, Error> {
    let mut connection = connect(&request.database_url, request.clinic).await?;
    let done = list.done(&mut connection, Step::Freeze.as_str()).await?;
    Ok(done.is_some_and(|done| done.report.get("script").is_some()))
}

/// A rehearsal leaves FileMaker as it was, wherever it stopped; where it goes on, it freezes again.
async fn thaw_after_rehearsal(request: &Request, mapping: &Mapping, list: &Cutover) -> Result<(), Error> {
    let Some(scripts) = mapping.cutover.scripts() else { return Ok(()) };
    if !is_frozen(request, list).await? {
        return Ok(());
    }
    run_script(mapping, request.account.as_ref(), scripts.layout, scripts.thaw).await.map_err(|error| {
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

/// When a step began, by the computer's clock: for people.
fn now() -> DateTime<Utc> {
    std::time::SystemTime::now().into()
}
