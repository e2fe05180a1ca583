//! OData v4: rows by page with their numbers, decimals as text.

use reqwest::RequestBuilder;

use super::fault::Stop;
use super::http::{self, Answer, Http};
use super::json::Json;
use super::metadata::Metadata;
use super::{Account, Described, Page, WireRow, base, encode, written_by};
use crate::error::Error;
use crate::mapping::{Mapping, Server, TableMapping};
use crate::raw::{GS, RawColumn, WrittenBy};

/// Decimals as text: a double would lose their last digits.
const ACCEPT: &str = "application/json;IEEE754Compatible=true";

/// A file reached by OData.
#[derive(Debug)]
pub struct Odata {
    http: Http,
    /// `https://host/fmi/odata/v4/file`.
    root: String,
    account: Account,
    metadata: Option<Metadata>,
}

impl Odata {
    pub(super) fn new(http: Http, server: &Server, account: &Account) -> Self {
        let root = format!("{}/fmi/odata/v4/{}", base(server), encode(&server.database));
        Self { http, root, account: account.clone(), metadata: None }
    }

    /// The file's schema.
    ///
    /// # Errors
    /// When the server does not give it, or gives something else.
    pub async fn metadata(&mut self) -> Result<&Metadata, Error> {
        if self.metadata.is_none() {
            let text = self.metadata_text().await?;
            let read = Metadata::read(&text).map_err(|why| {
                Error::Refused(format!("$metadata: {}. Check the url in the mapping.", why.0))
            })?;
            self.metadata = Some(read);
        }
        Ok(self.metadata.get_or_insert_default())
    }

    /// The same as it was sent.
    ///
    /// # Errors
    /// When the server does not give it.
    pub async fn metadata_text(&self) -> Result<String, Error> {
        let url = format!("{}/$metadata", self.root);
        let request = || self.request(&url).header("accept", "application/xml");
        let judge = |answer: &Answer| match answer.status.is_success() {
            true => Ok(answer.body.clone()),
            false => Err(refusal(answer)),
        };
        Ok(self.http.until("reading the file's schema", request, judge).await?)
    }

    pub(super) async fn describe(
        &mut self,
        mapping: &Mapping,
        table: &TableMapping,
    ) -> Result<Described, Error> {
        let name = table.table.clone().ok_or_else(|| {
            mapping.wrong("a table to be read by OData needs table = \"its name in FileMaker\".")
        })?;
        let metadata = self.metadata().await?;
        let found = metadata.table(&name).ok_or_else(|| {
            let there: Vec<&str> = metadata.tables.iter().map(|t| t.name.as_str()).collect();
            mapping.wrong(format!(
                "FileMaker has no table \"{name}\" in its OData; it has: {}.",
                there.join(", ")
            ))
        })?;
        let columns = found
            .fields
            .iter()
            .filter(|f| !f.summary && !f.global && f.kind != "CONTAINER")
            .map(|f| RawColumn {
                name: f.name.clone(),
                kind: Some(f.kind.into()),
                max_repeat: Some(f.max_repeat),
                written_by: written_by(f.kind, WrittenBy::Iso),
            })
            .collect();
        Ok(Described { name, columns })
    }

    pub(super) async fn page(&mut self, table: &Described, cursor: Option<&str>) -> Result<Page, Error> {
        let names = asked_names(table);
        let url = match cursor {
            Some(next) => next.to_owned(),
            None => format!("{}/{}?$select={}", self.root, encode(&table.name), select(&names)),
        };
        self.rows("reading records", &url, |row| cells(row, table)).await
    }

    pub(super) async fn ids(&mut self, table: &Described, cursor: Option<&str>) -> Result<Page, Error> {
        let url = match cursor {
            Some(next) => next.to_owned(),
            None => format!("{}/{}?$select=ROWID,ROWMODID", self.root, encode(&table.name)),
        };
        self.rows("reading record numbers", &url, |_| Some(Vec::new())).await
    }

    pub(super) async fn one(&mut self, table: &Described, id: i64) -> Result<Option<WireRow>, Error> {
        let names = select(&asked_names(table));
        let url = format!("{}/{}(ROWID={id})?$select={names}", self.root, encode(&table.name));
        let judge = |answer: &Answer| {
            let reply = http::json(answer)?;
            if answer.status.as_u16() == 404 && reply.get("error").is_some() {
                return Ok(None);
            }
            good(answer, &reply)?;
            row(&reply, &|row| cells(row, table)).map(Some)
        };
        Ok(self.http.until("reading a record", || self.request(&url), judge).await?)
    }

