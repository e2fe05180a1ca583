//! Through SQL, as `wattle_app` with a transaction's identity, a row of this clinic and one of another in every table.

use std::collections::BTreeMap;

use sqlx::postgres::PgPool;
use sqlx::{AssertSqlSafe, Connection, PgConnection};
use wattle_domain::{ClinicId, FeedClass, Role, TableName, UserId};
use wattle_server::admin;

use crate::support::{House, postgres};

/// What the app's role may do with a table, acting for somebody with a role.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct May {
    select: bool,
    insert: bool,
    update: bool,
    delete: bool,
}

impl May {
    /// From the letters `siud`.
    fn letters(letters: &str) -> Self {
        let has = |letter| letters.contains(letter);
        Self { select: has('s'), insert: has('i'), update: has('u'), delete: has('d') }
    }
}

/// Tables that no workstation gets: by role from the table of grants where there is a noun, else for all alike.
fn of_the_server(table: &str, role: Role) -> Option<May> {
    use wattle_domain::role::{Action::Write, Noun};
    let accounts = role.may((Noun::Account, Write));
    let computers = role.may((Noun::Workstation, Write));
    let letters = match table {
        "clinic.role_class" | "clinic.role_grant" => "s",
        "clinic.user_account" if accounts => "siu",
        // Sign-in looks accounts up.
        "clinic.user_account" => "s",
        "clinic.user_role" if accounts => "sid",
        "clinic.user_role" => "s",
        "clinic.enrolment_code" if computers => "siud",
        // A code is used by whoever enrols.
        "clinic.enrolment_code" => "su",
        "clinic.workstation" | "clinic.signing_key" | "clinic.command_fault" => "siu",
        "clinic.workstation_replica" => "siu",
        "clinic.openid_provider" => "s",
        "clinic.openid_login" if accounts => "siud",
        // A sign-in binds what is not bound; a trigger sees to it that it does no more.
        "clinic.openid_login" => "su",
        "clinic.openid_attempt" => "sid",
        "clinic.second_factor" | "clinic.second_factor_given" => "siud",
        "clinic.token" | "clinic.image" | "clinic.workstation_cursor" => "siud",
        // As the document itself: the row here is of the desk's feed.
        "clinic.document_blob" if role.classes().contains(&FeedClass::Front) => "siu",
        "clinic.document_blob" | "clinic.document_orphan" => "",
        "clinic.job" => "",
        // Closed and opened by the migrator, through functions of the owner.
        "clinic.switchover" => "s",
        // Who may see which class is not kept there: the app sees nothing of it.
        model if model.starts_with("read_model.") => "",
        "clinic.command_log" | "clinic.quarantine" => "si",
        "clinic.data_key" => "sid",
        // A server makes a clinic's first key; later ones are an administrator's.
        "clinic.column_key" => "si",
        "clinic.sealed_column" | "clinic.key_rotation" => "",
        // Only functions of the owner touch them.
        "clinic.audit_head" | "clinic.counter" | "clinic.migration_map" => "",
        // Not even the names that were typed, nor what hides them: counted and noted by functions.
        "clinic.sign_in_attempt" | "clinic.attempt_key" => "",
        "sync.feed" | "sync.commit" | "sync.change" => return None,
        "sync.access" | "sync.identity" | "sync.marker" | "sync.pass" | "sync.schema_migration" => "",
        _ => panic!("the table {table} has no rule: say who may do what with it"),
    };
    Some(May::letters(letters))
}

fn of_a_feed(name: TableName, role: Role) -> May {
    let table = name.table();
    let granted = role.classes().contains(&table.class);
    match (name, table.class) {
        // Whoever acts is logged, also when their roles would not let them read it.
        (TableName::AuditEvent | TableName::AccessEvent, _) => {
            May { select: granted, insert: true, update: false, delete: false }
        }
        (TableName::UserName, _) => {
            use wattle_domain::role::{Action::Write, Noun};
            let accounts = role.may((Noun::Account, Write));
            May { select: granted, insert: accounts, update: accounts, delete: false }
        }
        (TableName::Practitioner | TableName::PractitionerLocation, _) => {
            use wattle_domain::role::{Action::Write, Noun};
            let roster = granted && role.may((Noun::Practitioner, Write));
            May { select: granted, insert: roster, update: roster, delete: false }
        }
        (TableName::ExternalProvider, _) => {
            use wattle_domain::role::{Action::Write, Noun};
            let kept = granted && role.may((Noun::Patient, Write));
            May { select: granted, insert: kept, update: kept, delete: false }
        }
        (TableName::LetterTemplate, _) => {
            use wattle_domain::role::{Action::Write, Noun};
            let kept = granted && role.may((Noun::LetterTemplate, Write));
            May { select: granted, insert: kept, update: kept, delete: false }
        }
        // Beside the class the table of grants is asked: who restricts, who breaks, who is told.
        (TableName::Restriction | TableName::BrokenGlass, _) => {
            use wattle_domain::role::{Action, Noun};
            let (insert, update) = match name {
                TableName::Restriction => {
                    ((Noun::Restriction, Action::Write), (Noun::Restriction, Action::Write))
                }
                _ => ((Noun::BrokenGlass, Action::Write), (Noun::BrokenGlass, Action::Read)),
            };
            May {
                select: granted,
                insert: granted && role.may(insert),
                update: granted && role.may(update),
                delete: false,
            }
        }
        // Nobody bills in Wattle yet: what an import brought is read.
        (_, FeedClass::Ref | FeedClass::Admin | FeedClass::Billing) => {
            May { select: granted, insert: false, update: false, delete: false }
        }
        _ => May { select: granted, insert: granted, update: granted && !table.append_only, delete: false },
    }
}

