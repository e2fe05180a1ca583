//! The address book.

use wattle_domain::entities::{ExternalProvider, Letter};
use wattle_domain::{LetterId, ProviderId, TableName};
use wattle_protocol::ipc::letters::ProviderEntry;

use super::clinic;
use crate::error::Error;
use crate::store::Store;
use crate::tables::{pending, synced};

impl Store {
    /// Those in the address book whose name, profession, organisation or suburb has every word of `query`, by name.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub fn address_book(&self, query: &str) -> Result<Vec<ProviderEntry>, Error> {
        let words: Vec<String> = query.split_whitespace().map(str::to_lowercase).collect();
        self.read(|connection| {
            let condition = "WHERE deleted_at IS NULL AND active = 1 ORDER BY name, id";
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
