//! What PostgreSQL's errors mean to us, by SQLSTATE and constraint name, never by message.

use sqlx::postgres::PgDatabaseError;

use crate::seal::SealError;

/// What an error asks for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// A value or constraint of the schema says no; the constraint's name when there is one.
    Refused { state: String, constraint: Option<String> },
    /// Two transactions met (deadlock, serialization): run the whole transaction again.
    Again,
    /// The database cannot be reached, or has no room for us now.
    Unavailable,
    /// A failure.
    Fault(String),
}

/// Sorts an error.
pub(crate) fn kind(error: &sqlx::Error) -> Kind {
    let sqlx::Error::Database(database) = error else {
        return match error {
            sqlx::Error::Io(_)
            | sqlx::Error::Tls(_)
            | sqlx::Error::PoolTimedOut
            | sqlx::Error::PoolClosed
            | sqlx::Error::WorkerCrashed => Kind::Unavailable,
            other => Kind::Fault(describe(other)),
        };
    };
    let state = database.code().map(|c| c.into_owned()).unwrap_or_default();
    let class: String = state.chars().take(2).collect();
    match (class.as_str(), state.as_str()) {
        (_, "40001" | "40P01" | "55P03") => Kind::Again,
        // 22: data exception (a number too big, text with a zero byte); 23: integrity constraint.
        ("22" | "23", _) => {
            let constraint = database
                .try_downcast_ref::<PgDatabaseError>()
                .and_then(|e| e.constraint())
                .map(str::to_owned);
            Kind::Refused { state, constraint }
        }
        // Connection, resources, shutdown.
        ("08" | "53", _) | (_, "57P01" | "57P02" | "57P03") => Kind::Unavailable,
        _ => Kind::Fault(describe(error)),
    }
}

/// Whether the row, or a value that may be there once, is there already.
pub(crate) fn is_duplicate(error: &sqlx::Error) -> bool {
    matches!(kind(error), Kind::Refused { ref state, .. } if state == "23505")
}

/// An error for the log: kind, SQLSTATE, constraint and table. A message could quote a value, so it stays out.
pub(crate) fn describe(error: &sqlx::Error) -> String {
    match error {
        sqlx::Error::Database(database) => {
            let pg = database.try_downcast_ref::<PgDatabaseError>();
            let name = pg.and_then(|e| e.constraint().or(e.table())).unwrap_or("-");
            format!("sqlstate {} at {name}", database.code().unwrap_or_default())
        }
        sqlx::Error::Io(error) => format!("io {:?}", error.kind()),
        sqlx::Error::ColumnDecode { index, .. } => format!("column {index} does not decode"),
        // It names a column, never what is in it.
        sqlx::Error::Decode(error) if error.is::<SealError>() => error.to_string(),
        sqlx::Error::PoolTimedOut => "no database connection in time".to_owned(),
        other => {
            // The variant's name is the word before any field.
            let text = format!("{other:?}");
            text.split(|c: char| !c.is_alphanumeric()).next().unwrap_or("error").to_owned()
        }
    }
}
