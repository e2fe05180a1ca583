//! The switch taken back, until somebody has worked in Wattle.

use serde::Serialize;
use sqlx::Connection as _;

use super::{CLOSED_IT, Request, Step, run_script};
use crate::error::Error;
use crate::extract;
use crate::load::checklist;
use crate::load::connect::prepare;
use crate::load::{connect, switchover};
use crate::mapping::Mapping;

/// What undoing came to.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub enum Undone {
    /// FileMaker is the clinic's system, and Wattle as the freeze found it. Either a script has opened FileMaker, or a person
    /// must.
    Undone {
        /// There was a switch to take back.
        switched: bool,
        /// The freeze was ticked.
        frozen: bool,
        /// The script has opened it.
        thawed: bool,
        /// Wattle takes nothing that people write.
        closed: bool,
    },
    /// Nothing was undone: people have written in Wattle since the switch, so many rows.
    Written(usize),
}

/// Takes the switch back, unless somebody has written in Wattle since: then nothing is undone, and [`super::export`] says what they
/// wrote. Where a script has frozen FileMaker, the other one thaws it, once the rest is undone.
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
    let freeze = list.done(&mut connection, Step::Freeze.as_str()).await?.map(|done| done.report);
    let by_script = freeze.as_ref().is_some_and(|report| report.get("script").is_some());
    let scripts = mapping.cutover.scripts().filter(|_| by_script);
    if scripts.is_some() {
        extract::asked(request.account.as_ref())?;
    }
    let closed_it = freeze.as_ref().is_some_and(|report| report[CLOSED_IT] == true);
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
    if closed_it {
        switchover::open_unswitched(&mut tx).await?;
    }
    let closed = switchover::is_closed(&mut tx, request.clinic).await?;
    list.undo(&mut tx, &request.by).await?;
    tx.commit().await.map_err(Error::db("undoing a cutover"))?;
    let switched = list.switched_at.is_some();
    let frozen = freeze.is_some_and(|report| report.get("rehearsed").is_none());
    let Some(scripts) = scripts else {
        return Ok(Undone::Undone { switched, frozen, thawed: false, closed });
    };
    run_script(&mapping, request.account.as_ref(), scripts.layout, scripts.thaw).await.map_err(|error| {
        Error::Refused(format!(
            "undone, but people still cannot write in FileMaker: run its script {} there. {error}",
            scripts.thaw
        ))
    })?;
    Ok(Undone::Undone { switched, frozen, thawed: true, closed })
}
