//! FileMaker Server over HTTP: OData and the Data API, with their values as found.
//!
//! Owns: sessions, paging, what is tried again and what stops a run. Knows nothing of PostgreSQL.
//! Must never: go by an HTTP status where FileMaker gives a code, read through portals, put a value into an error.
//! Called by: `extract` and `containers`.

mod data_api;
mod fault;
mod http;
pub mod json;
pub mod metadata;
mod odata;

use std::time::Duration;

use crate::error::Error;
use crate::mapping::{Mapping, Server, TableMapping};
use crate::raw::{RawColumn, WrittenBy};
pub use data_api::{DataApi, Given, Shown, name_of};
pub use fault::Stop;
pub use odata::Odata;

/// Who reads. The account should see every record and may write none.
#[derive(Clone)]
pub struct Account {
    /// Its name.
    pub user: String,
    /// Its password.
    pub password: String,
}

impl std::fmt::Debug for Account {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Account")
    }
}

/// The ways over HTTP.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Deserialize, serde::Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Route {
    /// Exports on disk.
    File,
    /// OData v4: first choice for rows.
    Odata,
    /// The Data API: slower, sees a layout only; knows repetitions of old servers.
    DataApi,
}

impl Route {
    /// As it is stored and written in mappings.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::File => "file",
            Self::Odata => "odata",
            Self::DataApi => "data_api",
        }
    }
}

impl std::str::FromStr for Route {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text {
            "file" => Ok(Self::File),
            "odata" => Ok(Self::Odata),
            "data_api" => Ok(Self::DataApi),
            _ => Err("the routes are: file, odata, data_api".into()),
        }
    }
}

/// A record as it came.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WireRow {
    /// FileMaker's own number of it.
    pub id: i64,
    /// FileMaker's count of its changes.
    pub mod_id: i64,
    /// One per column.
    pub cells: Vec<Option<String>>,
}

/// Some records, and where the next are.
#[derive(Clone, Debug, Default)]
pub struct Page {
    /// In the server's order.
    pub rows: Vec<WireRow>,
    /// Where to go on; `None` at the end.
    pub next: Option<String>,
    /// How many the server says it found, where it says.
    pub found: Option<u64>,
    /// How many the server says there are, seen by this account or not, where it says.
    pub total: Option<u64>,
}

/// One table, ready to be read.
#[derive(Clone, Debug)]
pub struct Described {
    /// Its name (OData) or its layout's (Data API).
    pub name: String,
    /// What is read, in the order of the cells.
    pub columns: Vec<RawColumn>,
}

/// One of the two.
#[derive(Debug)]
pub enum Wire {
    /// OData.
    Odata(Odata),
    /// The Data API.
    DataApi(DataApi),
}

impl Wire {
    /// Ready to ask; signs in when first needed.
    ///
    /// # Errors
    /// When the mapping has no `[server]`, or its address is not one that may be used.
    pub fn open(mapping: &Mapping, route: Route, account: &Account) -> Result<Self, Error> {
        let server = mapping.server.as_ref().ok_or_else(|| {
            mapping.wrong("there is no [server]: name its url and database, or take the records from files.")
        })?;
        let http = http::Http::new(mapping, server)?;
        match route {
            Route::Odata => Ok(Self::Odata(Odata::new(http, server, account))),
            Route::DataApi => Ok(Self::DataApi(DataApi::new(http, server, account))),
            Route::File => Err(mapping.wrong("the route is \"file\": there is nothing to extract.")),
        }
    }

    /// The Data API, for containers.
    ///
    /// # Errors
    /// See [`Wire::open`].
    pub fn data_api(mapping: &Mapping, account: &Account) -> Result<DataApi, Error> {
        match Self::open(mapping, Route::DataApi, account)? {
            Self::DataApi(api) => Ok(api),
            Self::Odata(_) => Err(mapping.wrong("there is no Data API.")),
        }
    }

    /// Finds a table and its columns. Summaries, globals and containers are no columns of records.
    ///
    /// # Errors
    /// When it is not there, or the server does not answer.
    pub async fn describe(&mut self, mapping: &Mapping, table: &TableMapping) -> Result<Described, Error> {
        match self {
            Self::Odata(odata) => odata.describe(mapping, table).await,
            Self::DataApi(api) => api.describe(mapping, table).await,
        }
    }

    /// A page; the first one without a cursor.
    ///
    /// # Errors
    /// When the server stays away or says no.
    pub async fn page(&mut self, table: &Described, cursor: Option<&str>) -> Result<Page, Error> {
        match self {
            Self::Odata(odata) => odata.page(table, cursor).await,
            Self::DataApi(api) => api.page(table, cursor).await,
        }
    }

    /// A page of numbers and counts of changes. The Data API cannot leave fields out, so its rows come whole.
    ///
    /// # Errors
    /// See [`Wire::page`].
    pub async fn ids(&mut self, table: &Described, cursor: Option<&str>) -> Result<Page, Error> {
        match self {
            Self::Odata(odata) => odata.ids(table, cursor).await,
            Self::DataApi(api) => api.page(table, cursor).await,
        }
    }

    /// Whether [`Wire::ids`] brings the cells too.
    #[must_use]
    pub fn ids_are_rows(&self) -> bool {
        matches!(self, Self::DataApi(_))
    }

    /// One record; `None` when it is gone.
    ///
    /// # Errors
    /// See [`Wire::page`].
    pub async fn one(&mut self, table: &Described, id: i64) -> Result<Option<WireRow>, Error> {
        match self {
            Self::Odata(odata) => odata.one(table, id).await,
            Self::DataApi(api) => api.one(table, id).await,
        }
    }

    /// How many records there are, as this interface says.
    ///
    /// # Errors
    /// See [`Wire::page`].
    pub async fn count(&mut self, table: &Described) -> Result<u64, Error> {
        match self {
            Self::Odata(odata) => odata.count(table).await,
            Self::DataApi(api) => api.count(table).await,
        }
    }

    /// Signs out where one is signed in: sessions are few.
    pub async fn close(&mut self) {
        if let Self::DataApi(api) = self {
            api.close().await;
        }
    }
}

/// How long one request may take.
const PATIENCE: Duration = Duration::from_secs(120);

/// Who wrote the dates of a column of this kind.
fn written_by(kind: &str, dates: WrittenBy) -> WrittenBy {
    match kind {
        "DATE" | "TIMESTAMP" => dates,
        _ => WrittenBy::Person,
    }
}

/// What a path or query part may not hold, percent-encoded.
fn encode(text: &str) -> String {
    use std::fmt::Write;
    let mut out = String::new();
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-_.~".contains(&byte) {
            out.push(char::from(byte));
        } else {
            let _ = write!(out, "%{byte:02X}");
        }
    }
    out
}

/// The server's address, without a slash at its end.
fn base(server: &Server) -> &str {
    server.url.trim_end_matches('/')
}
