//! The simulator's own look into a workstation's file, past the store: what is in it, byte by byte.

use std::collections::BTreeMap;
use std::path::Path;

use rusqlite::types::Value as Sql;
use rusqlite::{Connection, MAIN_DB, OpenFlags};
use serde_json::Value;
use uuid::Uuid;
use wattle_domain::attribution::Attribution;
use wattle_domain::{ColumnKind, CommandId, Fields, Rev, Row, TableName, UserId, UtcInstant, WorkstationId};
use wattle_local_store::SigningKey;
use wattle_protocol::pull::COMMON_COLUMNS;

/// The key of every file of a run.
pub const KEY: [u8; 32] = [7; 32];

/// A connection beside the store's.
pub struct Look(Connection);

/// One command in the outbox.
#[derive(Clone, Debug)]
pub struct Waiting {
    /// `waiting`, `answered` or `rejected`.
    pub state: String,
    /// Nobody has dealt with it.
    pub shown: bool,
    /// What the server said.
    pub verdict: Option<String>,
}

impl Look {
    /// Opens a file.
    ///
    /// # Panics
    /// When it cannot be opened: the store has just made or used it.
    #[must_use]
    pub fn open(path: &Path) -> Self {
        let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let connection = Connection::open_with_flags(path, flags).expect("the file opens");
        let hex: String = KEY.iter().map(|b| format!("{b:02x}")).collect();
        connection
            .execute_batch(&format!("PRAGMA key = \"x'{hex}'\"; PRAGMA temp_store = MEMORY"))
            .expect("keyed");
        connection.set_prepared_statement_cache_capacity(64);
        Self(connection)
    }

    /// Runs SQL of the simulator.
    ///
    /// # Panics
    /// When it does not run.
    pub fn run(&self, sql: &str) -> usize {
        self.0.execute(sql, []).expect("SQL of the simulator runs")
    }

    /// Writes a command as the app before this one did: in wire 1, which knew of one file per workstation.
    ///
    /// # Panics
    /// When the command is not there.
    pub fn write_in_wire_1(&self, id: CommandId, author: &SigningKey) {
        let id = id.to_string();
        let mut payload: Value = self
            .0
            .query_row("SELECT payload FROM outbox WHERE command_id = ?", [&id], |row| {
                row.get::<_, String>(0)
            })
            .map(|text| serde_json::from_str(&text).expect("JSON"))
            .expect("the command");
        let envelope = payload.as_object_mut().expect("an object");
        envelope.insert("wire".into(), 1.into());
        envelope.remove("replica");
        let payload = payload.to_string();
        let signature = author.sign_base64(&payload);
        self.0
            .execute(
                "UPDATE outbox SET payload = ?, signature = ? WHERE command_id = ?",
                [&payload, &signature, &id],
            )
            .expect("the command");
    }

    /// A single number.
    ///
    /// # Panics
    /// When the SQL does not run.
    #[must_use]
    pub fn number(&self, sql: &str) -> i64 {
        self.0.prepare_cached(sql).expect(sql).query_row([], |row| row.get(0)).expect(sql)
    }

    /// Texts of one column.
    ///
    /// # Panics
    /// When the SQL does not run.
    #[must_use]
    pub fn texts(&self, sql: &str) -> Vec<String> {
        let mut statement = self.0.prepare_cached(sql).expect(sql);
        let rows = statement.query_map([], |row| row.get::<_, Option<String>>(0)).expect(sql);
        rows.map(|text| text.expect(sql).unwrap_or_default()).collect()
    }

    /// All rows of a table, as people see them here.
    #[must_use]
    pub fn rows(&self, table: TableName) -> Vec<Row> {
        self.select(table, "ORDER BY id")
    }

