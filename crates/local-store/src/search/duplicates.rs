//! Who may be the same person as the one that is being registered.

use rusqlite::Connection;
use wattle_domain::duplicate::{Likeness, possible, street_key};
use wattle_domain::identifiers::{clean, clean_contact};
use wattle_domain::search_text::{birth_date_words, identifier_words, key};
use wattle_domain::{ClinicDate, PatientId};
use wattle_protocol::ipc::patients::{PatientDraft, PossibleDuplicate};

use super::index::STREET;
use super::query::rows;
use crate::error::Error;
use crate::screens::hit;
use crate::store::Store;

/// Candidates that are compared.
const COMPARED: usize = 300;
/// Shown beside the form.
const SHOWN: usize = 10;

impl Store {
    /// Patients that any two of given name, family name, birth date, identifier and street agree with; most agreeing first.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub fn possible_duplicates(&self, draft: &PatientDraft) -> Result<Vec<PossibleDuplicate>, Error> {
        let Some(expression) = expression(draft) else { return Ok(Vec::new()) };
        let wanted = likeness(draft);
        self.read(|connection| {
            let mut found = Vec::new();
            for no in rows(connection, &expression, COMPARED)? {
                let patient: String = connection
                    .prepare_cached("SELECT patient_id FROM patient_words WHERE no = ?")?
                    .query_row([no], |row| row.get(0))?;
                let agrees = wanted.agreements(&stored(connection, &patient)?);
                if possible(&agrees) {
                    found.push((agrees, patient));
                }
            }
            found.sort_by(|a, b| (b.0.len(), &a.1).cmp(&(a.0.len(), &b.1)));
            found.truncate(SHOWN);
            let mut shown = Vec::new();
            for (agrees, patient) in found {
                let id: PatientId =
                    patient.parse().map_err(|_| Error::BadRow { what: "patient id".into() })?;
                if let Some(hit) = hit::load(connection, id, Vec::new(), false)? {
                    let agrees = agrees.into_iter().map(str::to_owned).collect();
                    shown.push(PossibleDuplicate { hit, agrees });
                }
            }
            Ok(shown)
        })
    }
}

fn likeness(draft: &PatientDraft) -> Likeness {
    let d = &draft.details;
    let mut likeness = Likeness::new(d.given_name.as_deref(), &d.family_name, d.birth_date);
    draft.parts.identifiers.iter().for_each(|i| likeness.add_identifier(&clean(i.kind, &i.value)));
    draft.parts.addresses.iter().for_each(|a| likeness.add_street(&a.line1));
    draft.parts.contacts.iter().for_each(|c| likeness.add_phone(&clean_contact(c.kind, &c.value)));
    likeness
}

/// Any two of what is comparable, as an expression of the index; `None` while there are not two.
fn expression(draft: &PatientDraft) -> Option<String> {
    let d = &draft.details;
    let mut groups: Vec<Vec<String>> = vec![
        vec![key(d.given_name.as_deref().unwrap_or_default())],
        vec![key(&d.family_name)],
        d.birth_date.map(|date| birth_date_words(date).into_iter().take(1).collect()).unwrap_or_default(),
        draft
            .parts
            .identifiers
            .iter()
            .filter_map(|i| identifier_words(i.kind, &clean(i.kind, &i.value)).into_iter().next())
            .collect(),
        draft
            .parts
            .addresses
            .iter()
            .map(|a| street_key(&a.line1))
            .filter(|street| !street.is_empty())
            .map(|street| format!("{STREET}{street}"))
            .collect(),
    ];
    for group in &mut groups {
        group.retain(|word| !word.is_empty());
    }
    groups.retain(|group| !group.is_empty());
    let any: Vec<String> = groups
        .iter()
        .map(|group| group.iter().map(|w| format!("\"{w}\"")).collect::<Vec<_>>().join(" OR "))
        .collect();
    let pairs: Vec<String> = any
        .iter()
        .enumerate()
        .flat_map(|(i, a)| any.iter().skip(i + 1).map(move |b| format!("(({a}) AND ({b}))")))
        .collect();
    (!pairs.is_empty()).then(|| pairs.join(" OR "))
}

/// What is comparable of a patient who is here.
fn stored(connection: &Connection, patient: &str) -> Result<Likeness, Error> {
    let (family, given, birth): (String, Option<String>, Option<String>) = connection
        .prepare_cached("SELECT family_name, given_name, birth_date FROM patient_card WHERE patient_id = ?")?
        .query_row([patient], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))?;
    let birth = birth.and_then(|text| text.parse::<ClinicDate>().ok());
    let mut likeness = Likeness::new(given.as_deref(), &family, birth);
    let mut each = |sql: &str, add: fn(&mut Likeness, &str)| -> Result<(), Error> {
        let mut statement = connection.prepare_cached(sql)?;
        let mut rows = statement.query([patient])?;
        while let Some(row) = rows.next()? {
            add(&mut likeness, &row.get::<_, String>(0)?);
        }
        Ok(())
    };
    each(
        "SELECT value FROM patient_identifier WHERE patient_id = ? AND deleted_at IS NULL",
        Likeness::add_identifier,
    )?;
    each("SELECT line1 FROM address WHERE patient_id = ? AND deleted_at IS NULL", Likeness::add_street)?;
    each(
        "SELECT value FROM patient_contact WHERE patient_id = ? AND kind <> 'email' AND deleted_at IS NULL",
        Likeness::add_phone,
    )?;
    Ok(likeness)
}
