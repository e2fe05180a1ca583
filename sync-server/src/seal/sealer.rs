//! Seals and opens one clinic's values.

use std::borrow::Cow;
use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::Value;
use uuid::Uuid;
use wattle_domain::{ClinicId, Column, ColumnKind, Fields, Rest, Row, Table};
use zeroize::Zeroizing;

use super::value::{self, Place};
use super::{ClinicKeys, SealError, ServerColumn, is_sealed};

/// How a sealed value begins where JSON text has it: PostgreSQL escapes the control character.
const IN_JSON: &str = "\\u0001s";
/// Columns before the table's own in a row as JSON.
const COMMON_COLUMNS: usize = 9;

/// The clinic's keys in the hand of one request. Without keys it writes plain, and opens nothing that is sealed.
#[derive(Clone, Debug)]
pub(crate) struct Sealer {
    clinic: ClinicId,
    keys: Option<Arc<ClinicKeys>>,
}

impl Sealer {
    pub fn new(clinic: ClinicId, keys: Option<Arc<ClinicKeys>>) -> Self {
        Self { clinic, keys }
    }

    pub fn clinic(&self) -> ClinicId {
        self.clinic
    }

    /// The generation that seals; `None`: nothing is sealed.
    pub fn generation(&self) -> Option<i32> {
        self.keys.as_ref().map(|keys| keys.newest())
    }

    /// What fm-migrate keeps its hashes under; `None` where nothing is sealed.
    pub fn map_key(&self) -> Option<Zeroizing<String>> {
        Some(self.keys.as_ref()?.map_key())
    }

    fn place(&self, table: &'static str, column: &'static str, id: Uuid) -> Place {
        Place { clinic: self.clinic, table, column, id }
    }

    fn seal(&self, place: Place, plain: &str) -> Result<Option<String>, SealError> {
        let Some(keys) = &self.keys else { return Ok(None) };
        let generation = keys.newest();
        let key = keys.data(generation).ok_or_else(|| place.damaged())?;
        value::seal(key, generation, place, plain).map(Some)
    }

    fn open(&self, place: Place, sealed: &str) -> Result<String, SealError> {
        let Place { table, column, .. } = place;
        let Some(keys) = &self.keys else { return Err(SealError::NoKey { table, column }) };
        let generation = value::generation(sealed).ok_or_else(|| place.damaged())?;
        let key = keys.data(generation).ok_or(SealError::NoGeneration { table, column, generation })?;
        value::open(key, generation, place, sealed)
    }

