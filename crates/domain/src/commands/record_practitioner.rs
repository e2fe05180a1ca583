//! `record_practitioner`: somebody new who sees patients, with a column in the day book.

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::record_entry::{NAME_CHARS, maybe, needed};
use crate::command::Verb;
use crate::decide::{Context, Decision};
use crate::entities::{Practitioner, PractitionerLocation};
use crate::identifiers::provider_number;
use crate::ids::{LocationId, PatientId, PractitionerId, UserId};
use crate::rejection::{Rejection, RejectionCode};
use crate::role::{Action, Grant, Noun};
use crate::row::RowChange;
use crate::table::TableName;
use crate::world::{Read, World};

/// The longest usual appointment, minutes.
pub const LONGEST_USUAL_MIN: i64 = 24 * 60;

/// Who sees patients.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PractitionerDetails {
    /// `Dr`.
    #[serde(default)]
    pub title: Option<String>,
    /// Family name.
    pub family_name: String,
    /// Given name.
    #[serde(default)]
    pub given_name: Option<String>,
    /// `General practitioner`.
    #[serde(default)]
    pub profession: Option<String>,
    /// AHPRA registration.
    #[serde(default)]
    pub ahpra_number: Option<String>,
    /// HPI-I.
    #[serde(default)]
    pub hpii: Option<String>,
    /// PBS prescriber number.
    #[serde(default)]
    pub prescriber_number: Option<String>,
    /// Usual length of an appointment, minutes.
    pub usual_duration_min: i64,
    /// The room they usually sit in.
    #[serde(default)]
    pub usual_room_id: Option<LocationId>,
    /// Order of the columns in the day book.
    pub sort: i64,
    /// The account, if they sign in. One account is one practitioner: the server's index says so.
    #[serde(default)]
    pub user_id: Option<UserId>,
}

/// A provider number, as typed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct NewProviderNumber {
    /// The id it gets.
    pub id: Uuid,
    /// For which site.
    #[serde(default)]
    pub location_id: Option<LocationId>,
    /// The number.
    pub provider_number: String,
}

/// Somebody new.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RecordPractitioner {
    /// The id they get.
    pub practitioner_id: PractitionerId,
    /// Who.
    pub details: PractitionerDetails,
    /// Their provider numbers, one a site.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub provider_numbers: Vec<NewProviderNumber>,
}

impl Verb for RecordPractitioner {
    const GRANT: Grant = (Noun::Practitioner, Action::Write);

    fn reads(&self) -> Vec<Read> {
        let mut reads = vec![Read::Row(TableName::Practitioner, self.practitioner_id.0)];
        reads.extend(self.details.usual_room_id.map(|room| Read::Row(TableName::Location, room.0)));
        reads.extend(self.details.user_id.map(|user| Read::Row(TableName::UserName, user.0)));
        reads.extend(reads_of_numbers(&self.provider_numbers));
        reads
    }

    fn patient(&self, _: &World) -> Option<PatientId> {
        None
    }

    fn decide(&self, _: &Context, world: &World) -> Result<Decision, Rejection> {
        if world.row(TableName::Practitioner, self.practitioner_id).is_some() {
            return Err(Rejection::new(RejectionCode::AlreadyExists));
        }
        let it = &self.details;
        check_usual_duration(it.usual_duration_min)?;
        if it.usual_room_id.is_some_and(|room| world.row(TableName::Location, room).is_none())
            || it.user_id.is_some_and(|user| world.row(TableName::UserName, user).is_none())
        {
            return Err(Rejection::new(RejectionCode::NotFound));
        }
        let line = |field: &str, text: &Option<String>| maybe(field, text.as_deref(), NAME_CHARS);
        let practitioner = Practitioner {
            id: self.practitioner_id,
            user_id: it.user_id,
            title: line("title", &it.title)?,
            family_name: needed("family_name", &it.family_name, NAME_CHARS)?,
            given_name: line("given_name", &it.given_name)?,
            profession: line("profession", &it.profession)?,
            ahpra_number: line("ahpra_number", &it.ahpra_number)?,
            hpii: line("hpii", &it.hpii)?,
            prescriber_number: line("prescriber_number", &it.prescriber_number)?,
            usual_duration_min: it.usual_duration_min,
            usual_room_id: it.usual_room_id,
            sort: it.sort,
            active: true,
        };
        let mut changes = vec![RowChange::insert(self.practitioner_id, &practitioner)];
        changes.extend(inserts(world, self.practitioner_id, &self.provider_numbers)?);
        Ok(Decision::applied(changes))
    }
}

pub(super) fn check_usual_duration(minutes: i64) -> Result<(), Rejection> {
    if (1..=LONGEST_USUAL_MIN).contains(&minutes) {
        Ok(())
    } else {
        Err(Rejection::invalid("usual_duration_min"))
    }
}

pub(super) fn reads_of_numbers(numbers: &[NewProviderNumber]) -> impl Iterator<Item = Read> {
    numbers.iter().flat_map(|number| {
        let site = number.location_id.map(|site| Read::Row(TableName::Location, site.0));
        [Some(Read::Row(TableName::PractitionerLocation, number.id)), site].into_iter().flatten()
    })
}

/// The stored form of a provider number.
pub(super) fn clean_number(text: &str) -> Result<String, Rejection> {
    needed("provider_number", &provider_number::clean(text), NAME_CHARS)
}

/// The rows that new numbers become.
pub(super) fn inserts(
    world: &World,
    practitioner_id: PractitionerId,
    numbers: &[NewProviderNumber],
) -> Result<Vec<RowChange>, Rejection> {
    let mut changes = Vec::new();
    for number in numbers {
        if world.row(TableName::PractitionerLocation, number.id).is_some() {
            return Err(Rejection::new(RejectionCode::AlreadyExists));
        }
        if number.location_id.is_some_and(|site| world.row(TableName::Location, site).is_none()) {
            return Err(Rejection::new(RejectionCode::NotFound));
        }
        let provider_number = clean_number(&number.provider_number)?;
        let row = PractitionerLocation {
            id: number.id,
            practitioner_id,
            location_id: number.location_id,
            check_failed: provider_number::check(&provider_number).is_err(),
            provider_number,
        };
        changes.push(RowChange::insert(number.id, &row));
    }
    Ok(changes)
}
