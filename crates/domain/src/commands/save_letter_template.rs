//! `save_letter_template`: a letter to begin with, new or written anew as a whole. One with a broken field is never saved. Who
//! has not seen what another computer wrote meanwhile is told, and their words stay with the refused command: two texts of
//! one letter are not to be put together by a rule.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use super::LONGEST_NOTE_BYTES;
use super::record_entry::{NAME_CHARS, needed};
use crate::attention::FieldChange;
use crate::command::Verb;
use crate::decide::{Context, Decision};
use crate::entities::LetterTemplate;
use crate::ids::{LetterTemplateId, PatientId, Rev};
use crate::letter::check_template;
use crate::rejection::{Rejection, RejectionCode};
use crate::role::{Action, Grant, Noun};
use crate::row::{Fields, RowChange};
use crate::table::TableName;
use crate::world::{Read, World};

/// A template as it is to be.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SaveLetterTemplate {
    /// Which; a new one when there is none.
    pub template_id: LetterTemplateId,
    /// The revision that the author saw; 0 of a new one.
    #[serde(default)]
    pub seen_rev: Rev,
    /// What it is called.
    pub name: String,
    /// What the letter is about.
    pub subject: String,
    /// What it says.
    pub body: String,
    /// Still to be offered.
    pub active: bool,
}

impl Verb for SaveLetterTemplate {
    const GRANT: Grant = (Noun::LetterTemplate, Action::Write);

    fn reads(&self) -> Vec<Read> {
        vec![Read::Row(TableName::LetterTemplate, self.template_id.0)]
    }

    fn patient(&self, _: &World) -> Option<PatientId> {
        None
    }

    fn decide(&self, context: &Context, world: &World) -> Result<Decision, Rejection> {
        let name = needed("name", &self.name, NAME_CHARS)?;
        let subject = needed("subject", &self.subject, NAME_CHARS)?;
        let body = self.body.trim_end();
        if body.trim().is_empty() || body.len() > LONGEST_NOTE_BYTES {
            return Err(Rejection::invalid("body"));
        }
        check_template(&subject, body).map_err(|fault| Rejection::invalid(fault.part))?;
        let Some(row) = world.row(TableName::LetterTemplate, self.template_id) else {
            let template = LetterTemplate {
                id: self.template_id,
                name,
                subject,
                body: body.to_owned(),
                active: self.active,
                field_changes: Map::new(),
            };
            return Ok(Decision::applied(vec![RowChange::insert(self.template_id, &template)]));
        };
        let elsewhere = row.attribution.origin_workstation != Some(context.workstation);
        if elsewhere && self.seen_rev < row.rev {
            return Err(Rejection::new(RejectionCode::ChangedSince));
        }
        let now = [
            ("name", json!(name)),
            ("subject", json!(subject)),
            ("body", json!(body)),
            ("active", json!(self.active)),
        ];
        let mut changes = row.field("field_changes").as_object().cloned().unwrap_or_default();
        let mut set = Fields::new();
        for (field, now) in now.into_iter().filter(|(field, now)| row.field(field) != now) {
            changes.insert(field.to_owned(), FieldChange::of(context));
            set.insert(field.to_owned(), now);
        }
        if set.is_empty() {
            return Ok(Decision::applied(Vec::new()));
        }
        set.insert("field_changes".into(), Value::Object(changes));
        Ok(Decision::applied(vec![RowChange::update(TableName::LetterTemplate, row, set)]))
    }
}