    /// A text of one of the server's own columns, as it is to rest.
    pub fn seal_text<'a>(
        &self,
        at: ServerColumn,
        id: Uuid,
        plain: &'a str,
    ) -> Result<Cow<'a, str>, SealError> {
        let sealed = self.seal(self.place(at.table, at.column, id), plain)?;
        Ok(sealed.map_or(Cow::Borrowed(plain), Cow::Owned))
    }

    /// A text of one of the server's own columns, as it was.
    pub fn open_text<'a>(
        &self,
        at: ServerColumn,
        id: Uuid,
        text: &'a str,
    ) -> Result<Cow<'a, str>, SealError> {
        if !is_sealed(text) {
            return Ok(Cow::Borrowed(text));
        }
        self.open(self.place(at.table, at.column, id), text).map(Cow::Owned)
    }

    /// The hash beside a matched column, base64; `None` where nothing is sealed.
    pub fn mark(&self, table: &str, column: &str, value: &str) -> Option<String> {
        Some(STANDARD.encode(self.keys.as_ref()?.mark(table, column, value)))
    }

    /// The form in which a value of a synced column rests, `None` where it rests as it is.
    pub fn sealed(
        &self,
        table: &'static Table,
        column: &'static Column,
        id: Uuid,
        value: &Value,
    ) -> Result<Option<String>, SealError> {
        let place = self.place(table.sql, column.name, id);
        match (column.kind, value) {
            (_, Value::Null) => Ok(None),
            (ColumnKind::Text, Value::String(text)) => self.seal(place, text),
            (ColumnKind::Json, value) => self.seal(place, &value.to_string()),
            _ => Err(place.damaged()),
        }
    }

    /// Seals what is to be written, and adds the hashes beside matched columns.
    pub fn seal_fields(&self, table: &'static Table, id: Uuid, fields: &mut Fields) -> Result<(), SealError> {
        if self.keys.is_none() {
            return Ok(());
        }
        for column in table.sealed() {
            let Some(value) = fields.get(column.name) else { continue };
            let mark = match (column.rest, value) {
                (Rest::Matched, Value::String(text)) => self.mark(table.sql, column.name, text),
                _ => None,
            };
            let Some(sealed) = self.sealed(table, column, id, value)? else { continue };
            fields.insert(column.name.to_owned(), Value::String(sealed));
            if let Some(mark) = mark {
                fields.insert(mark_name(column.name), Value::String(mark));
            }
        }
        Ok(())
    }

    /// A value of a synced column as it was, out of how it rested.
    pub(super) fn opened(
        &self,
        table: &'static Table,
        column: &'static Column,
        id: Uuid,
        value: &mut Value,
    ) -> Result<(), SealError> {
        let Value::String(text) = &*value else { return Ok(()) };
        if !is_sealed(text) {
            return Ok(());
        }
        let place = self.place(table.sql, column.name, id);
        let plain = self.open(place, text)?;
        *value = match column.kind {
            ColumnKind::Json => serde_json::from_str(&plain).map_err(|_| place.damaged())?,
            _ => Value::String(plain),
        };
        Ok(())
    }

    /// Opens what is sealed in a row.
    pub fn open_row(&self, table: &'static Table, row: &mut Row) -> Result<(), SealError> {
        for column in table.sealed() {
            if let Some(value) = row.fields.get_mut(column.name) {
                self.opened(table, column, row.id, value)?;
            }
        }
        Ok(())
    }

    /// The same for a row as the text of a JSON array; one with nothing sealed in it stays the very text.
    pub fn open_array(&self, table: &'static Table, id: Uuid, text: String) -> Result<String, SealError> {
        if !text.contains(IN_JSON) {
            return Ok(text);
        }
        let damaged = |column| self.place(table.sql, column, id).damaged();
        let mut values: Vec<Value> = serde_json::from_str(&text).map_err(|_| damaged("a row"))?;
        let own = values.iter_mut().skip(COMMON_COLUMNS);
        for (column, value) in table.columns.iter().zip(own).filter(|(column, _)| column.rest != Rest::Open) {
            self.opened(table, column, id, value)?;
        }
        serde_json::to_string(&values).map_err(|_| damaged("a row"))
    }

    /// Appends a value of a sealed column to JSON, out of the bytes of a binary COPY; false when it is not sealed.
    pub fn open_copied(
        &self,
        table: &'static Table,
        column: &'static Column,
        id: Uuid,
        value: &[u8],
        out: &mut Vec<u8>,
    ) -> Result<bool, SealError> {
        let damaged = || self.place(table.sql, column.name, id).damaged();
        let text = std::str::from_utf8(value).map_err(|_| damaged())?;
        let is_json = column.kind == ColumnKind::Json;
        // JSON as text has the mark inside a string.
        let rested = match is_json {
            false if is_sealed(text) => Cow::Borrowed(text),
            true if text.get(1..).is_some_and(|rest| rest.starts_with(IN_JSON)) => {
                Cow::Owned(serde_json::from_str::<String>(text).map_err(|_| damaged())?)
            }
            _ => return Ok(false),
        };
        let plain = self.open(self.place(table.sql, column.name, id), &rested)?;
        if is_json {
            out.extend_from_slice(plain.as_bytes());
        } else {
            serde_json::to_writer(out, &plain).map_err(|_| damaged())?;
        }
        Ok(true)
    }
}

/// The column of the hash beside a matched column.
pub(crate) fn mark_name(column: &str) -> String {
    format!("{column}_mark")
}