    /// Some rows of a table.
    ///
    /// # Panics
    /// When a row does not fit its table.
    #[must_use]
    pub fn select(&self, table: TableName, rest: &str) -> Vec<Row> {
        let description = table.table();
        let columns: Vec<&str> = COMMON_COLUMNS
            .into_iter()
            .chain(description.columns.iter().map(|c| c.name))
            .chain(["extra"])
            .collect();
        let sql = format!("SELECT {} FROM {} {rest}", columns.join(", "), description.sql);
        let mut statement = self.0.prepare_cached(&sql).expect("a table");
        let read = |row: &rusqlite::Row<'_>| {
            let uuid = |i: usize| -> rusqlite::Result<Option<Uuid>> {
                Ok(row.get::<_, Option<String>>(i)?.and_then(|t| Uuid::parse_str(&t).ok()))
            };
            let mut fields = Fields::new();
            let mut at = COMMON_COLUMNS.len();
            for column in description.columns {
                fields.insert(column.name.to_owned(), json_of(column.kind, row.get(at)?));
                at += 1;
            }
            if let Some(extra) = row.get::<_, Option<String>>(at)? {
                fields.extend(serde_json::from_str::<Fields>(&extra).unwrap_or_default());
            }
            Ok(Row {
                id: uuid(0)?.unwrap_or_default(),
                rev: Rev(row.get(1)?),
                attribution: Attribution {
                    created_at: UtcInstant(row.get(2)?),
                    created_by: uuid(3)?.map(UserId),
                    updated_at: UtcInstant(row.get(4)?),
                    updated_by: uuid(5)?.map(UserId),
                    origin_workstation: uuid(6)?.map(WorkstationId),
                    deleted_at: row.get::<_, Option<i64>>(7)?.map(UtcInstant),
                    deleted_reason: row.get(8)?,
                },
                fields,
            })
        };
        statement.query_map([], read).expect("rows").map(|row| row.expect("a row")).collect()
    }

    /// The server's rows of a table as this file holds them: without the effect of pending commands.
    ///
    /// # Panics
    /// When an image cannot be read.
    #[must_use]
    pub fn mirror(&self, table: TableName) -> BTreeMap<Uuid, Row> {
        let mut rows: BTreeMap<Uuid, Row> = self.rows(table).into_iter().map(|row| (row.id, row)).collect();
        let mut statement =
            self.0.prepare_cached("SELECT id, row FROM mirror_image WHERE tbl = ?").expect("mirror images");
        let images = statement
            .query_map([table.as_str()], |row| {
                Ok((row.get::<_, String>(0)?, row.get::<_, Option<String>>(1)?))
            })
            .expect("mirror images");
        for image in images {
            let (id, row) = image.expect("an image");
            let id = Uuid::parse_str(&id).expect("an id");
            match row {
                Some(row) => rows.insert(id, serde_json::from_str(&row).expect("a row")),
                None => rows.remove(&id),
            };
        }
        rows
    }

    /// The outbox by command.
    ///
    /// # Panics
    /// When it cannot be read.
    #[must_use]
    pub fn outbox(&self) -> BTreeMap<CommandId, Waiting> {
        let sql = "SELECT command_id, state, set_aside_at IS NULL, verdict FROM outbox";
        let mut statement = self.0.prepare_cached(sql).expect("the outbox");
        let rows = statement.query_map([], |row| {
            let id: String = row.get(0)?;
            Ok((id, Waiting { state: row.get(1)?, shown: row.get(2)?, verdict: row.get(3)? }))
        });
        let rows = rows.expect("the outbox").map(|row| row.expect("a command"));
        rows.map(|(id, waiting)| (id.parse().expect("a command's id"), waiting)).collect()
    }

    /// Every page of the file, decrypted, those that are free too.
    ///
    /// # Panics
    /// When it cannot be read.
    #[must_use]
    pub fn bytes(&self) -> Vec<u8> {
        self.0.serialize(MAIN_DB).expect("the pages").to_vec()
    }
}

fn json_of(kind: ColumnKind, value: Sql) -> Value {
    match (kind, value) {
        (_, Sql::Null) => Value::Null,
        (ColumnKind::Bool, Sql::Integer(n)) => Value::Bool(n != 0),
        (_, Sql::Integer(n)) => n.into(),
        (ColumnKind::Json, Sql::Text(text)) => serde_json::from_str(&text).unwrap_or(Value::Null),
        (_, Sql::Text(text)) => text.into(),
        (_, Sql::Real(n)) => n.into(),
        (_, Sql::Blob(_)) => Value::Null,
    }
}
