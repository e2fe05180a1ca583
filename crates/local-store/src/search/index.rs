//! Cards and words of patients, made from their rows. Called at the end of every transaction that touched them.

use std::collections::{BTreeSet, HashMap};

use rusqlite::{Connection, OptionalExtension};
use uuid::Uuid;
use wattle_domain::ClinicDate;
use wattle_domain::duplicate::street_key;
use wattle_domain::fields::{AlertPlace, IdentifierKind};
use wattle_domain::search_text::{
    birth_date_words, identifier_words, name_words, phone_words, phonetic, record_number_words,
};

use crate::error::Error;

/// Begins a word that is a sound; no folded word has it.
pub(super) const SOUND: char = '\u{a4}';
/// Begins a word that is a street.
pub(super) const STREET: char = '\u{b6}';
/// An alert that does not expire shows until then.
const FOREVER: &str = "9999-12-31";
/// Kinds of contacts that are a phone of the patient, in the order they are tried.
const PHONES: [&str; 3] = ["mobile", "home", "work"];

/// What a card and the words of a patient are made of.
#[derive(Default)]
struct Source {
    record_number: Option<String>,
    family_name: String,
    given_name: Option<String>,
    preferred_name: Option<String>,
    birth_date: Option<String>,
    deceased: bool,
    /// Not to be found: deleted, or merged into another.
    hidden: bool,
    parts: Parts,
}

#[derive(Default)]
struct Parts {
    /// Kind, value, preferred.
    contacts: Vec<(String, String, bool)>,
    identifiers: Vec<(String, String)>,
    /// Kind, line 1, suburb.
    addresses: Vec<(String, String, Option<String>)>,
    alert_until: Option<String>,
    first_start_at: Option<i64>,
}

const PATIENTS: &str = "SELECT id, record_number, family_name, given_name, preferred_name, birth_date,
    deceased_on IS NOT NULL, deleted_at IS NOT NULL OR merged_into IS NOT NULL FROM patient";
const CONTACTS: &str =
    "SELECT patient_id, kind, value, preferred FROM patient_contact WHERE deleted_at IS NULL";
const IDENTIFIERS: &str = "SELECT patient_id, kind, value FROM patient_identifier WHERE deleted_at IS NULL";
const ADDRESSES: &str = "SELECT patient_id, kind, line1, suburb FROM address WHERE deleted_at IS NULL";
const ALERTS: &str = "SELECT patient_id, place, expires_on FROM alert WHERE deleted_at IS NULL";
const FIRSTS: &str = "SELECT patient_id, min(start_at) FROM appointment INDEXED BY appointment_patient
    WHERE status NOT IN ('cancelled', 'did_not_attend') AND deleted_at IS NULL";

/// Makes card and words of one patient again; takes them away when the patient is gone.
pub(crate) fn remake(connection: &Connection, patient: Uuid) -> Result<(), Error> {
    let id = patient.to_string();
    let no: Option<i64> = connection
        .prepare_cached("SELECT no FROM patient_card WHERE patient_id = ?")?
        .query_row([&id], |row| row.get(0))
        .optional()?;
    let found = connection
        .prepare_cached(&format!("{PATIENTS} WHERE id = ?"))?
        .query_row([&id], |row| Ok(source(row)))
        .optional()?
        .transpose()?;
    let Some((_, mut source)) = found else {
        return no.map_or(Ok(()), |no| {
            forget_words(connection, no)?;
            forget_card(connection, no)
        });
    };
    let parts = &mut source.parts;
    for (sql, add) in CHILDREN {
        let mut statement = connection.prepare_cached(&format!("{sql} AND patient_id = ?"))?;
        let mut rows = statement.query([&id])?;
        while let Some(row) = rows.next()? {
            add(parts, row)?;
        }
    }
    // An aggregate without rows answers with one of nulls.
    parts.first_start_at = connection
        .prepare_cached(&format!("{FIRSTS} AND patient_id = ?"))?
        .query_row([&id], |row| row.get(1))?;
    let words = Words::of(&source);
    let Some(no) = no else {
        let no = connection
            .prepare_cached("SELECT coalesce(max(no), 0) + 1 FROM patient_card")?
            .query_row([], |row| row.get(0))?;
        write_card(connection, no, &id, &source)?;
        return words.map_or(Ok(()), |words| words.write_with_names(connection, no, &id));
    };
    forget_card(connection, no)?;
    write_card(connection, no, &id, &source)?;
    // Most changes (an appointment, a note) leave the words alone, and the index is the dearest part.
    if Words::stored(connection, no)? != words.as_ref().map(|w| (w.names.clone(), w.other.clone())) {
        forget_words(connection, no)?;
        if let Some(words) = words {
            words.write_with_names(connection, no, &id)?;
        }
    }
    Ok(())
}

