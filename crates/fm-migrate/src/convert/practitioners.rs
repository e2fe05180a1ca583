//! Practitioners and their provider numbers.

use std::collections::HashMap;

use uuid::Uuid;
use wattle_domain::entities::{Practitioner, PractitionerLocation};
use wattle_domain::identifiers::{ahpra, ihi, provider_number};
use wattle_domain::{LocationId, PractitionerId};

use super::setup::Setup;
use super::{Census, Keys, Notes, Outcome, TargetRow, Typed, key_of};
use crate::error::Error;
use crate::ids::{Namespace, SourceTable, child};
use crate::mapping::{Bound, Mapping};
use crate::raw::{GS, RawColumn, RawRow};
use crate::reason::{Code, Reason};
use crate::typing::{number, text};

const FIELDS: &[&str] = &[
    "key",
    "title",
    "given_name",
    "family_name",
    "profession",
    "ahpra_number",
    "hpii",
    "prescriber_number",
    "provider_numbers",
    "usual_minutes",
    "usual_room",
    "active",
];

/// Minutes of an appointment where the record does not say.
const USUAL_MIN: i64 = 15;

/// Converts the records of one file.
#[derive(Debug)]
pub struct Practitioners<'a> {
    bound: Bound,
    namespace: &'a Namespace,
    setup: &'a Setup,
    census: &'a Census,
    sort: i64,
    /// What became of each key.
    pub keys: Keys,
    /// How each who loads is called: `Dr Mei-Lin Lee`.
    pub names: HashMap<Uuid, String>,
}

/// Ties the mapping to the file's columns.
///
/// # Errors
/// See [`Bound::new`].
pub fn bind(mapping: &Mapping, columns: &[RawColumn]) -> Result<Bound, Error> {
    Bound::new(mapping, &mapping.practitioners, columns, FIELDS, &["key", "family_name"])
}

impl<'a> Practitioners<'a> {
    /// Ready for the first record.
    #[must_use]
    pub fn new(bound: Bound, namespace: &'a Namespace, setup: &'a Setup, census: &'a Census) -> Self {
        Self { bound, namespace, setup, census, sort: 0, keys: Keys::default(), names: HashMap::new() }
    }

    /// The next record.
    ///
    /// # Errors
    /// The reason why it is rejected.
    pub fn convert(&mut self, row: &RawRow) -> Outcome {
        let outcome = self.typed(row);
        match (&outcome, self.bound.cells(row).text("key")) {
            (Ok(typed), Some(key)) => {
                self.keys.loaded(&key, self.namespace.record(SourceTable::Practitioners, &typed.key))
            }
            (Err(_), Some(key)) => self.keys.rejected(&key),
            _ => {}
        }
        outcome
    }

    fn typed(&mut self, row: &RawRow) -> Outcome {
        let key = key_of(&self.bound, self.census, row)?;
        let cells = self.bound.cells(row);
        let mut notes = Notes::new(&self.bound);
        let family = cells.text("family_name").or_else(|| cells.text("given_name"));
        let family_name =
            family.ok_or_else(|| Reason::new(Code::RequiredEmpty, self.bound.column("family_name")))?;
        let minutes = cells.raw("usual_minutes").map(|t| {
            number::integer(t)
                .and_then(|n| if (1..=1440).contains(&n) { Ok(n) } else { Err(Code::DurationRange) })
        });
        let room = cells.raw("usual_room").map(|name| self.setup.rooms.get(name).ok_or(Code::Orphan));
        let active = cells.raw("active").map(|word| match self.bound.word("active", word) {
            Some("yes") => Ok(true),
            Some("no") => Ok(false),
            _ => Err(Code::ValueUnknown),
        });
        let ahpra_number = cells.text("ahpra_number");
        if ahpra_number.as_deref().is_some_and(|n| ahpra::check(n).is_err()) {
            notes.add(Code::IdentifierCheck, "ahpra_number");
        }
        let hpii = cells.text("hpii").map(|n| n.replace(' ', ""));
        if hpii.as_deref().is_some_and(|n| ihi::check_hpii(n).is_err()) {
            notes.add(Code::IdentifierCheck, "hpii");
        }
        let id = self.namespace.record(SourceTable::Practitioners, &key);
        let who = Practitioner {
            id: PractitionerId(id),
            user_id: None,
            title: cells.text("title"),
            family_name,
            given_name: cells.text("given_name"),
            profession: cells.text("profession"),
            ahpra_number,
            hpii,
            prescriber_number: cells.text("prescriber_number"),
            usual_duration_min: notes.optional("usual_minutes", minutes).unwrap_or(USUAL_MIN),
            usual_room_id: notes.optional("usual_room", room).map(LocationId),
            sort: self.sort + 1,
            active: notes.optional("active", active).unwrap_or(true),
        };
        let called = [who.title.as_deref(), who.given_name.as_deref(), Some(who.family_name.as_str())];
        self.names.insert(id, called.into_iter().flatten().collect::<Vec<_>>().join(" "));
        let mut rows = vec![TargetRow::new(id, &who)];
        for (i, theirs) in cells.raw("provider_numbers").unwrap_or_default().split(GS).enumerate() {
            if let Some(provider) = text::clean(theirs) {
                rows.push(self.provider(id, i, &provider.to_uppercase(), &mut notes));
            }
        }
        self.sort += 1;
        Ok(Typed { key, rows, notes: notes.list })
    }

    /// Repetitions stand in the order of the sites.
    fn provider(&self, practitioner: Uuid, i: usize, provider: &str, notes: &mut Notes<'_>) -> TargetRow {
        let check_failed = provider_number::check(provider).is_err();
        if check_failed {
            notes.add(Code::IdentifierCheck, "provider_numbers");
        }
        let id = child(practitioner, &format!("provider_number/{i}"));
        let entity = PractitionerLocation {
            id,
            practitioner_id: PractitionerId(practitioner),
            location_id: self.setup.sites.get(i).copied().map(LocationId),
            provider_number: provider.into(),
            check_failed,
        };
        TargetRow::new(id, &entity)
    }
}
