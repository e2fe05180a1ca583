//! Tables with sealed columns, for work that goes through all of them.

use serde_json::Value;
use wattle_domain::{ColumnKind, Rest, Table, TableName};

use super::{SERVER_ONLY, SealError, Sealer, ServerColumn, is_sealed, value};
use crate::db::column_key::{Resealed, Rested};

/// One of them.
#[derive(Clone, Copy, Debug)]
pub(super) enum Target {
    Synced(&'static Table),
    Server(ServerColumn),
}

impl Target {
    pub fn all() -> impl Iterator<Item = Self> {
        let synced = TableName::ALL.iter().map(|name| name.table()).filter(|t| t.sealed().next().is_some());
        synced.map(Self::Synced).chain(SERVER_ONLY.map(Self::Server))
    }

    pub fn of(table: &str) -> Option<Self> {
        Self::all().find(|target| target.name() == table)
    }

    pub fn name(self) -> &'static str {
        match self {
            Self::Synced(table) => table.sql,
            Self::Server(at) => at.table,
        }
    }

    /// A value under the newest key; `None` when it rests so already.
    pub fn resealed(self, sealer: &Sealer, rested: Rested) -> Result<Option<Resealed>, SealError> {
        match self {
            Self::Synced(table) => synced(table, sealer, rested),
            Self::Server(at) => server(at, sealer, rested),
        }
    }
}

fn is_newest(sealer: &Sealer, text: &str) -> bool {
    is_sealed(text) && value::generation(text) == sealer.generation()
}

fn synced(table: &'static Table, sealer: &Sealer, rested: Rested) -> Result<Option<Resealed>, SealError> {
    let Rested { id, col, value: was } = rested;
    // A column of a newer version is for newer servers.
    let Some(column) = table.column(&col).filter(|column| column.rest != Rest::Open) else { return Ok(None) };
    let damaged = || SealError::Damaged { table: table.sql, column: column.name };
    let mut value = match column.kind {
        ColumnKind::Json => serde_json::from_str(&was).map_err(|_| damaged())?,
        _ => Value::String(was.clone()),
    };
    if value.as_str().is_some_and(|text| is_newest(sealer, text)) {
        return Ok(None);
    }
    sealer.opened(table, column, id, &mut value)?;
    let mark = match (column.rest, &value) {
        (Rest::Matched, Value::String(text)) => sealer.mark(table.sql, column.name, text),
        _ => None,
    };
    let now = sealer.sealed(table, column, id, &value)?;
    Ok(now.map(|now| Resealed { id, col, was, now, mark }))
}

fn server(at: ServerColumn, sealer: &Sealer, rested: Rested) -> Result<Option<Resealed>, SealError> {
    let Rested { id, col, value: was } = rested;
    if col != at.column || is_newest(sealer, &was) {
        return Ok(None);
    }
    let plain = sealer.open_text(at, id, &was)?.into_owned();
    let now = sealer.seal_text(at, id, &plain)?.into_owned();
    Ok(is_sealed(&now).then_some(Resealed { id, col, was, now, mark: None }))
}