/// A value of a column's type; null where it may be.
fn value(kind: &str) -> &'static str {
    match kind {
        "uuid" => "gen_random_uuid()",
        "text" => "'x' || gen_random_uuid()",
        "bigint" | "integer" => "1",
        "xid8" => "'1'",
        "boolean" => "false",
        "jsonb" => "'{}'",
        "bytea" => "decode(md5(gen_random_uuid()::text) || md5(gen_random_uuid()::text), 'hex')",
        "date" => "'2026-01-01'",
        "timestamp with time zone" => "'2099-01-01'",
        "\"char\"" => "'I'",
        "text[]" | "ARRAY" => "'{}'",
        other => panic!("no value for a column of type {other}"),
    }
}

pub(super) struct Table {
    /// `clinic.patient`.
    pub name: String,
    /// Columns that must be given, with their values; without the clinic.
    values: Vec<(String, &'static str)>,
    has_clinic: bool,
    /// One of its columns; one that the database does not number, if there is such.
    first: String,
    has_own: bool,
}

impl Table {
    pub fn insert(&self, clinic: ClinicId) -> String {
        let clinic = self.has_clinic.then(|| ("clinic_id".to_owned(), format!("'{clinic}'")));
        let given = self.values.iter().map(|(name, value)| (name.clone(), (*value).to_owned()));
        let (names, values): (Vec<String>, Vec<String>) = clinic.into_iter().chain(given).unzip();
        if names.is_empty() {
            return format!("INSERT INTO {} DEFAULT VALUES", self.name);
        }
        format!("INSERT INTO {} ({}) VALUES ({})", self.name, names.join(", "), values.join(", "))
    }
}

/// Every table of the server, with rules about values taken away: only who may do what is looked at here.
pub(super) async fn tables(root: &PgPool) -> Vec<Table> {
    let bare = "DO $$ DECLARE c record; BEGIN \
        FOR c IN SELECT conrelid::regclass AS tbl, conname FROM pg_constraint k JOIN pg_namespace n ON n.oid = k.connamespace \
          WHERE n.nspname IN ('clinic', 'sync', 'read_model') AND contype IN ('c', 'f', 'x') LOOP \
          EXECUTE format('ALTER TABLE %s DROP CONSTRAINT %I', c.tbl, c.conname); END LOOP; \
        ALTER TABLE clinic.clinic DROP CONSTRAINT clinic_one_row; \
        FOR c IN SELECT t.tgrelid::regclass AS tbl, tgname FROM pg_trigger t JOIN pg_class r ON r.oid = t.tgrelid \
          JOIN pg_namespace n ON n.oid = r.relnamespace \
          WHERE n.nspname IN ('clinic', 'sync') AND NOT tgisinternal AND tgname NOT LIKE 'guard%' LOOP \
          EXECUTE format('ALTER TABLE %s DISABLE TRIGGER %I', c.tbl, c.tgname); END LOOP; END $$";
    sqlx::raw_sql(bare).execute(root).await.unwrap();
    let found: Vec<(String, String, String, bool, bool)> = sqlx::query_as(
        "SELECT c.table_schema || '.' || c.table_name, c.column_name::text, c.data_type::text, \
           c.is_nullable = 'NO' AND c.column_default IS NULL AND c.is_identity = 'NO', c.is_identity = 'YES' \
         FROM information_schema.columns c JOIN information_schema.tables t USING (table_schema, table_name) \
         WHERE c.table_schema IN ('clinic', 'sync', 'read_model') AND t.table_type = 'BASE TABLE' \
         ORDER BY 1, c.ordinal_position",
    )
    .fetch_all(root)
    .await
    .unwrap();
    let mut tables: BTreeMap<String, Table> = BTreeMap::new();
    for (name, column, kind, needed, is_numbered) in found {
        let entry = Table {
            name: name.clone(),
            values: Vec::new(),
            has_clinic: false,
            first: column.clone(),
            has_own: false,
        };
        let table = tables.entry(name).or_insert(entry);
        // What only the database numbers is refused to everybody, before anybody's rights are looked at.
        if !is_numbered && !table.has_own {
            (table.first, table.has_own) = (column.clone(), true);
        }
        if column == "clinic_id" {
            table.has_clinic = true;
        } else if needed {
            let feed = column == "feed" && kind == "text";
            table.values.push((column, if feed { "'front'" } else { value(&kind) }));
        }
    }
    tables.into_values().collect()
}

async fn as_app(house: &House, user: UserId) -> PgConnection {
    let mut connection = PgConnection::connect(&postgres::app_url(&house.database)).await.unwrap();
    sqlx::query("SELECT set_config('wattle.clinic', $1, false), set_config('wattle.user', $2, false)")
        .bind(house.clinic.to_string())
        .bind(user.to_string())
        .execute(&mut connection)
        .await
        .unwrap();
    connection
}

/// Runs one statement and undoes it: rows that it met, or `None` when it was not allowed.
async fn tried(connection: &mut PgConnection, sql: &str) -> Option<u64> {
    let mut tx = connection.begin().await.unwrap();
    let done = sqlx::raw_sql(AssertSqlSafe(sql.to_owned())).execute(&mut *tx).await;
    tx.rollback().await.unwrap();
    match done {
        Ok(done) => Some(done.rows_affected()),
        Err(error) => {
            let code = error.as_database_error().and_then(|e| e.code()).unwrap_or_default().into_owned();
            // Rights and policies are asked before keys and numbers that only the database gives: it was allowed.
            if code == "23505" || code == "428C9" {
                return Some(1);
            }
            assert_eq!(code, "42501", "{sql}: {error}");
            None
        }
    }
}

#[tokio::test]
async fn each_role_may_do_with_each_table_what_the_grants_say() {
    let house = House::new().await;
    let mut users = Vec::new();
    for role in Role::ALL {
        users.push((role, house.person(role.as_str(), role).await));
    }
    let other = admin::create_clinic(&house.owner, None, "Another", "Australia/Perth").await.unwrap();
    let tables = tables(&house.root).await;
    for table in tables.iter().filter(|table| !table.name.ends_with("schema_migration")) {
        for clinic in [house.clinic, other] {
            // Some are there already.
            let insert = format!("{} ON CONFLICT DO NOTHING", table.insert(clinic));
            sqlx::raw_sql(AssertSqlSafe(insert.clone())).execute(&house.root).await.expect(&insert);
        }
    }

    // With one there, nobody without it would be believed.
    sqlx::raw_sql("DELETE FROM sync.pass").execute(&house.root).await.unwrap();

    let mut looked_at = 0;
    for (role, user) in users {
        let mut app = as_app(&house, user).await;
        for table in &tables {
            let name = &table.name;
            let synced = name.strip_prefix("clinic.").and_then(|sql| sql.parse::<TableName>().ok());
            let feed = name.starts_with("sync.") && of_the_server(name, role).is_none();
            let may = match synced {
                Some(synced) => of_a_feed(synced, role),
                // The feeds themselves: rows of granted classes.
                None if feed => May::letters("s"),
                None => of_the_server(name, role).unwrap(),
            };
            let what = format!("{} and {name}", role.as_str());
            let seen = tried(&mut app, &format!("SELECT FROM {name}")).await;
            if feed {
                let granted: Vec<String> =
                    role.classes().iter().map(|class| format!("'{}'", class.as_str())).collect();
                let others = format!(
                    "SELECT FROM {name} WHERE clinic_id <> '{}' OR class NOT IN ({})",
                    house.clinic,
                    granted.join(", ")
                );
                assert_eq!(tried(&mut app, &others).await, Some(0), "{what}: a feed of others");
            } else if may.select {
                assert_ne!(seen.unwrap_or_default(), 0, "{what}: SELECT");
            } else {
                assert_eq!(seen.unwrap_or_default(), 0, "{what}: SELECT");
            }
            if table.has_clinic && may.select && !feed {
                let others = format!("SELECT FROM {name} WHERE clinic_id <> '{}'", house.clinic);
                let strangers = tried(&mut app, &others).await;
                assert_eq!(strangers.unwrap_or_default(), 0, "{what}: another clinic's rows");
            }
            let inserted = tried(&mut app, &table.insert(house.clinic)).await.unwrap_or_default() == 1;
            assert_eq!(inserted, may.insert, "{what}: INSERT");
            if table.has_clinic {
                let foreign = tried(&mut app, &table.insert(other)).await.unwrap_or_default();
                assert_eq!(foreign, 0, "{what}: INSERT into another clinic");
            }
            let first = &table.first;
            let updated = tried(&mut app, &format!("UPDATE {name} SET {first} = {first}")).await;
            assert_eq!(updated.unwrap_or_default() > 0, may.update, "{what}: UPDATE");
            let deleted = tried(&mut app, &format!("DELETE FROM {name}")).await;
            assert_eq!(deleted.unwrap_or_default() > 0, may.delete, "{what}: DELETE");
            assert_eq!(tried(&mut app, &format!("TRUNCATE {name}")).await, None, "{what}: TRUNCATE");
            looked_at += 1;
        }
        for sql in [
            "ALTER TABLE clinic.patient DISABLE ROW LEVEL SECURITY",
            "ALTER TABLE clinic.audit_event DISABLE TRIGGER ALL",
            "DROP POLICY app_read ON clinic.patient",
            "SET ROLE wattle_owner",
            "SET session_replication_role = replica",
        ] {
            assert_eq!(tried(&mut app, sql).await, None, "{}: {sql}", role.as_str());
        }
    }
    assert!(looked_at > 200, "{looked_at}");
}
