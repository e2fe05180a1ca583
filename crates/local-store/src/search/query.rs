//! Patients by what is typed.
//!
//! Whole words first, then words that begin so, then (only when there are few) what sounds alike or has one wrong letter.
//! Ranking costs per candidate, so a broad query ranks the first few hundred and no more: who types two letters of a common
//! name goes on typing.

use std::collections::HashSet;

use rusqlite::Connection;
use wattle_domain::PatientId;
use wattle_domain::search_text::{Term, TermKind, phonetic, terms, within_one_edit};
use wattle_protocol::ipc::patients::{PatientHit, SearchPatients};

use super::index::SOUND;
use super::rank::Words;
use crate::error::Error;
use crate::screens::hit;
use crate::store::Store;

/// Candidates that are ranked.
const RANKED: usize = 256;
/// With fewer than this, likenesses are looked for.
const FEW: usize = 5;
/// Likenesses that are ranked.
const LIKE: usize = 64;
/// Words with one wrong letter that are looked for, per term.
const LIKE_WORDS: usize = 16;
/// Known words compared with one that was typed.
const COMPARED: i64 = 4000;
/// More is never shown.
const MOST: u32 = 200;

struct Candidate {
    no: i64,
    fuzzy: bool,
    score: u32,
    names: String,
    patient: PatientId,
    matched: Vec<String>,
}

impl Store {
    /// Patients that fit what was typed, best first. Nothing typed finds nobody.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub fn search_patients(&self, search: &SearchPatients) -> Result<Vec<PatientHit>, Error> {
        let terms = terms(&search.query);
        let limit = usize::try_from(search.limit.clamp(1, MOST)).unwrap_or(1);
        if terms.is_empty() {
            return Ok(Vec::new());
        }
        self.read(|connection| find(connection, &terms, limit))
    }
}

fn find(connection: &Connection, terms: &[Term], limit: usize) -> Result<Vec<PatientHit>, Error> {
    let mut seen = HashSet::new();
    let mut candidates = Vec::new();
    for whole in [true, false] {
        if candidates.len() < RANKED {
            let expression = all_of(terms.iter().map(|term| any_of(&term.any, whole)));
            gather(connection, &expression, RANKED, terms, false, &mut seen, &mut candidates)?;
        }
    }
    if candidates.len() < FEW
        && let Some(expression) = alike(connection, terms)?
    {
        gather(connection, &expression, LIKE, terms, true, &mut seen, &mut candidates)?;
    }
    candidates.sort_by(|a, b| (a.fuzzy, a.score, &a.names, a.no).cmp(&(b.fuzzy, b.score, &b.names, b.no)));
    candidates.truncate(limit);
    let hits = candidates.into_iter().map(|c| hit::load(connection, c.patient, c.matched, c.fuzzy));
    hits.filter_map(Result::transpose).collect()
}

/// Adds the patients that an expression finds to the candidates.
fn gather(
    connection: &Connection,
    expression: &str,
    limit: usize,
    terms: &[Term],
    fuzzy: bool,
    seen: &mut HashSet<i64>,
    candidates: &mut Vec<Candidate>,
) -> Result<(), Error> {
    for no in rows(connection, expression, limit)? {
        if !seen.insert(no) {
            continue;
        }
        let mut words =
            connection.prepare_cached("SELECT patient_id, names, other FROM patient_words WHERE no = ?")?;
        let (patient, names, other): (String, String, String) =
            words.query_row([no], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))?;
        let (score, matched) = Words::new(&names, &other).score(terms);
        let patient =
            patient.parse().map_err(|_| Error::BadRow { what: format!("words of patient {no}") })?;
        candidates.push(Candidate { no, fuzzy, score, names, patient, matched });
    }
    Ok(())
}

/// Numbers of the patients that an expression of the index finds.
pub(super) fn rows(connection: &Connection, expression: &str, limit: usize) -> Result<Vec<i64>, Error> {
    let sql = "SELECT rowid FROM patient_fts WHERE patient_fts MATCH ? LIMIT ?";
    let mut statement = connection.prepare_cached(sql)?;
    let limit = i64::try_from(limit).unwrap_or(i64::MAX);
    let rows = statement.query_map(rusqlite::params![expression, limit], |row| row.get(0))?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// One of these words, whole or as a beginning. Folded words have no quotation marks.
fn any_of(words: &[String], whole: bool) -> String {
    let star = if whole { "" } else { " *" };
    let quoted: Vec<String> = words.iter().map(|w| format!("\"{w}\"{star}")).collect();
    format!("({})", quoted.join(" OR "))
}

fn all_of(parts: impl Iterator<Item = String>) -> String {
    parts.collect::<Vec<_>>().join(" AND ")
}

/// The expression with likenesses of each word; `None` when no word is long enough to be like another.
fn alike(connection: &Connection, terms: &[Term]) -> Result<Option<String>, Error> {
    let mut some = false;
    let mut parts = Vec::new();
    for term in terms {
        let mut ways = vec![any_of(&term.any, false)];
        if let (TermKind::Word, Some(word)) = (term.kind, term.any.first())
            && word.chars().count() > 2
        {
            some = true;
            let sound = phonetic(word);
            if sound.len() > 1 {
                ways.push(format!("\"{SOUND}{sound}\""));
            }
            let like = one_letter_off(connection, word)?;
            if !like.is_empty() {
                ways.push(any_of(&like, true));
            }
        }
        parts.push(format!("({})", ways.join(" OR ")));
    }
    Ok(some.then(|| all_of(parts.into_iter())))
}

/// Known words of names with one wrong letter, or that begin with the typed word so written. One half of the word is right.
fn one_letter_off(connection: &Connection, word: &str) -> Result<Vec<String>, Error> {
    let letters: Vec<char> = word.chars().collect();
    let half = letters.len() / 2;
    let front: String = letters.iter().take(half).collect();
    let back: String = letters.iter().rev().take(half).collect();
    let by_front = "SELECT word FROM name_word WHERE word >= ? AND word < ? LIMIT ?";
    let by_back = "SELECT word FROM name_word WHERE reversed >= ? AND reversed < ? LIMIT ?";
    let mut found = Vec::new();
    for (sql, from) in [(by_front, front), (by_back, back)] {
        let to = format!("{from}\u{10ffff}");
        let mut statement = connection.prepare_cached(sql)?;
        let known =
            statement.query_map(rusqlite::params![from, to, COMPARED], |row| row.get::<_, String>(0))?;
        for known in known {
            let known = known?;
            let length = known.chars().count();
            let beginning = || known.chars().take(letters.len()).collect::<String>();
            let like = within_one_edit(word, &known)
                || (length > letters.len() && letters.len() > 3 && within_one_edit(word, &beginning()));
            if like && !found.contains(&known) {
                found.push(known);
            }
        }
    }
    // The nearest in length first.
    found.sort_by_key(|w| w.chars().count().abs_diff(letters.len()));
    found.truncate(LIKE_WORDS);
    Ok(found)
}
