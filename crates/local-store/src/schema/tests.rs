//! Files of every earlier schema upgrade, and keep what is in them.

use serde_json::json;
use wattle_domain::{Rev, TableName};

use super::{MIGRATIONS, known_version, migrate_to, version};
use crate::tables::synced;
use crate::testing::model::{Server, patient};
use crate::testing::{clock, id, identity, key, maria, open};
use crate::{Store, connection};

/// A file as the app of a schema version left it: made by the migrations up to it, with a row in every table that the
/// version had (each column something that fits) and a command in the outbox.
fn file_of(folder: &std::path::Path, schema: u32) {
    let mut connection = connection::writer(&folder.join("clinic.db"), &key()).unwrap();
    migrate_to(&mut connection, schema).unwrap();
    let tables: Vec<String> = {
        let mut statement = connection
            .prepare(
                "SELECT name FROM pragma_table_list WHERE schema = 'main' AND type = 'table' AND name NOT LIKE 'sqlite%'
                 AND name NOT LIKE 'patient_fts%' AND name NOT IN ('patient_card', 'patient_words', 'name_word', 'meta')",
            )
            .unwrap();
        statement.query_map([], |row| row.get(0)).unwrap().collect::<Result<_, _>>().unwrap()
    };
    for table in tables {
        let mut statement = connection.prepare(&format!("PRAGMA table_info({table})")).unwrap();
        let columns: Vec<(String, String)> = statement
            .query_map([], |row| Ok((row.get(1)?, row.get(2)?)))
            .unwrap()
            .collect::<Result<_, _>>()
            .unwrap();
        let values = columns.iter().map(|(name, kind)| match (name.as_str(), kind.as_str()) {
            ("state", _) if table == "outbox" => "'waiting'".to_owned(),
            ("extra", _) => r#"'{"from_the_future":1}'"#.to_owned(),
            ("id" | "created_by" | "updated_by" | "origin_workstation" | "merged_into", _) => {
                format!("'{}'", id(3, 1))
            }
            (name, _) if table != "outbox" && name.ends_with("_id") => format!("'{}'", id(3, 1)),
            (_, "INTEGER") => "1".to_owned(),
            _ => "'{}'".to_owned(),
        });
        let values: Vec<String> = values.collect();
        connection.execute_batch(&format!("INSERT INTO {table} VALUES ({})", values.join(", "))).unwrap();
    }
}

#[test]
fn files_of_every_earlier_schema_upgrade_and_lose_nothing() {
    for schema in 1..=known_version() {
        let folder = tempfile::tempdir().unwrap();
        file_of(folder.path(), schema);
        let mut connection = connection::writer(&folder.path().join("clinic.db"), &key()).unwrap();
        migrate_to(&mut connection, known_version()).unwrap();
        assert_eq!(version(&connection).unwrap(), known_version());
        for table in TableName::ALL.iter().map(|t| t.as_str()).chain(["outbox", "cursor", "acknowledged"]) {
            let sql = format!("SELECT count(*) FROM {table}");
            let rows: i64 = connection.query_row(&sql, [], |row| row.get(0)).unwrap();
            // Tables that a later schema brought are empty; none loses its row.
            let had: bool = MIGRATIONS[..schema as usize]
                .iter()
                .any(|sql| sql.contains(&format!("CREATE TABLE {table} (")));
            assert_eq!(rows, i64::from(had), "{table} of schema {schema}");
        }
        for table in TableName::ALL {
            let rows = synced::select(&connection, *table, "", []).unwrap();
            assert!(
                rows.iter().all(|row| row.field("from_the_future") == &json!(1)),
                "{table:?} of schema {schema}"
            );
        }
    }
}

#[test]
fn a_migration_that_fails_leaves_the_old_file() {
    let folder = tempfile::tempdir().unwrap();
    let mut connection = connection::writer(&folder.path().join("clinic.db"), &key()).unwrap();
    // In the way of the first migration, late in it.
    connection.execute_batch("CREATE TABLE pending_span (n INTEGER)").unwrap();
    assert!(migrate_to(&mut connection, known_version()).is_err());
    assert_eq!(version(&connection).unwrap(), 0);
    let tables: i64 =
        connection.query_row("SELECT count(*) FROM sqlite_master", [], |row| row.get(0)).unwrap();
    assert_eq!(tables, 1, "nothing of it is there");
}

