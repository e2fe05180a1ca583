//! The schema against the descriptions of `wattle_domain`, by PostgreSQL's own catalogue.

use std::collections::{BTreeMap, BTreeSet};

use wattle_domain::fields::{
    AddressKind, AlertPlace, AlertSeverity, AllergyKind, AllergySeverity, AppointmentEventKind,
    AppointmentStatus, BirthDateAccuracy, ConflictStatus, ContactKind, DocumentKind, DocumentSource,
    DocumentStatus, EntryStatus, FormerAct, IdentifierKind, LocationKind, NoteKind, ObservationCode, Payer,
    PaymentMethod, RecallStatus, SessionKind, Sex,
};
use wattle_domain::{ColumnKind, Rest, Role, TableName};

use crate::support::postgres;

/// The common columns: name, type, nullable.
const COMMON: [(&str, &str, bool); 10] = [
    ("clinic_id", "uuid", false),
    ("id", "uuid", false),
    ("rev", "bigint", false),
    ("created_at", "timestamp with time zone", false),
    ("created_by", "uuid", true),
    ("updated_at", "timestamp with time zone", false),
    ("updated_by", "uuid", true),
    ("origin_workstation", "uuid", true),
    ("deleted_at", "timestamp with time zone", true),
    ("deleted_reason", "text", true),
];

fn sql_type(kind: ColumnKind) -> &'static str {
    match kind {
        ColumnKind::Text => "text",
        ColumnKind::Int => "bigint",
        ColumnKind::Bool => "boolean",
        ColumnKind::Date => "date",
        ColumnKind::Instant => "timestamp with time zone",
        ColumnKind::Uuid => "uuid",
        ColumnKind::Json => "jsonb",
    }
}

async fn root() -> sqlx::PgPool {
    postgres::pool(&postgres::superuser_url(&postgres::database().await)).await
}

#[tokio::test]
async fn every_synced_table_is_as_its_description_says() {
    let root = root().await;
    for name in TableName::ALL {
        let table = name.table();
        let found: Vec<(String, String, bool)> = sqlx::query_as(
            "SELECT column_name::text, data_type::text, is_nullable = 'YES' FROM information_schema.columns \
             WHERE table_schema = 'clinic' AND table_name = $1",
        )
        .bind(table.sql)
        .fetch_all(&root)
        .await
        .unwrap();
        let found: BTreeSet<(String, String, bool)> = found.into_iter().collect();
        let wanted: BTreeSet<(String, String, bool)> = COMMON
            .iter()
            .map(|&(name, kind, nullable)| (name.to_owned(), kind.to_owned(), nullable))
            .chain(table.columns.iter().map(|c| (c.name.to_owned(), sql_type(c.kind).to_owned(), c.optional)))
            .chain(
                table
                    .columns
                    .iter()
                    .filter(|c| c.rest == Rest::Matched)
                    .map(|c| (format!("{}_mark", c.name), "bytea".to_owned(), true)),
            )
            .collect();
        assert_eq!(found, wanted, "table {}", table.sql);

        let key: Vec<String> = sqlx::query_scalar(
            "SELECT a.attname::text FROM pg_index i JOIN pg_attribute a ON a.attrelid = i.indrelid \
             AND a.attnum = ANY (i.indkey) WHERE i.indrelid = to_regclass('clinic.' || $1) AND i.indisprimary \
             ORDER BY array_position(i.indkey, a.attnum)",
        )
        .bind(table.sql)
        .fetch_all(&root)
        .await
        .unwrap();
        assert_eq!(key, ["clinic_id", "id"], "primary key of {}", table.sql);

        let classes: Vec<String> = sqlx::query_scalar(
            "SELECT DISTINCT encode(tgargs, 'escape') FROM pg_trigger \
             WHERE tgrelid = to_regclass('clinic.' || $1) AND tgfoid = 'sync.capture'::regproc AND tgenabled = 'A'",
        )
        .bind(table.sql)
        .fetch_all(&root)
        .await
        .unwrap();
        assert_eq!(classes, [format!("{}\\000", table.class.as_str())], "feed of {}", table.sql);
    }
}

/// What is declared in the entity is sealed in the schema, with its hash where it is matched; and nothing else is.
#[tokio::test]
async fn the_columns_that_rest_sealed_are_those_that_say_so() {
    let root = root().await;
    let found: BTreeSet<(String, String, String, Option<String>)> =
        sqlx::query_as("SELECT tbl, col, id_col, mark_col FROM clinic.sealed_column")
            .fetch_all(&root)
            .await
            .unwrap()
            .into_iter()
            .collect();
    let column = |table: &str, column: &str, id: &str, mark: Option<String>| {
        (table.to_owned(), column.to_owned(), id.to_owned(), mark)
    };
    let synced = TableName::ALL.iter().flat_map(|name| {
        name.table().sealed().map(move |c| {
            let mark = (c.rest == Rest::Matched).then(|| format!("{}_mark", c.name));
            column(name.as_str(), c.name, "id", mark)
        })
    });
    let commands = ["command_log", "quarantine"].map(|table| column(table, "payload", "command_id", None));
    let documents = [column("document_blob", "key", "document_id", None)];
    assert_eq!(found, synced.chain(commands).chain(documents).collect());
    // The partial index behind each is what finds what is still to be sealed.
    for (table, column, ..) in found {
        let there: bool = sqlx::query_scalar("SELECT to_regclass('clinic.' || $1) IS NOT NULL")
            .bind(format!("{table}_{column}_plain"))
            .fetch_one(&root)
            .await
            .unwrap();
        assert!(there, "{table}.{column}");
    }
}

