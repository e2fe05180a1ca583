//! Writing into files, and what may happen while one does: the power goes, the disk is full.

use std::collections::BTreeSet;

use serde_json::Value;
use wattle_domain::{Command, FeedClass, TableName};
use wattle_local_store::{Author, Error as StoreError, Store, SubmitError};
use wattle_protocol::pull::{Frame, Pull};
use wattle_sync_engine::machine::Event;
use wattle_sync_rules::digest::Key;

use super::ends::same;
use super::wire::Rows;
use super::{Happening, World};
use crate::canary;
use crate::desk::file;
use crate::desk::person;
use crate::mutant::Mutant;
use crate::server::history::Wrong;
use crate::server::pull::digest;

/// What is written, for the trace.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Write {
    /// A command.
    Submit,
    /// Answers.
    Record,
    /// Rows.
    Pull,
    /// Something that brings the file in line.
    Tidy,
}

/// How far a row may be from its parent to be looked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Within {
    /// Anywhere in the file: after a pull that was complete.
    File,
    /// In the same feed.
    Feeds,
}

impl World {
    /// Writes into the open file of a desk; `None`: the power went, and nobody is there to hear of it.
    pub fn write<T>(&mut self, desk: usize, what: Write, write: impl FnOnce(&Store) -> T) -> Option<T> {
        let power = if self.healing { 0 } else { self.weather.power };
        let here = &mut self.desks[desk];
        let crash = std::mem::take(&mut here.crash_armed) || here.random.chance(power);
        let open = here.open.as_ref()?;
        if !crash {
            return Some(write(&open.store));
        }
        let path = open.store.path().to_owned();
        let (salt, before) = (file::wal_salt(&path), file::wal_len(&path));
        let _nobody_hears = write(&open.store);
        let after = file::wal_len(&path);
        let least = if file::wal_salt(&path) == salt { before.min(after) } else { 0 };
        let cut = match here.random.below(4) {
            0 => least,
            1 => after,
            _ => least + here.random.below(after - least + 1),
        };
        let garbage: Vec<u8> = if here.random.chance(300) {
            (0..here.random.below(6_000)).map(|n| (n % 251) as u8).collect()
        } else {
            Vec::new()
        };
        let torn = path.with_extension("torn");
        file::copy_torn(&path, &torn, cut, &garbage);
        self.trace.note(
            self.now_ms,
            format_args!(
                "desk {desk}: the power goes in {what:?}, {} of {} bytes reach the disk",
                cut - least,
                after - least
            ),
        );
        let person = self.stop(desk);
        file::replace(&torn, &path);
        let after = self.desks[desk].random.between(1_000, 20_000);
        self.later(after, Happening::Start { desk, person: person.unwrap_or(self.desks[desk].people[0]) });
        None
    }

    /// Somebody does something.
    pub fn submit(&mut self, desk: usize, command: Command) {
        self.submit_all(desk, vec![command]);
    }