#[test]
fn a_column_that_has_become_known_moves_out_of_extra() {
    let folder = tempfile::tempdir().unwrap();
    let store = open(folder.path(), clock());
    let mut server = Server::default();
    server.seed(patient(1), id(3, 1));
    let mut row = server.rows[&(TableName::Patient, id(3, 1))].clone();
    row.fields.insert("blood_group".into(), json!("A"));
    let moved = store.writer().run(move |connection| {
        synced::put(connection, TableName::Patient, &row)?;
        // As an older app would have left it, that did not know preferred names.
        connection.execute_batch(
            r#"UPDATE patient SET extra = '{"blood_group":"A","preferred_name":"Mia"}', preferred_name = NULL"#,
        )?;
        synced::settle_extra(connection)?;
        let sql = "SELECT preferred_name, extra FROM patient";
        Ok::<(String, String), crate::Error>(connection.query_row(sql, [], |row| Ok((row.get(0)?, row.get(1)?)))?)
    });
    assert_eq!(moved.unwrap(), ("Mia".into(), r#"{"blood_group":"A"}"#.into()));
    assert_eq!(Rev(1), server.rows[&(TableName::Patient, id(3, 1))].rev);
}

#[test]
fn a_full_disk_says_not_saved_and_undoes_all_of_it() {
    let folder = tempfile::tempdir().unwrap();
    let store = open(folder.path(), clock());
    pull(&store, &Server::clinic());
    // SQLite's own limit gives the error that a full disk gives.
    let limit = |store: &Store, pages: i64| {
        store.writer().run(move |connection| {
            let pages = if pages == 0 { "page_count".into() } else { format!("max_page_count = {pages}") };
            Ok::<i64, crate::Error>(connection.query_row(&format!("PRAGMA {pages}"), [], |row| row.get(0))?)
        })
    };
    let pages = limit(&store, 0).unwrap();
    limit(&store, pages).unwrap();
    let author = maria();
    let mut saved = 0;
    let error = loop {
        let new_patient = wattle_domain::commands::RegisterPatient {
            patient_id: id(3, 100 + saved).into(),
            details: serde_json::from_value(json!({
                "family_name": "N".repeat(900), "birth_date_accuracy": "unknown", "sex": "unknown"
            }))
            .unwrap(),
            parts: Default::default(),
        };
        match store.submit(&author, new_patient.into()) {
            Ok(_) => saved += 1,
            Err(error) => break error,
        }
        assert!(saved < 10_000, "the disk is never full");
    };
    assert!(matches!(error, crate::SubmitError::Store(crate::Error::NotSaved(_))), "{error:?}");
    let facts = store.sync_facts().unwrap();
    assert_eq!(
        (u128::from(facts.outbox_len), u128::from(facts.last_n)),
        (saved, saved),
        "what was saved is saved"
    );
    assert!(store.patient(id(3, 100 + saved).into()).unwrap().is_none(), "the last one left nothing");
    limit(&store, pages + 10_000).unwrap();
    let book = wattle_domain::commands::RecordArrival { appointment_id: id(5, 1).into() };
    assert!(
        matches!(store.submit(&author, book.into()), Err(crate::SubmitError::Rejected(_))),
        "it goes on working"
    );
    drop(store);
    let reopened = Store::open(&folder.path().join("clinic.db"), &key(), identity(), clock()).unwrap();
    assert_eq!(u128::from(reopened.sync_facts().unwrap().outbox_len), saved);
}

fn pull(store: &Store, server: &Server) {
    let mut pull = store.begin_pull().unwrap();
    for frame in server.pull(None, &[]) {
        pull.frame(frame).unwrap();
    }
    pull.finish().unwrap();
}