#[tokio::test]
async fn every_table_forces_row_level_security_and_none_belongs_to_who_connects() {
    let root = root().await;
    let bare: Vec<String> = sqlx::query_scalar(
        "SELECT c.oid::regclass::text FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace \
         WHERE n.nspname IN ('clinic', 'sync', 'read_model') AND c.relkind = 'r' AND c.relname <> 'schema_migration' \
         AND NOT (c.relrowsecurity AND c.relforcerowsecurity)",
    )
    .fetch_all(&root)
    .await
    .unwrap();
    assert_eq!(bare, Vec::<String>::new());
    let owners: Vec<String> = sqlx::query_scalar(
        "SELECT DISTINCT c.relowner::regrole::text FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace \
         WHERE n.nspname IN ('clinic', 'sync', 'read_model')",
    )
    .fetch_all(&root)
    .await
    .unwrap();
    assert_eq!(owners, ["wattle_owner"]);
    let strong: Vec<String> = sqlx::query_scalar(
        "SELECT rolname::text FROM pg_roles WHERE rolname IN ('wattle_app', 'wattle_migrator') AND (rolsuper OR \
         rolbypassrls OR rolcreaterole OR rolcreatedb OR pg_has_role(rolname, 'wattle_owner', 'MEMBER'))",
    )
    .fetch_all(&root)
    .await
    .unwrap();
    assert_eq!(strong, Vec::<String>::new());
    let login: bool = sqlx::query_scalar("SELECT rolcanlogin FROM pg_roles WHERE rolname = 'wattle_owner'")
        .fetch_one(&root)
        .await
        .unwrap();
    assert!(!login);
}

#[tokio::test]
async fn the_app_has_just_the_grants_that_it_needs_on_synced_tables() {
    let root = root().await;
    for name in TableName::ALL {
        let table = name.table();
        let may = |role: &'static str, what: &'static str| {
            let root = root.clone();
            async move {
                sqlx::query_scalar::<_, bool>("SELECT has_table_privilege($1, 'clinic.' || $2, $3)")
                    .bind(role)
                    .bind(table.sql)
                    .bind(what)
                    .fetch_one(&root)
                    .await
                    .unwrap()
            }
        };
        for role in ["wattle_app", "wattle_migrator"] {
            for what in ["DELETE", "TRUNCATE", "TRIGGER", "REFERENCES"] {
                assert!(!may(role, what).await, "{role} may {what} {}", table.sql);
            }
        }
        // Names of accounts are written by whom row-level security lets: see `matrix`.
        // The desk keeps the address book, and whoever runs the house who sees patients.
        let kept_here = matches!(
            name,
            TableName::UserName
                | TableName::ExternalProvider
                | TableName::Practitioner
                | TableName::PractitionerLocation
                | TableName::LetterTemplate
        );
        let only_read =
            matches!(table.class, wattle_domain::FeedClass::Ref | wattle_domain::FeedClass::Billing);
        // The log of before is closed.
        let written = (!only_read || kept_here) && *name != TableName::FormerEvent;
        assert!(may("wattle_app", "SELECT").await);
        assert_eq!(may("wattle_app", "INSERT").await, written, "{}", table.sql);
        assert_eq!(may("wattle_app", "UPDATE").await, written && !table.append_only, "{}", table.sql);
    }
}

#[tokio::test]
async fn every_foreign_key_carries_the_clinic_and_is_deferred() {
    let root = root().await;
    let keys: Vec<(String, bool, bool, bool)> = sqlx::query_as(
        "SELECT c.conname::text, c.condeferrable, c.condeferred, EXISTS (SELECT FROM pg_attribute a \
           WHERE a.attrelid = c.conrelid AND a.attnum = ANY (c.conkey) AND a.attname = 'clinic_id') \
         FROM pg_constraint c JOIN pg_namespace n ON n.oid = c.connamespace \
         WHERE c.contype = 'f' AND n.nspname IN ('clinic', 'sync')",
    )
    .fetch_all(&root)
    .await
    .unwrap();
    assert!(keys.len() > 20, "found {}", keys.len());
    for (name, deferrable, deferred, clinic) in keys {
        assert!(deferrable && deferred && clinic, "{name}");
    }
}

