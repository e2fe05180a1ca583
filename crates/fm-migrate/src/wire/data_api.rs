//! The Data API: sessions that end, layouts that show some fields, pages by offset.

mod container;

use super::fault::Stop;
use super::http::{self, Answer, Failed, Http};
use super::json::Json;
use super::{Account, Described, Page, WireRow, base, encode, written_by};
use crate::error::Error;
use crate::mapping::{Mapping, Server, TableMapping};
use crate::raw::{GS, RawColumn, WrittenBy};
pub use container::{Given, Shown, name_of};

/// A file reached by the Data API.
#[derive(Debug)]
pub struct DataApi {
    http: Http,
    /// `https://host/fmi/data/vLatest/databases/file`, its case never changed: another one makes tokens invalid.
    root: String,
    account: Account,
    page_rows: u32,
    token: Option<String>,
}

impl DataApi {
    pub(super) fn new(http: Http, server: &Server, account: &Account) -> Self {
        let root = format!("{}/fmi/data/vLatest/databases/{}", base(server), encode(&server.database));
        Self { http, root, account: account.clone(), page_rows: server.page_rows, token: None }
    }

    pub(super) async fn describe(
        &mut self,
        mapping: &Mapping,
        table: &TableMapping,
    ) -> Result<Described, Error> {
        let name = table.api_layout.clone().ok_or_else(|| {
            mapping.wrong("a table to be read by the Data API needs api_layout = \"a layout over it\".")
        })?;
        let path = format!("/layouts/{}", encode(&name));
        let reply = self.ask("reading a layout", &path).await?;
        let mut columns = Vec::new();
        for field in reply.get("fieldMetaData").map(Json::list).unwrap_or_default() {
            let text = |key: &str| field.get(key).and_then(Json::text).unwrap_or_default();
            let kind = match text("result") {
                "number" => "NUMBER",
                "date" => "DATE",
                "time" => "TIME",
                "timeStamp" => "TIMESTAMP",
                "container" => continue,
                _ => "TEXT",
            };
            if text("type") == "summary" || field.get("global") == Some(&Json::Bool(true)) {
                continue;
            }
            columns.push(RawColumn {
                name: text("name").to_owned(),
                kind: Some(kind.into()),
                max_repeat: field
                    .get("maxRepeat")
                    .and_then(Json::integer)
                    .and_then(|n| u32::try_from(n).ok()),
                written_by: WrittenBy::Person,
            });
        }
        let mut described = Described { name, columns };
        let dates = self.dates(&described).await?;
        for column in &mut described.columns {
            column.written_by = written_by(column.kind.as_deref().unwrap_or_default(), dates);
        }
        Ok(described)
    }

    /// Whether the server knows `dateformats`: its word is not taken, its answers are compared. A server that does not know
    /// the parameter ignores it, and writes every date as Americans do.
    async fn dates(&mut self, table: &Described) -> Result<WrittenBy, Error> {
        let dated: Vec<usize> = (0..)
            .zip(&table.columns)
            .filter(|(_, c)| matches!(c.kind.as_deref(), Some("DATE" | "TIMESTAMP")))
            .map(|(i, _)| i)
            .collect();
        if dated.is_empty() {
            return Ok(WrittenBy::Iso);
        }
        let path = |form: u8| {
            format!("/layouts/{}/records?_limit=100&portal=%5B%5D&dateformats={form}", encode(&table.name))
        };
        let iso = self.found("reading dates", &path(2), table).await?;
        let us = self.found("reading dates", &path(0), table).await?;
        let typed = |page: &Page| -> Vec<Option<String>> {
            let rows = page.rows.iter();
            rows.flat_map(|r| dated.iter().map(|i| r.cells.get(*i).cloned().flatten())).collect()
        };
        if typed(&iso) != typed(&us) {
            return Ok(WrittenBy::Iso);
        }
        if typed(&us).iter().flatten().any(|text| !text.is_empty()) {
            return Ok(WrittenBy::Us);
        }
        let product = self.product().await?;
        Ok(if product >= (19, 6, 1) { WrittenBy::Iso } else { WrittenBy::Us })
    }

    /// The server's version.
    async fn product(&mut self) -> Result<(u32, u32, u32), Error> {
        let root = self.root.split("/databases/").next().unwrap_or_default();
        let url = format!("{root}/productInfo");
        let judge = |answer: &Answer| good(&http::json(answer)?);
        let reply =
            self.http.until("reading the server's version", || self.http.client().get(&url), judge).await?;
        let version = reply.get("productInfo").and_then(|p| p.get("version")?.text()).unwrap_or_default();
        let mut parts = version.split('.').map(|p| p.parse().unwrap_or(0));
        let mut part = || parts.next().unwrap_or(0);
        Ok((part(), part(), part()))
    }

    pub(super) async fn page(&mut self, table: &Described, cursor: Option<&str>) -> Result<Page, Error> {
        let offset = cursor.and_then(|c| c.parse::<u64>().ok()).unwrap_or(1);
        let path = format!(
            "/layouts/{}/records?_offset={offset}&_limit={}&portal=%5B%5D&dateformats=2",
            encode(&table.name),
            self.page_rows
        );
        let mut page = self.found("reading records", &path, table).await?;
        let after = offset + page.rows.len() as u64;
        page.next = (!page.rows.is_empty() && page.found.is_some_and(|found| after <= found))
            .then(|| after.to_string());
        Ok(page)
    }