    /// Somebody does several things that stand or fall together; or one.
    pub fn submit_all(&mut self, desk: usize, commands: Vec<Command>) {
        let Some(open) = &self.desks[desk].open else { return };
        let author = Author {
            user: self.plan.people[open.person].user,
            roles: open.roles.clone(),
            signing_key: self.keys[open.person].clone(),
        };
        let profile = open.profile.clone();
        let words: BTreeSet<String> =
            commands.iter().flat_map(|c| canary::words(&person::bytes(c))).collect();
        if let Some(file) = self.desks[desk].files.get_mut(&profile) {
            file.own_words.extend(words);
        }
        let names: Vec<&str> = commands.iter().map(Command::name).collect();
        let names = names.join("+");
        let done = self.write(desk, Write::Submit, |store| {
            if let [command] = commands.as_slice() {
                store.submit(&author, command.clone()).map(|submitted| vec![submitted])
            } else {
                store.submit_group(&author, commands.clone())
            }
        });
        match done {
            None => {}
            Some(Ok(submitted)) => {
                let ids: Vec<_> = submitted.iter().map(|s| s.command_id).collect();
                self.trace.note(self.now_ms, format_args!("desk {desk}: saved {names} {ids:?}"));
                self.born.extend(ids.iter().copied());
                let here = &self.desks[desk];
                if here.old_app
                    && here.files.len() == 1
                    && let Some(open) = &here.open
                {
                    ids.iter().for_each(|id| open.look.write_in_wire_1(*id, &author.signing_key));
                }
                if let Some(file) = self.desks[desk].files.get_mut(&profile) {
                    file.saved.extend(ids);
                }
                if let Some(facts) = self.facts(desk) {
                    self.tell(desk, Event::OutboxChanged(facts));
                }
            }
            Some(Err(SubmitError::Rejected(rejection))) => {
                self.trace.note(
                    self.now_ms,
                    format_args!("desk {desk}: {names} refused here: {:?}", rejection.code),
                );
            }
            Some(Err(SubmitError::Store(error))) => {
                self.trace.note(self.now_ms, format_args!("desk {desk}: {names} not saved: {error}"));
                let full = self.desks[desk].full_until_ms > self.now_ms;
                if !full {
                    self.fail(Wrong::new("a command can be saved", format!("desk {desk}: {error}")));
                }
            }
        }
    }

    /// A mutant takes the server's digest for its own: whatever the server says, it is what the file says.
    pub fn adopt_digests(&self, desk: usize, asked: &Pull, frames: &mut [Frame]) {
        let (Some(ask), Some(open)) = (&asked.digest, &self.desks[desk].open) else { return };
        let Ok(key) = Key::read(&ask.key) else { return };
        // Compared after the rows are in: the file is asked only then, so the rows of this answer are counted too.
        let mut rows: std::collections::BTreeMap<TableName, _> = std::collections::BTreeMap::new();
        for frame in frames.iter() {
            match frame {
                Frame::Whole { feed, .. } => {
                    for &table in TableName::ALL.iter().filter(|t| t.table().class == *feed) {
                        rows.insert(table, std::collections::BTreeMap::new());
                    }
                }
                Frame::Rows { table, columns, rows: new, .. } => {
                    let Ok(table) = table.parse::<TableName>() else { continue };
                    let here = rows.entry(table).or_insert_with(|| open.look.mirror(table));
                    for row in new.iter().filter_map(|values| row_of(columns, values)) {
                        here.insert(row.id, row);
                    }
                }
                Frame::Gone { table, ids, .. } => {
                    let Ok(table) = table.parse::<TableName>() else { continue };
                    let here = rows.entry(table).or_insert_with(|| open.look.mirror(table));
                    ids.iter().for_each(|id| drop(here.remove(id)));
                }
                _ => {}
            }
        }
        for frame in frames.iter_mut() {
            let Frame::Checkpoint { digests, .. } = frame else { continue };
            for adopted in digests.iter_mut() {
                let Ok(table) = adopted.table.parse::<TableName>() else { continue };
                let here = rows.entry(table).or_insert_with(|| open.look.mirror(table));
                *adopted = digest(key, table, ask.content_of, here.values());
            }
        }
    }

    /// A mutant empties the outbox with the mirror.
    pub fn drop_outbox(&mut self, desk: usize) {
        if self.server.is(Mutant::DropOutboxOnReset)
            && let Some(open) = &self.desks[desk].open
        {
            open.look.run("DELETE FROM outbox");
        }
    }