/// Makes all cards and words again, in one sweep over each table.
pub(crate) fn remake_all(connection: &Connection) -> Result<(), Error> {
    connection.execute_batch(
        "DELETE FROM patient_card; DELETE FROM patient_words; DELETE FROM name_word;
         INSERT INTO patient_fts (patient_fts) VALUES ('delete-all');",
    )?;
    let mut all: HashMap<String, Parts> = HashMap::new();
    for (sql, add) in CHILDREN {
        let mut statement = connection.prepare(sql)?;
        let mut rows = statement.query([])?;
        while let Some(row) = rows.next()? {
            add(all.entry(row.get(0)?).or_default(), row)?;
        }
    }
    let mut statement = connection.prepare(&format!("{FIRSTS} GROUP BY patient_id"))?;
    let mut rows = statement.query([])?;
    while let Some(row) = rows.next()? {
        all.entry(row.get(0)?).or_default().first_start_at = row.get(1)?;
    }
    let mut words = BTreeSet::new();
    let mut statement = connection.prepare(&format!("{PATIENTS} ORDER BY id"))?;
    let mut rows = statement.query([])?;
    let mut no = 0;
    while let Some(row) = rows.next()? {
        let (id, mut source) = source(row)?;
        source.parts = all.remove(&id).unwrap_or_default();
        no += 1;
        write_card(connection, no, &id, &source)?;
        if let Some(found) = Words::of(&source) {
            found.write(connection, no, &id)?;
            words.extend(found.name_words);
        }
    }
    words.iter().try_for_each(|word| write_name_word(connection, word))
}

type Add = fn(&mut Parts, &rusqlite::Row<'_>) -> rusqlite::Result<()>;

/// The tables that hang on a patient, and how a row of each is taken in.
const CHILDREN: [(&str, Add); 4] = [
    (CONTACTS, |parts, row| {
        parts.contacts.push((row.get(1)?, row.get(2)?, row.get(3)?));
        Ok(())
    }),
    (IDENTIFIERS, |parts, row| {
        parts.identifiers.push((row.get(1)?, row.get(2)?));
        Ok(())
    }),
    (ADDRESSES, |parts, row| {
        parts.addresses.push((row.get(1)?, row.get(2)?, row.get(3)?));
        Ok(())
    }),
    (ALERTS, |parts, row| {
        let place: String = row.get(1)?;
        if place == AlertPlace::Booking.as_str() || place == AlertPlace::Opening.as_str() {
            let until: String = row.get::<_, Option<String>>(2)?.unwrap_or_else(|| FOREVER.to_owned());
            parts.alert_until = parts.alert_until.take().max(Some(until));
        }
        Ok(())
    }),
];

fn source(row: &rusqlite::Row<'_>) -> Result<(String, Source), Error> {
    let source = Source {
        record_number: row.get(1)?,
        family_name: row.get(2)?,
        given_name: row.get(3)?,
        preferred_name: row.get(4)?,
        birth_date: row.get(5)?,
        deceased: row.get(6)?,
        hidden: row.get(7)?,
        parts: Parts::default(),
    };
    Ok((row.get(0)?, source))
}

fn forget_words(connection: &Connection, no: i64) -> Result<(), Error> {
    connection.prepare_cached("DELETE FROM patient_fts WHERE rowid = ?")?.execute([no])?;
    connection.prepare_cached("DELETE FROM patient_words WHERE no = ?")?.execute([no])?;
    Ok(())
}

fn forget_card(connection: &Connection, no: i64) -> Result<(), Error> {
    connection.prepare_cached("DELETE FROM patient_card WHERE no = ?")?.execute([no])?;
    Ok(())
}

fn write_card(connection: &Connection, no: i64, id: &str, source: &Source) -> Result<(), Error> {
    let card =
        "INSERT INTO patient_card (patient_id, no, record_number, family_name, given_name, preferred_name,
                    birth_date, phone, suburb, deceased, alert_until, first_start_at)
                VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)";
    connection.prepare_cached(card)?.execute(rusqlite::params![
        id,
        no,
        source.record_number,
        source.family_name,
        source.given_name,
        source.preferred_name,
        source.birth_date,
        phone(&source.parts),
        suburb(&source.parts),
        source.deceased,
        source.parts.alert_until,
        source.parts.first_start_at,
    ])?;
    Ok(())
}

