//! The migrations make what the domain describes.

use wattle_domain::{ColumnKind, TableName};
use wattle_protocol::pull::COMMON_COLUMNS;

use super::cast::{look, open};

#[test]
fn every_table_is_as_described() {
    let folder = tempfile::tempdir().unwrap();
    drop(open(folder.path()));
    let connection = look(folder.path());
    for name in TableName::ALL {
        let table = name.table();
        let mut statement = connection.prepare(&format!("PRAGMA table_info({})", table.sql)).unwrap();
        let mut found: Vec<(String, String, bool)> = statement
            .query_map([], |row| Ok((row.get(1)?, row.get(2)?, row.get::<_, bool>(3)?)))
            .unwrap()
            .collect::<Result<_, _>>()
            .unwrap();
        let common = COMMON_COLUMNS.map(|column| {
            let integer = ["rev", "created_at", "updated_at", "deleted_at"].contains(&column);
            let needed = ["id", "rev", "created_at", "updated_at"].contains(&column);
            (column.to_owned(), if integer { "INTEGER" } else { "TEXT" }.to_owned(), needed)
        });
        let own = table.columns.iter().map(|column| {
            let kind = match column.kind {
                ColumnKind::Int | ColumnKind::Bool | ColumnKind::Instant => "INTEGER",
                ColumnKind::Text | ColumnKind::Date | ColumnKind::Uuid | ColumnKind::Json => "TEXT",
            };
            (column.name.to_owned(), kind.to_owned(), !column.optional)
        });
        let mut expected: Vec<_> = common.into_iter().chain(own).collect();
        expected.push(("extra".into(), "TEXT".into(), false));
        // A column that came later stands at the end of its table.
        found.sort();
        expected.sort();
        assert_eq!(found, expected, "{}", table.sql);
        let strict: bool = connection
            .query_row("SELECT strict FROM pragma_table_list WHERE name = ?", [table.sql], |row| row.get(0))
            .unwrap();
        assert!(strict, "{} is STRICT", table.sql);
    }
}

#[test]
fn the_file_is_set_up_to_survive() {
    let folder = tempfile::tempdir().unwrap();
    let store = open(folder.path());
    let connection = look(folder.path());
    let mode: String = connection.pragma_query_value(None, "journal_mode", |row| row.get(0)).unwrap();
    assert_eq!(mode, "wal");
    drop(store);
}