    /// A row of the mirror is damaged without a word.
    pub fn corrupt(&mut self, desk: usize) {
        let here = &mut self.desks[desk];
        let Some(open) = &here.open else { return };
        let tables =
            [TableName::Patient, TableName::PatientContact, TableName::Practitioner, TableName::AuditEvent];
        let table = *here.random.pick(&tables).unwrap_or(&TableName::Patient);
        let rows = open.look.rows(table);
        let Some(row) = here.random.pick(&rows) else { return };
        let (id, name) = (row.id, table.as_str());
        // Only rows that no pending command has changed: those are not the mirror's.
        if open.look.number(&format!("SELECT count(*) FROM mirror_image WHERE id = '{id}'")) > 0 {
            return;
        }
        let how = here.random.below(3);
        match how {
            0 => open.look.run(&format!("DELETE FROM {name} WHERE id = '{id}'")),
            1 => open.look.run(&format!("UPDATE {name} SET rev = rev + 1 WHERE id = '{id}'")),
            _ => open.look.run(&format!("UPDATE {name} SET deleted_reason = 'bit rot' WHERE id = '{id}'")),
        };
        let bucket = wattle_sync_rules::digest::bucket_of(id);
        self.trace.note(self.now_ms, format_args!("desk {desk}: {name} {id} is damaged, {how}"));
        let profile = open.profile.clone();
        if let Some(file) = here.files.get_mut(&profile) {
            file.damaged.insert((table, bucket));
            file.excused = true;
        }
    }

    /// No row is seen whose parent is not.
    pub fn check_orphans(&mut self, desk: usize, within: Within) {
        let Some(open) = &self.desks[desk].open else { return };
        if self.desks[desk].files.get(&open.profile).is_some_and(|f| f.excused)
            || self.server.pointers_lost > 0
        {
            return;
        }
        // A file that is being mended bucket by bucket is between two states.
        if open.look.number("SELECT count(*) FROM repair") > 0 {
            return;
        }
        let class = |name: &str| name.parse::<TableName>().ok().map(|table| table.table().class);
        for (table, column, parent) in PARENTS {
            if within == Within::Feeds && class(table) != class(parent) {
                continue;
            }
            let sql = format!(
                "SELECT count(*) FROM {table} c WHERE c.{column} IS NOT NULL
                 AND NOT EXISTS (SELECT 1 FROM {parent} p WHERE p.id = c.{column})"
            );
            if open.look.number(&sql) > 0 {
                let what = format!("desk {desk}: {table} without its {parent}");
                return self.fail(Wrong::new("no orphan is visible", what));
            }
        }
    }

    /// After a complete pull the mirror is what the server had, row by row, whatever is pending over it.
    pub fn check_mirror(&mut self, desk: usize, rows: &Rows) {
        let Some(open) = &self.desks[desk].open else { return };
        let excused = self.desks[desk].files.get(&open.profile).is_some_and(|f| f.excused);
        let mending = open.look.number("SELECT count(*) FROM repair") > 0;
        if excused || mending || self.server.pointers_lost > 0 {
            return;
        }
        let (rows, granted) = rows;
        let feeds: Vec<FeedClass> =
            open.store.identity().feeds().into_iter().filter(|feed| granted.contains(feed)).collect();
        let mut wrong = None;
        for &table in TableName::ALL.iter().filter(|t| feeds.contains(&t.table().class)) {
            let ours = open.look.mirror(table);
            let theirs = rows.range((table, uuid::Uuid::nil())..=(table, uuid::Uuid::max()));
            let mut there = 0;
            for ((_, id), row) in theirs {
                there += 1;
                if !ours.get(id).is_some_and(|ours| same(ours, row)) {
                    wrong = Some(format!(
                        "desk {desk}: {id} of {} is {:?}",
                        table.as_str(),
                        ours.get(id).map(|r| r.rev)
                    ));
                }
            }
            if ours.len() != there {
                wrong.get_or_insert(format!("desk {desk}: {} of {there} in {}", ours.len(), table.as_str()));
            }
        }
        if let Some(what) = wrong {
            self.fail(Wrong::new("after a complete pull the mirror is the server's snapshot", what));
        }
    }