    pub(super) async fn one(&mut self, table: &Described, id: i64) -> Result<Option<WireRow>, Error> {
        let path = format!("/layouts/{}/records/{id}?portal=%5B%5D&dateformats=2", encode(&table.name));
        Ok(self.found("reading a record", &path, table).await?.rows.pop())
    }

    pub(super) async fn count(&mut self, table: &Described) -> Result<u64, Error> {
        let path = format!("/layouts/{}/records?_limit=1&portal=%5B%5D", encode(&table.name));
        Ok(self.found("counting records", &path, table).await?.total.unwrap_or(0))
    }

    /// Runs a script of the file from a layout. An answer that is lost on the way has it run again.
    ///
    /// # Errors
    /// When there is no such script or layout, the script's last step failed, or the server stays away.
    pub async fn script(&mut self, layout: &str, name: &str) -> Result<(), Error> {
        const DOING: &str = "running a script";
        let reply = self.ask(DOING, &format!("/layouts/{}/script/{}", encode(layout), encode(name))).await?;
        let stop = match reply.get("scriptError").and_then(Json::integer) {
            Some(0) => return Ok(()),
            Some(code) => Stop::Script(code),
            None => Stop::Odd,
        };
        Err(Error::Server { doing: DOING, stop, advice: stop.advice() })
    }

    /// Signs out where one is signed in: sessions are few.
    pub async fn close(&mut self) {
        if let Some(token) = self.token.take() {
            let url = format!("{}/sessions/{token}", self.root);
            // Nobody waits for it: it would end by itself.
            let _ = self.http.once(self.http.client().delete(url)).await;
        }
    }

    /// Records of a reply. "No records" and "beyond the last" are no faults here.
    async fn found(&mut self, doing: &'static str, path: &str, table: &Described) -> Result<Page, Error> {
        let reply = match self.ask(doing, path).await {
            Err(Error::Server { stop: Stop::Code(101 | 401), .. }) => return Ok(Page::default()),
            other => other?,
        };
        let refused = |stop: Stop| Error::Server { doing, stop, advice: stop.advice() };
        let info = reply.get("dataInfo").ok_or_else(|| refused(Stop::Odd))?;
        let count = |name: &str| info.get(name).and_then(Json::integer).and_then(|n| u64::try_from(n).ok());
        let rows = reply.get("data").map(Json::list).unwrap_or_default();
        let rows = rows.iter().map(|one| row(one, table)).collect::<Result<_, _>>().map_err(refused)?;
        Ok(Page { rows, next: None, found: count("foundCount"), total: count("totalRecordCount") })
    }

    /// A reply's `response`, signed in, and once more when the session had ended.
    pub(super) async fn ask(&mut self, doing: &'static str, path: &str) -> Result<Json, Error> {
        let url = format!("{}{path}", self.root);
        let mut again = true;
        loop {
            let token = self.sign_in().await?;
            let request = || self.http.client().get(&url).bearer_auth(&token);
            let answered = self.http.until(doing, request, |answer| good(&http::json(answer)?)).await;
            match answered {
                Ok(response) => return Ok(response),
                Err(Failed { sign_in: true, .. }) if std::mem::take(&mut again) => self.token = None,
                Err(failed) => return Err(failed.into()),
            }
        }
    }

    /// The session's token.
    pub(super) async fn sign_in(&mut self) -> Result<String, Error> {
        if let Some(token) = &self.token {
            return Ok(token.clone());
        }
        let url = format!("{}/sessions", self.root);
        let request = || {
            let to = self.http.client().post(&url).header("content-type", "application/json").body("{}");
            to.basic_auth(&self.account.user, Some(&self.account.password))
        };
        let judge = |answer: &Answer| {
            let response = good(&http::json(answer)?)?;
            response.get("token").and_then(Json::text).map(ToOwned::to_owned).ok_or(Stop::Odd)
        };
        let token = self.http.until("signing in", request, judge).await?;
        self.token = Some(token.clone());
        Ok(token)
    }
}

/// `response`, if the first message's code is 0.
fn good(reply: &Json) -> Result<Json, Stop> {
    let code = reply.get("messages").and_then(|m| m.list().first()?.get("code")?.integer());
    match code {
        Some(0) => reply.get("response").cloned().ok_or(Stop::Odd),
        Some(code) => Err(Stop::Code(code)),
        None => Err(Stop::Odd),
    }
}

fn row(row: &Json, table: &Described) -> Result<WireRow, Stop> {
    let number = |name: &str| row.get(name).and_then(Json::integer).ok_or(Stop::Odd);
    let fields = row.get("fieldData").ok_or(Stop::Odd)?;
    let mut cells = Vec::with_capacity(table.columns.len());
    for column in &table.columns {
        let repeat = column.max_repeat.unwrap_or(1);
        let mut cell = match repeat {
            1 => http::cell(field(fields, &column.name, 1)?),
            _ => {
                let all: Result<Vec<String>, Stop> = (1..=repeat)
                    .map(|n| Ok(http::cell(field(fields, &column.name, n)?).unwrap_or_default()))
                    .collect();
                Some(all?.join(&GS.to_string()))
            }
        };
        cells.push(cell.take());
    }
    Ok(WireRow { id: number("recordId")?, mod_id: number("modId")?, cells })
}

/// A repetition: `Name(n)`, the first one also plain.
fn field<'a>(fields: &'a Json, name: &str, repetition: u32) -> Result<&'a Json, Stop> {
    let numbered = || fields.get(&format!("{name}({repetition})"));
    let found = if repetition == 1 { fields.get(name).or_else(numbered) } else { numbered() };
    found.ok_or(Stop::Code(102))
}