#[tokio::test]
async fn columns_take_just_the_words_of_the_domain() {
    fn words<T: Copy>(all: &[T], word: impl Fn(T) -> &'static str) -> BTreeSet<String> {
        all.iter().map(|w| word(*w).to_owned()).collect()
    }
    let wanted: BTreeMap<(&str, &str), BTreeSet<String>> = BTreeMap::from([
        (("patient", "sex"), words(Sex::ALL, Sex::as_str)),
        (("patient", "birth_date_accuracy"), words(BirthDateAccuracy::ALL, BirthDateAccuracy::as_str)),
        (("patient_contact", "kind"), words(ContactKind::ALL, ContactKind::as_str)),
        (("patient_identifier", "kind"), words(IdentifierKind::ALL, IdentifierKind::as_str)),
        (("address", "kind"), words(AddressKind::ALL, AddressKind::as_str)),
        (("alert", "severity"), words(AlertSeverity::ALL, AlertSeverity::as_str)),
        (("alert", "place"), words(AlertPlace::ALL, AlertPlace::as_str)),
        (("location", "kind"), words(LocationKind::ALL, LocationKind::as_str)),
        (("session_template", "kind"), words(SessionKind::ALL, SessionKind::as_str)),
        (("appointment", "status"), words(AppointmentStatus::ALL, AppointmentStatus::as_str)),
        (("appointment_event", "kind"), words(AppointmentEventKind::ALL, AppointmentEventKind::as_str)),
        (("conflict", "status"), words(ConflictStatus::ALL, ConflictStatus::as_str)),
        (("record_conflict", "status"), words(ConflictStatus::ALL, ConflictStatus::as_str)),
        (("allergy", "kind"), words(AllergyKind::ALL, AllergyKind::as_str)),
        (("allergy", "severity"), words(AllergySeverity::ALL, AllergySeverity::as_str)),
        (("allergy", "status"), words(EntryStatus::ALL, EntryStatus::as_str)),
        (("condition", "status"), words(EntryStatus::ALL, EntryStatus::as_str)),
        (("medication", "status"), words(EntryStatus::ALL, EntryStatus::as_str)),
        (("observation", "code"), words(ObservationCode::ALL, ObservationCode::as_str)),
        (("clinical_note", "kind"), words(NoteKind::ALL, NoteKind::as_str)),
        (("document", "kind"), words(DocumentKind::ALL, DocumentKind::as_str)),
        (("document", "source"), words(DocumentSource::ALL, DocumentSource::as_str)),
        (("document", "status"), words(DocumentStatus::ALL, DocumentStatus::as_str)),
        (("desk_document", "kind"), words(DocumentKind::ALL, DocumentKind::as_str)),
        (("desk_document", "source"), words(DocumentSource::ALL, DocumentSource::as_str)),
        (("desk_document", "status"), words(DocumentStatus::ALL, DocumentStatus::as_str)),
        (("recall", "status"), words(RecallStatus::ALL, RecallStatus::as_str)),
        (("invoice", "payer"), words(Payer::ALL, Payer::as_str)),
        (("payment", "method"), words(PaymentMethod::ALL, PaymentMethod::as_str)),
        (("former_event", "action"), words(FormerAct::ALL, FormerAct::as_str)),
        (("user_role", "role"), words(&Role::ALL, Role::as_str)),
    ]);
    let root = root().await;
    for ((table, column), wanted) in wanted {
        let definition: String = sqlx::query_scalar(
            "SELECT pg_get_constraintdef(c.oid) FROM pg_constraint c JOIN pg_attribute a ON a.attrelid = c.conrelid \
             AND c.conkey = ARRAY[a.attnum] WHERE c.contype = 'c' AND c.conrelid = to_regclass('clinic.' || $1) \
             AND a.attname = $2",
        )
        .bind(table)
        .bind(column)
        .fetch_one(&root)
        .await
        .unwrap();
        let found: BTreeSet<String> = definition.split('\'').skip(1).step_by(2).map(str::to_owned).collect();
        assert_eq!(found, wanted, "{table}.{column}");
    }
}

#[tokio::test]
async fn the_grants_are_those_of_the_domain() {
    let root = root().await;
    let classes: BTreeSet<(String, String)> = sqlx::query_as("SELECT role, class FROM clinic.role_class")
        .fetch_all(&root)
        .await
        .unwrap()
        .into_iter()
        .collect();
    let wanted = Role::ALL
        .iter()
        .flat_map(|r| r.classes().iter().map(|c| (r.as_str().to_owned(), c.as_str().to_owned())))
        .collect();
    assert_eq!(classes, wanted);
    let grants: BTreeSet<(String, String, String)> =
        sqlx::query_as("SELECT role, noun, action FROM clinic.role_grant")
            .fetch_all(&root)
            .await
            .unwrap()
            .into_iter()
            .collect();
    let word = |v: serde_json::Value| v.as_str().unwrap().to_owned();
    let wanted = Role::ALL
        .iter()
        .flat_map(|r| {
            r.grants().map(|(noun, action)| {
                let noun = word(serde_json::to_value(noun).unwrap());
                (r.as_str().to_owned(), noun, word(serde_json::to_value(action).unwrap()))
            })
        })
        .collect();
    assert_eq!(grants, wanted);
}
