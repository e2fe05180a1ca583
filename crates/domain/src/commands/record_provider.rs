//! `record_provider`: somebody new in the address book.

use serde::{Deserialize, Serialize};
use serde_json::Map;

use super::record_entry::{LINE_CHARS, NAME_CHARS, maybe, needed};
use crate::command::Verb;
use crate::decide::{Context, Decision};
use crate::entities::ExternalProvider;
use crate::ids::{PatientId, ProviderId};
use crate::rejection::{Rejection, RejectionCode};
use crate::role::{Action, Grant, Noun};
use crate::row::RowChange;
use crate::table::TableName;
use crate::world::{Read, World};

/// Somebody outside the clinic.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct ProviderDetails {
    /// Name as on letters.
    pub name: String,
    /// What they are.
    pub profession: Option<String>,
    /// Where they work.
    pub organisation: Option<String>,
    /// Street and number.
    pub line1: Option<String>,
    /// Suburb or town.
    pub suburb: Option<String>,
    /// State or territory.
    pub state: Option<String>,
    /// Postcode.
    pub postcode: Option<String>,
    /// Phone.
    pub phone: Option<String>,
    /// Fax.
    pub fax: Option<String>,
    /// Email.
    pub email: Option<String>,
    /// Medicare provider number.
    pub provider_number: Option<String>,
}

/// A new entry.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RecordProvider {
    /// The id it gets.
    pub provider_id: ProviderId,
    /// Who.
    pub details: ProviderDetails,
}

impl Verb for RecordProvider {
    const GRANT: Grant = (Noun::Patient, Action::Write);

    fn reads(&self) -> Vec<Read> {
        vec![Read::Row(TableName::ExternalProvider, self.provider_id.0)]
    }

    fn patient(&self, _: &World) -> Option<PatientId> {
        None
    }

    fn decide(&self, _: &Context, world: &World) -> Result<Decision, Rejection> {
        if world.row(TableName::ExternalProvider, self.provider_id).is_some() {
            return Err(Rejection::new(RejectionCode::AlreadyExists));
        }
        let it = &self.details;
        let line = |field: &str, text: &Option<String>| maybe(field, text.as_deref(), LINE_CHARS);
        let provider = ExternalProvider {
            id: self.provider_id,
            name: needed("name", &it.name, NAME_CHARS)?,
            profession: line("profession", &it.profession)?,
            organisation: line("organisation", &it.organisation)?,
            line1: line("line1", &it.line1)?,
            suburb: line("suburb", &it.suburb)?,
            state: line("state", &it.state)?,
            postcode: line("postcode", &it.postcode)?,
            phone: line("phone", &it.phone)?,
            fax: line("fax", &it.fax)?,
            email: line("email", &it.email)?,
            provider_number: line("provider_number", &it.provider_number)?,
            active: true,
            field_changes: Map::new(),
        };
        Ok(Decision::applied(vec![RowChange::insert(self.provider_id, &provider)]))
    }
}
