//! The address book.

use wattle_domain::entities::{ExternalProvider, Letter, LetterTemplate};
use wattle_domain::{LetterId, ProviderId, TableName};
use wattle_protocol::ipc::letters::{AddressBookQuery, ProviderEntry, TemplateEntry};

use super::clinic;
use crate::error::Error;
use crate::store::Store;
use crate::tables::{pending, synced};

impl Store {
    /// Those in the address book whose name, profession, organisation or suburb has every word of `query`, by name; those who
    /// are not offered any more come last, and only when they are asked for.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub fn address_book(&self, query: &AddressBookQuery) -> Result<Vec<ProviderEntry>, Error> {
        let words: Vec<String> = query.query.split_whitespace().map(str::to_lowercase).collect();
        let condition = if query.closed {
            "WHERE deleted_at IS NULL ORDER BY active DESC, name, id"
        } else {
            "WHERE deleted_at IS NULL AND active = 1 ORDER BY name, id"
        };
        self.read(|connection| {
            let mut found = Vec::new();
            for row in synced::select(connection, TableName::ExternalProvider, condition, [])? {
                let provider: ExternalProvider = row.read().map_err(clinic::bad)?;
                let said = [
                    Some(provider.name.as_str()),
                    provider.profession.as_deref(),
                    provider.organisation.as_deref(),
                    provider.suburb.as_deref(),
                ];
                let said = said.into_iter().flatten().collect::<Vec<_>>().join(" ").to_lowercase();
                if words.iter().all(|word| said.contains(word.as_str())) {
                    let waiting = pending::at_row(connection, TableName::ExternalProvider, row.id, true)?;
                    found.push(ProviderEntry { provider, rev: row.rev, pending: !waiting.is_empty() });
                }
            }
            Ok(found)
        })
    }

    /// Somebody in the address book, also one who is not offered any more.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub fn provider(&self, id: ProviderId) -> Result<Option<ExternalProvider>, Error> {
        self.read(|connection| {
            let row = synced::get(connection, TableName::ExternalProvider, id.0)?;
            row.map(|row| row.read().map_err(clinic::bad)).transpose()
        })
    }

    /// The clinic's own letters to begin with, by name; those that are not offered any more come last.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub fn letter_templates(&self) -> Result<Vec<TemplateEntry>, Error> {
        self.read(|connection| {
            let condition = "WHERE deleted_at IS NULL ORDER BY active DESC, name, id";
            let mut found = Vec::new();
            for row in synced::select(connection, TableName::LetterTemplate, condition, [])? {
                let template: LetterTemplate = row.read().map_err(clinic::bad)?;
                let waiting = pending::at_row(connection, TableName::LetterTemplate, row.id, true)?;
                found.push(TemplateEntry { template, rev: row.rev, pending: !waiting.is_empty() });
            }
            Ok(found)
        })
    }

    /// A letter as it was filed.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub fn letter(&self, id: LetterId) -> Result<Option<Letter>, Error> {
        self.read(|connection| {
            let row = synced::get(connection, TableName::Letter, id.0)?;
            row.map(|row| row.read().map_err(clinic::bad)).transpose()
        })
    }
}
