//! Why there is no fresh model. Files, lines, columns, counts and keys; never a value.

/// What stopped a refresh, or what is wrong with a model's file.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// A file does not say what a model must, or says what cannot be.
    #[error("{file}, line {line}: {reason}")]
    File {
        /// Its name.
        file: String,
        /// From 1.
        line: usize,
        /// What is wrong, and what to do.
        reason: String,
    },
    /// Nobody has written such a model.
    #[error("there is no model {name}: there are {known}")]
    NoModel {
        /// What was asked for.
        name: String,
        /// What there is.
        known: String,
    },
    /// The table of a model is not in the database.
    #[error("{output} is not there. Run `wattle-server migrate` against this database first")]
    NoOutput {
        /// What the model makes.
        output: String,
    },
    /// A test does not hold. The model is as it was before.
    #[error("{model}: {test} does not hold ({file}, line {line}): {}. The model is as it was before", keys.join("; "))]
    Failed {
        /// Which model.
        model: String,
        /// Which test.
        test: String,
        /// The model's file.
        file: String,
        /// Where it asks for that.
        line: usize,
        /// The keys of the first rows that fail, or how many rows there are.
        keys: Vec<String>,
    },
    /// PostgreSQL refused or went away. The model in hand is as it was before.
    #[error("{model}: {doing}: {}", said(source))]
    Database {
        /// Which model.
        model: String,
        /// What was being done.
        doing: &'static str,
        /// What PostgreSQL says.
        source: sqlx::Error,
    },
}

/// PostgreSQL's words, but for those about a value that fits nowhere: they quote it.
fn said(error: &sqlx::Error) -> String {
    let code = error.as_database_error().and_then(|e| e.code()).unwrap_or_default();
    match code.starts_with("22") {
        true => format!("a value does not fit (SQLSTATE {code})"),
        false => error.to_string(),
    }
}
