//! What an import rejected and noted, with the records as they are staged.

use futures::TryStreamExt as _;
use sqlx::AssertSqlSafe;
use sqlx::postgres::PgConnection;
use uuid::Uuid;

use crate::error::Error;
use crate::raw::RawRow;

/// Which of the two.
#[derive(Clone, Copy, Debug)]
pub(crate) enum List {
    Rejects,
    Notes,
}

/// One line.
pub(crate) struct Listed {
    /// Our name of the table.
    pub(crate) table: String,
    pub(crate) row: RawRow,
    pub(crate) code: String,
    /// FileMaker's name of the field.
    pub(crate) column: String,
    /// Of a file: where it should be.
    pub(crate) path: Option<String>,
}

/// The lines of a run, table by table and reason by reason.
pub(crate) fn listed(
    connection: &mut PgConnection,
    run: Uuid,
    list: List,
) -> impl futures::Stream<Item = Result<Listed, Error>> + Unpin + '_ {
    type Stored = (String, String, String, Option<String>, i64, i64, Option<String>, Vec<Option<String>>);
    let table = match list {
        List::Rejects => "reject",
        List::Notes => "note",
    };
    let sql = format!(
        "SELECT x.source_table, x.code, x.column_name, x.path, w.position, w.line, w.record_id, w.cells
         FROM staging.{table} x JOIN staging.raw_row w ON w.source_id = x.source_id AND w.position = x.position
         WHERE x.run_id = $1 ORDER BY x.source_table, x.code, x.column_name, x.position"
    );
    let unsigned = |n: i64| u64::try_from(n).unwrap_or(0);
    sqlx::query_as::<_, Stored>(AssertSqlSafe(sql))
        .bind(run)
        .fetch(connection)
        .map_ok(move |(table, code, column, path, position, line, record_id, cells)| {
            let row =
                RawRow { position: unsigned(position), line: unsigned(line), record_id, mod_id: None, cells };
            Listed { table, row, code, column, path }
        })
        .map_err(Error::db("reading what was rejected and noted"))
}