/// The words that a patient is found by.
struct Words {
    /// Family names `|` given and preferred names.
    names: String,
    /// Numbers, suburbs, streets.
    other: String,
    name_words: Vec<String>,
}

impl Words {
    /// `None` for somebody who is not to be found.
    fn of(source: &Source) -> Option<Self> {
        if source.hidden {
            return None;
        }
        let family = name_words(&source.family_name);
        let mut given = name_words(source.given_name.as_deref().unwrap_or_default());
        for word in name_words(source.preferred_name.as_deref().unwrap_or_default()) {
            if !given.contains(&word) {
                given.push(word);
            }
        }
        let names = format!("{}|{}", family.join(" "), given.join(" "));
        let name_words = family.into_iter().chain(given).collect();
        Some(Self { names, other: other_words(source).join(" "), name_words })
    }

    fn stored(connection: &Connection, no: i64) -> Result<Option<(String, String)>, Error> {
        let mut statement =
            connection.prepare_cached("SELECT names, other FROM patient_words WHERE no = ?")?;
        Ok(statement.query_row([no], |row| Ok((row.get(0)?, row.get(1)?))).optional()?)
    }

    fn write(&self, connection: &Connection, no: i64, id: &str) -> Result<(), Error> {
        connection
            .prepare_cached("INSERT INTO patient_words (no, patient_id, names, other) VALUES (?, ?, ?, ?)")?
            .execute(rusqlite::params![no, id, self.names, self.other])?;
        let mut text = format!("{} {}", self.names.replace('|', " "), self.other);
        for sound in self.name_words.iter().map(|word| phonetic(word)).filter(|sound| sound.len() > 1) {
            text.push(' ');
            text.push(SOUND);
            text.push_str(&sound);
        }
        connection
            .prepare_cached("INSERT INTO patient_fts (rowid, words) VALUES (?, ?)")?
            .execute(rusqlite::params![no, text])?;
        Ok(())
    }

    fn write_with_names(&self, connection: &Connection, no: i64, id: &str) -> Result<(), Error> {
        self.write(connection, no, id)?;
        self.name_words.iter().try_for_each(|word| write_name_word(connection, word))
    }
}

/// Everything that finds a patient beside the names.
fn other_words(source: &Source) -> Vec<String> {
    let mut words = Vec::new();
    for (kind, value, _) in &source.parts.contacts {
        // A next of kin's phone finds the patient too: it is the number that calls.
        if kind != "email" {
            words.extend(phone_words(value));
        }
    }
    if let Some(date) = source.birth_date.as_deref().and_then(|text| text.parse::<ClinicDate>().ok()) {
        words.extend(birth_date_words(date));
    }
    words.extend(source.record_number.as_deref().map(record_number_words).unwrap_or_default());
    for (kind, value) in &source.parts.identifiers {
        words.extend(identifier_words(kind.parse().unwrap_or(IdentifierKind::Legacy), value));
    }
    for (_, line1, suburb) in &source.parts.addresses {
        words.extend(name_words(suburb.as_deref().unwrap_or_default()));
        let street = street_key(line1);
        if !street.is_empty() {
            words.push(format!("{STREET}{street}"));
        }
    }
    words.sort_unstable();
    words.dedup();
    words
}

/// The first phone to try.
fn phone(parts: &Parts) -> Option<&str> {
    let place = |kind: &str| PHONES.iter().position(|p| *p == kind);
    parts
        .contacts
        .iter()
        .filter_map(|(kind, value, preferred)| Some(((!preferred, place(kind)?, value), value.as_str())))
        .min()
        .map(|(_, value)| value)
}

fn suburb(parts: &Parts) -> Option<&str> {
    let suburbs =
        parts.addresses.iter().filter_map(|(kind, _, suburb)| Some((kind != "home", suburb.as_deref()?)));
    suburbs.min().map(|(_, suburb)| suburb)
}

fn write_name_word(connection: &Connection, word: &str) -> Result<(), Error> {
    if word.chars().count() < 3 {
        return Ok(());
    }
    let reversed: String = word.chars().rev().collect();
    connection
        .prepare_cached("INSERT INTO name_word (word, reversed) VALUES (?, ?) ON CONFLICT DO NOTHING")?
        .execute([word, &reversed])?;
    Ok(())
}