    pub(super) async fn count(&mut self, table: &Described) -> Result<u64, Error> {
        let url = format!("{}/{}/$count", self.root, encode(&table.name));
        let judge = |answer: &Answer| match answer.body.trim().parse::<u64>() {
            Ok(count) if answer.status.is_success() => Ok(count),
            _ => Err(refusal(answer)),
        };
        let request = || self.request(&url).header("accept", "text/plain");
        Ok(self.http.until("counting records", request, judge).await?)
    }

    async fn rows(
        &self,
        doing: &'static str,
        url: &str,
        cells: impl Fn(&Json) -> Option<Vec<Option<String>>>,
    ) -> Result<Page, Error> {
        let judge = |answer: &Answer| {
            let reply = http::json(answer)?;
            good(answer, &reply)?;
            let Some(value @ Json::List(_)) = reply.get("value") else { return Err(Stop::Odd) };
            let rows = value.list().iter().map(|one| row(one, &cells)).collect::<Result<_, _>>()?;
            let next = reply.annotation("nextLink").and_then(Json::text).map(|link| self.ours(link));
            Ok(Page { rows, next, found: None, total: None })
        };
        Ok(self.http.until(doing, || self.request(url), judge).await?)
    }

    /// A link of the server's as an address of ours: behind a proxy it names a host that nobody outside knows, and the
    /// password goes to no other host than the one in the mapping.
    fn ours(&self, link: &str) -> String {
        let path = |url: &str| url.find("/fmi/odata/").map(|at| url.split_at(at).1.to_owned());
        let before = self.root.find("/fmi/odata/").map_or("", |at| self.root.split_at(at).0);
        path(link).map_or_else(|| link.to_owned(), |path| format!("{before}{path}"))
    }

    fn request(&self, url: &str) -> RequestBuilder {
        self.http
            .client()
            .get(url)
            .basic_auth(&self.account.user, Some(&self.account.password))
            .header("accept", ACCEPT)
    }
}

/// Every column, repetitions beyond the first by `Name[n]`.
fn asked_names(table: &Described) -> Vec<String> {
    let mut names = Vec::new();
    for column in &table.columns {
        names.push(column.name.clone());
        names.extend((2..=column.max_repeat.unwrap_or(1)).map(|n| format!("{}[{n}]", column.name)));
    }
    names
}

fn select(names: &[String]) -> String {
    let quoted: Vec<String> = names.iter().map(|n| format!("%22{}%22", encode(n))).collect();
    format!("ROWID,ROWMODID,{}", quoted.join(","))
}

/// A record's cells; `None` when one is missing.
fn cells(row: &Json, table: &Described) -> Option<Vec<Option<String>>> {
    let mut cells = Vec::with_capacity(table.columns.len());
    for column in &table.columns {
        let mut cell = http::cell(row.get(&column.name)?);
        for n in 2..=column.max_repeat.unwrap_or(1) {
            let more = http::cell(row.get(&format!("{}[{n}]", column.name))?).unwrap_or_default();
            let text = cell.get_or_insert_default();
            text.push(GS);
            text.push_str(&more);
        }
        cells.push(cell);
    }
    Some(cells)
}

fn row(row: &Json, cells: &dyn Fn(&Json) -> Option<Vec<Option<String>>>) -> Result<WireRow, Stop> {
    // FileMaker may refuse one row inside of a good reply.
    if let Some(code) =
        row.get("error").and_then(|e| e.list().first()).and_then(|e| e.get("error")?.get("code"))
    {
        return Err(Stop::Code(code.integer().unwrap_or(-1)));
    }
    let number = |name: &str| row.get(name).and_then(Json::integer).ok_or(Stop::Odd);
    Ok(WireRow {
        id: number("ROWID")?,
        mod_id: number("ROWMODID")?,
        cells: cells(row).ok_or(Stop::Code(102))?,
    })
}

fn good(answer: &Answer, reply: &Json) -> Result<(), Stop> {
    match reply.get("error") {
        Some(Json::Object(_)) => Err(refusal(answer)),
        _ if answer.status.is_success() => Ok(()),
        _ => Err(refusal(answer)),
    }
}

fn refusal(answer: &Answer) -> Stop {
    let code = Json::read(&answer.body).ok().and_then(|r| r.get("error")?.get("code")?.integer());
    match code {
        Some(code) => Stop::Code(code),
        None if answer.status.as_u16() == 401 => Stop::Code(212),
        None if answer.status.is_server_error() => Stop::Transport,
        None => Stop::Odd,
    }
}