    /// What was removed is gone, byte by byte.
    pub fn check_removed(&mut self, desk: usize) {
        let Some(open) = &self.desks[desk].open else { return };
        let Some(file) = self.desks[desk].files.get(&open.profile) else { return };
        let clinic = self.desks[desk].clinic;
        let feeds = open.store.identity().feeds();
        let allowed: BTreeSet<FeedClass> =
            feeds.into_iter().filter(|feed| file.granted.contains(feed)).collect();
        let mut wrong = None;
        canary::scan(&open.look.bytes(), |mark, word| {
            if !file.own_words.contains(word) && (mark.0 != clinic || !allowed.contains(&mark.1)) {
                wrong.get_or_insert_with(|| format!("desk {desk}: {mark:?}, {word}"));
            }
        });
        if let Some(what) = wrong {
            self.fail(Wrong::new("no file has a byte that is not granted", what));
        }
    }

    /// Cursors only grow within an epoch, but for a feed that begins anew.
    pub fn note_cursors(&mut self, desk: usize) {
        let here = &mut self.desks[desk];
        let Some(open) = &here.open else { return };
        let Ok(facts) = open.store.sync_facts() else { return };
        let Some(file) = here.files.get_mut(&open.profile) else { return };
        let mut wrong = None;
        if file.epoch == facts.epoch {
            for (feed, seq) in &facts.cursors {
                let before = file.cursors.get(feed).copied().unwrap_or_default();
                if seq.0 > 0 && *seq < before {
                    wrong = Some(format!("desk {desk}: {feed:?} went from {} to {}", before.0, seq.0));
                }
            }
        }
        file.epoch = facts.epoch;
        file.cursors = facts.cursors;
        if let Some(what) = wrong {
            self.fail(Wrong::new("cursors only grow within an epoch", what));
        }
    }

    /// A digest that differs has a cause.
    pub fn note_digest(&mut self, desk: usize, asked: &Pull, wrong: u64) {
        if wrong == 0 {
            return;
        }
        let Some(open) = &self.desks[desk].open else { return };
        let excused = self.desks[desk].files.get(&open.profile).is_some_and(|f| f.excused)
            || self.server.pointers_lost > 0
            || self.epoch_changed;
        self.trace.note(self.now_ms, format_args!("desk {desk}: {wrong} buckets differ"));
        if !excused {
            let what = format!(
                "desk {desk}: {wrong} buckets, asked {:?}",
                asked.digest.as_ref().map(|d| (&d.tables, d.content_of))
            );
            self.fail(Wrong::new("no digest differs without a cause", what));
        }
    }
}

/// Rows and what they hang on, within what a file of one profile may hold.
const PARENTS: [(&str, &str, &str); 18] = [
    ("patient_contact", "patient_id", "patient"),
    ("patient_identifier", "patient_id", "patient"),
    ("address", "patient_id", "patient"),
    ("alert", "patient_id", "patient"),
    ("appointment", "patient_id", "patient"),
    ("appointment", "practitioner_id", "practitioner"),
    ("appointment", "type_id", "appointment_type"),
    ("appointment_event", "appointment_id", "appointment"),
    ("conflict", "patient_id", "patient"),
    ("recall", "patient_id", "patient"),
    ("allergy", "patient_id", "patient"),
    ("condition", "patient_id", "patient"),
    ("medication", "patient_id", "patient"),
    ("observation", "patient_id", "patient"),
    ("clinical_note", "patient_id", "patient"),
    ("record_conflict", "patient_id", "patient"),
    ("desk_document", "patient_id", "patient"),
    ("document", "patient_id", "patient"),
];

fn row_of(columns: &[String], values: &[Value]) -> Option<wattle_domain::Row> {
    let names = wattle_protocol::pull::COMMON_COLUMNS;
    let mut object = serde_json::Map::new();
    for (name, value) in names.iter().zip(values) {
        object.insert((*name).to_owned(), value.clone());
    }
    let fields: serde_json::Map<String, Value> =
        columns.iter().cloned().zip(values.iter().skip(names.len()).cloned()).collect();
    object.insert("fields".into(), Value::Object(fields));
    serde_json::from_value(Value::Object(object)).ok()
}

/// Whether an error says that a disk is full; kept here so that nobody takes another for it.
#[must_use]
pub fn is_full(error: &StoreError) -> bool {
    error.to_string().contains("full")
}
