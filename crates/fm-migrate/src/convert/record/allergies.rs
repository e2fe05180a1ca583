//! Allergies and intolerances: a record each, or a list in one field.

use wattle_domain::AllergyId;
use wattle_domain::entities::Allergy;
use wattle_domain::fields::{AllergyKind, EntryStatus};

use super::{Base, Convert, distinct_lines, substance_code};
use crate::convert::{Notes, Outcome, TargetRow, Typed};
use crate::ids::child;
use crate::raw::RawRow;
use crate::reason::Code;
use crate::typing::{DateForms, text};

pub(super) const FIELDS: &[&str] =
    &["key", "patient", "substance", "kind", "reaction", "severity", "onset", "status"];
pub(super) const REQUIRED: &[&str] = &["key", "patient", "substance"];

pub(super) struct Allergies<'a> {
    base: Base<'a>,
    onsets: DateForms,
}

impl<'a> Allergies<'a> {
    pub(super) fn new(base: Base<'a>) -> Self {
        let onsets = base.bound.forms("onset");
        Self { base, onsets }
    }
}

impl Convert for Allergies<'_> {
    fn convert(&mut self, row: &RawRow) -> Outcome {
        let base = &self.base;
        let mut notes = Notes::new(&base.bound);
        let begun = base.begin(row, &mut notes)?;
        let cells = begun.cells;
        let lines = distinct_lines(&cells.text("substance").unwrap_or_default());
        if lines.is_empty() && !base.of_patients {
            return Err(base.refuse("substance", Code::RequiredEmpty));
        }
        let kind: Option<AllergyKind> = base.word(cells, "kind", &mut notes);
        let severity = base.word(cells, "severity", &mut notes);
        let status: Option<EntryStatus> = base.word(cells, "status", &mut notes);
        let onset_on = base.day(cells, "onset", &self.onsets, &mut notes);
        let one = lines.len() == 1;
        let mut rows = Vec::new();
        for line in lines {
            // "Nil known" is written where the substance is: the mapping's words of substance say how.
            let nil =
                base.bound.word("substance", &line).is_some_and(|w| w == AllergyKind::NilKnown.as_str());
            let kind = if nil { AllergyKind::NilKnown } else { kind.unwrap_or(AllergyKind::Allergy) };
            let nil = kind == AllergyKind::NilKnown;
            // Of a list, each line is known by its words, so that another order changes nothing.
            let id = if one { begun.id } else { child(begun.id, &format!("allergy/{}", text::fold(&line))) };
            let allergy = Allergy {
                id: AllergyId(id),
                patient_id: begun.patient,
                kind,
                code: if nil { None } else { substance_code(&line) },
                substance: (!nil).then_some(line),
                reaction: cells.text("reaction").filter(|_| !nil),
                severity: severity.filter(|_| !nil),
                onset_on: onset_on.filter(|_| !nil),
                status: status.unwrap_or(EntryStatus::Active),
                field_changes: serde_json::Map::new(),
            };
            if !rows.iter().any(|known: &TargetRow| known.id == id) {
                rows.push(TargetRow::new(id, &allergy));
            }
        }
        Ok(Typed { key: begun.key, rows, notes: notes.list })
    }
}
