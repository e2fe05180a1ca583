//! Random days at one desk against the simplest model: after every step the tables are the server's rows as last pulled
//! with every command in effect run over them, from scratch.

use proptest::prelude::*;
use serde_json::{Value, json};
use uuid::Uuid;
use wattle_domain::commands::{
    BookAppointment, CancelAppointment, Choice, EditPatient, FieldEdit, RecordArrival, RescheduleAppointment,
    ResolveConflict, Slot, StartConsultation,
};
use wattle_domain::entities::Appointment;
use wattle_domain::{Command, CommandId, Envelope, Place, Rev, TableName, UtcInstant, WIRE};
use wattle_protocol::push::Verdict;
use wattle_sync_rules::digest::bucket_of;

use crate::tables::synced;
use crate::testing::model::{FEEDS, Rows, Server, run, run_all};
use crate::testing::{CLINIC, DR_LEE, HandClock, LEE, NINE, id, maria, open};
use crate::{Author, PullDone, PullKind, Store, SubmitError};

/// What happens. Numbers choose among the few patients, slots and values there are, so that people meet.
#[derive(Clone, Debug)]
enum Step {
    /// Somebody at this desk does something.
    Here(Act),
    /// Two things that stand or fall together.
    Together(Act, Act),
    /// Somebody at dr-lee does something, and the server has it.
    There(Act),
    /// The first commands of the outbox reach the server; its answers may be lost on the way back.
    Push { count: usize, lost: bool },
    /// Changes arrive.
    Pull,
    /// Everything arrives anew.
    PullWhole,
    /// A row is gone, or hidden.
    Gone(u8),
    /// Changes arrive as they happen.
    Live,
    /// The app is closed and opened.
    Reopen,
    /// The server's present state is backed up.
    Backup,
    /// The server comes back from its backup and counts again from there.
    Restore,
    /// Rows here are altered by something else than us, and found by a digest.
    Altered { which: u8, how: Harm, reopen: bool },
}

#[derive(Clone, Copy, Debug)]
enum Harm {
    Revision,
    Content,
    Missing,
    Foreign,
    Unreadable,
}

#[derive(Clone, Copy, Debug)]
enum Act {
    Book { appointment: u8, practitioner: u8, patient: u8, slot: u8, double: bool },
    Move { appointment: u8, practitioner: u8, slot: u8, stale: bool },
    Cancel(u8),
    Arrive(u8),
    Start(u8),
    Phone { patient: u8, value: u8, stale: bool },
    Name { patient: u8, value: u8 },
    Resolve { which: u8, kept: bool },
}

fn act() -> impl Strategy<Value = Act> {
    prop_oneof![
        4 => (0..4_u8, 1..3_u8, 1..4_u8, 0..4_u8, any::<bool>()).prop_map(|(appointment, practitioner, patient, slot, d)|
            Act::Book { appointment, practitioner, patient, slot, double: d && slot == 0 }),
        3 => (0..4_u8, 1..3_u8, 0..4_u8, any::<bool>()).prop_map(|(appointment, practitioner, slot, stale)|
            Act::Move { appointment, practitioner, slot, stale: stale && slot == 0 }),
        1 => (0..4_u8).prop_map(Act::Cancel),
        1 => (0..4_u8).prop_map(Act::Arrive),
        1 => (0..4_u8).prop_map(Act::Start),
        3 => (1..4_u8, 0..4_u8, any::<bool>()).prop_map(|(patient, value, stale)| Act::Phone { patient, value, stale }),
        1 => (1..4_u8, 0..3_u8).prop_map(|(patient, value)| Act::Name { patient, value }),
        2 => (0..4_u8, any::<bool>()).prop_map(|(which, kept)| Act::Resolve { which, kept }),
    ]
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        10 => act().prop_map(Step::Here),
        3 => (act(), act()).prop_map(|(one, two)| Step::Together(one, two)),
        6 => act().prop_map(Step::There),
        4 => (1..4_usize, prop::bool::weighted(0.3)).prop_map(|(count, lost)| Step::Push { count, lost }),
        6 => Just(Step::Pull),
        2 => Just(Step::Live),
        1 => Just(Step::PullWhole),
        1 => (0..8_u8).prop_map(Step::Gone),
        1 => Just(Step::Reopen),
        1 => Just(Step::Backup),
        2 => Just(Step::Restore),
        2 => (any::<u8>(), harm(), any::<bool>())
            .prop_map(|(which, how, reopen)| Step::Altered { which, how, reopen }),
    ]
}

fn harm() -> impl Strategy<Value = Harm> {
    prop::sample::select(vec![Harm::Revision, Harm::Content, Harm::Missing, Harm::Foreign, Harm::Unreadable])
}

fn slot(n: u8) -> (UtcInstant, UtcInstant) {
    let start = NINE.plus_minutes(i64::from(n) * 10);
    (start, start.plus_minutes(15))
}

/// The command of an act, made by somebody who sees these rows.
fn command(act: Act, rows: &Rows) -> Option<Command> {
    let appointment_id = |n: u8| id(5, u128::from(n)).into();
    Some(match act {
        Act::Book { appointment, practitioner, patient, slot: s, double } => {
            let (start_at, end_at) = slot(s);
            BookAppointment {
                appointment_id: appointment_id(appointment),
                practitioner_id: id(1, practitioner.into()).into(),
                patient_id: id(3, patient.into()).into(),
                type_id: id(2, 1).into(),
                room_id: None,
                start_at,
                end_at,
                double_booking: double,
                note: None,
            }
            .into()
        }
        Act::Move { appointment, practitioner, slot: s, stale } => {
            let row = rows.get(&(TableName::Appointment, id(5, appointment.into())))?;
            let seen: Appointment = row.read().ok()?;
            let (start_at, end_at) = slot(s);
            let mut was = Slot::of(&seen);
            if stale {
                was.start_at = was.start_at.plus_minutes(-600);
            }
            let to =
                Slot { practitioner_id: id(1, practitioner.into()).into(), room_id: None, start_at, end_at };
            RescheduleAppointment { appointment_id: seen.id, was, to, double_booking: false }.into()
        }
        Act::Cancel(n) => {
            CancelAppointment { appointment_id: appointment_id(n), reason: "ill".into() }.into()
        }
        Act::Arrive(n) => RecordArrival { appointment_id: appointment_id(n) }.into(),
        Act::Start(n) => StartConsultation { appointment_id: appointment_id(n) }.into(),
        Act::Phone { patient, value, stale } => {
            let now = json!(format!("+6141200000{value}"));
            edit(rows, TableName::PatientContact, id(4, patient.into()), patient, "value", now, stale)?
        }
        Act::Name { patient, value } => {
            let now = json!(["Mia", "Mary", "May"][usize::from(value)]);
            edit(rows, TableName::Patient, id(3, patient.into()), patient, "preferred_name", now, false)?
        }
        Act::Resolve { which, kept } => {
            let conflicts: Vec<&Uuid> =
                rows.keys().filter(|k| k.0 == TableName::Conflict).map(|k| &k.1).collect();
            let conflict = *conflicts.get(usize::from(which))?;
            let row = &rows[&(TableName::Conflict, *conflict)];
            ResolveConflict {
                conflict_id: (*conflict).into(),
                table: row.field("table_name").as_str()?.parse().ok()?,
                row_id: row.field("row_id").as_str()?.parse().ok()?,
                choice: if kept { Choice::Kept } else { Choice::Other },
            }
            .into()
        }
    })
}

fn edit(
    rows: &Rows,
    table: TableName,
    row_id: Uuid,
    patient: u8,
    field: &str,
    now: Value,
    stale: bool,
) -> Option<Command> {
    let row = rows.get(&(table, row_id))?;
    let was = if stale { json!("+61400000000") } else { row.field(field).clone() };
    let edit = FieldEdit { table, row_id, field: field.into(), seen_rev: row.rev, was, now };
    let edits = vec![edit];
    Some(EditPatient { patient_id: id(3, patient.into()).into(), edits, parts: Default::default() }.into())
}

struct Day {
    folder: tempfile::TempDir,
    clock: std::sync::Arc<HandClock>,
    author: Author,
    store: Option<Store>,
    server: Server,
    backup: Server,
    /// The server's rows as far as they have come.
    mirror: Rows,
    /// Commands in effect here.
    pending: Vec<Envelope>,
    /// Everything that was ever covered by a pull and may have to be offered again.
    acknowledged: Vec<Envelope>,
    others: u128,
}

impl Day {
    fn new() -> Self {
        let (folder, clock) = (tempfile::tempdir().unwrap(), crate::testing::clock());
        let store = open(folder.path(), clock.clone());
        store.adopt_epoch("epoch-0").unwrap();
        let mut day = Self {
            folder,
            clock,
            author: maria(),
            store: Some(store),
            server: Server::clinic(),
            backup: Server::clinic(),
            mirror: Rows::new(),
            pending: Vec::new(),
            acknowledged: Vec::new(),
            others: 0,
        };
        day.pull(PullKind::Usual);
        day
    }

    fn store(&self) -> &Store {
        self.store.as_ref().unwrap()
    }

    /// The tables as they must be.
    fn expected(&self) -> Rows {
        let mut rows = self.mirror.clone();
        run_all(&mut rows, &self.pending);
        rows
    }

    /// The file is of the server's present history.
    fn knows_the_epoch(&self) -> bool {
        self.store().sync_facts().unwrap().epoch == self.server.epoch()
    }

    fn step(&mut self, step: &Step) {
        match step {
            Step::Here(act) => self.here(&[*act]),
            Step::Together(one, two) => self.here(&[*one, *two]),
            Step::There(act) => self.there(*act),
            Step::Push { count, lost } => self.push(*count, *lost),
            Step::Pull => drop(self.pull(PullKind::Usual)),
            Step::Live => self.live(),
            Step::PullWhole => {
                self.store().forget_cursors(&wattle_domain::FeedClass::ALL).unwrap();
                self.pull(PullKind::Usual);
            }
            Step::Gone(n) => {
                let key = match n {
                    0..=3 => (TableName::Appointment, id(5, u128::from(*n))),
                    4..=6 => (TableName::PatientContact, id(4, u128::from(n - 3))),
                    _ => (TableName::Patient, id(3, u128::from(n - 6))),
                };
                self.server.remove(key);
            }
            Step::Reopen => self.reopen(),
            Step::Backup => self.backup = self.server.clone(),
            Step::Restore => {
                let backup = self.backup.clone();
                self.server.restore(&backup);
            }
            Step::Altered { which, how, reopen } => self.altered(*which, *how, *reopen),
        }
        self.check(&format!("after {step:?}"));
    }

    fn reopen(&mut self) {
        self.store = None;
        self.store = Some(open(self.folder.path(), self.clock.clone()));
    }

    fn here(&mut self, acts: &[Act]) {
        let mut rows = self.expected();
        let mut commands = Vec::new();
        for act in acts {
            // The second is made by somebody who sees the rows before the first; one that is impossible says so.
            commands.extend(command(*act, &rows));
        }
        let submitted = match commands.as_slice() {
            [] => return,
            [command] => self.store().submit(&self.author, command.clone()).map(|one| vec![one]),
            _ => self.store().submit_group(&self.author, commands.clone()),
        };
        let batch = self.store().outbox_batch(usize::MAX, usize::MAX).unwrap();
        let waiting: Vec<Envelope> =
            batch.iter().map(|s| serde_json::from_str(&s.payload).unwrap()).collect();
        match submitted {
            Ok(submitted) => {
                let new = &waiting[waiting.len() - submitted.len()..];
                for ((envelope, submitted), command) in new.iter().zip(submitted).zip(commands) {
                    assert_eq!(envelope.id, submitted.command_id, "the newest are the last of the outbox");
                    assert_eq!(envelope.command, command);
                    let (outcome, _) = run(&mut rows, envelope, Place::Workstation).unwrap();
                    assert_eq!(outcome, submitted.decision_outcome);
                }
                self.pending.extend_from_slice(new);
            }
            Err(SubmitError::Rejected(_)) => {
                let known = |e: &Envelope| self.pending.iter().any(|p| p.id == e.id);
                assert!(waiting.iter().all(known), "a rejected command is not kept, nor its group");
            }
            Err(error) => panic!("{error}"),
        }
    }

    /// Deltas of both feeds, and one that does not begin where the file is.
    fn live(&mut self) {
        let facts = self.store().sync_facts().unwrap();
        for feed in FEEDS {
            let here = facts.cursors[&feed].0;
            if !self.knows_the_epoch() || here == 0 {
                assert!(
                    self.store().take_in(self.server.delta(feed, here)).unwrap().is_none(),
                    "a hint only"
                );
                continue;
            }
            if here > 1 {
                let early = self.store().take_in(self.server.delta(feed, here - 1)).unwrap();
                assert!(early.is_none(), "the file is not there");
            }
            let taken = self.store().take_in(self.server.delta(feed, here)).unwrap();
            assert_eq!(taken.is_some(), self.server.head > here);
            self.came(feed, here);
        }
    }

    /// The server's rows of a feed that moved after a cursor are here.
    fn came(&mut self, feed: wattle_domain::FeedClass, after: u64) {
        let moved = self.server.moved.iter();
        for (key, _) in moved.filter(|(key, at)| key.0.table().class == feed && **at > after) {
            match self.server.rows.get(key) {
                Some(row) => self.mirror.insert(*key, row.clone()),
                None => self.mirror.remove(key),
            };
        }
    }

    /// Something else than us changes the file; a digest finds it, and the next pulls mend it.
    fn altered(&mut self, which: u8, how: Harm, reopen: bool) {
        while !self.knows_the_epoch() || self.store().sync_facts().unwrap().repairs > 0 {
            self.pull(PullKind::Usual);
        }
        self.pull(PullKind::Usual);
        let keys: Vec<_> = self.mirror.keys().copied().collect();
        let (table, row_id) = keys[usize::from(which) % keys.len()];
        alter(self.folder.path(), table, row_id, how);
        if reopen {
            self.reopen();
        }
        let content_of = matches!(how, Harm::Content | Harm::Unreadable).then(|| bucket_of(row_id));
        let tables = if reopen { vec![table.as_str().to_owned()] } else { Vec::new() };
        let done = self.pull(PullKind::Digest { tables, content_of });
        assert!(done.wrong_buckets > 0, "{how:?} of {table:?} is found");
        assert!(self.store().sync_facts().unwrap().repairs > 0, "and written down");
        if reopen {
            self.reopen();
        }
        while self.store().sync_facts().unwrap().repairs > 0 {
            self.pull(PullKind::Usual);
        }
        let again = self.pull(PullKind::Digest { tables: Vec::new(), content_of });
        assert_eq!(again.wrong_buckets, 0, "now both sides agree, whatever is pending here");
    }

    fn there(&mut self, act: Act) {
        let Some(command) = command(act, &self.server.rows) else { return };
        self.others += 1;
        let envelope = Envelope {
            id: CommandId(id(9, self.others)),
            wire: WIRE,
            clinic: CLINIC,
            workstation: DR_LEE,
            n: self.others as u64,
            author: LEE,
            issued_at: NINE,
            deps: Vec::new(),
            replica: None,
            group: None,
            command,
        };
        self.server.push(&envelope);
    }

    fn push(&mut self, count: usize, lost: bool) {
        if !self.knows_the_epoch() {
            return;
        }
        let batch = self.store().outbox_batch(count, usize::MAX).unwrap();
        let batch: Vec<Envelope> = batch.iter().map(|s| serde_json::from_str(&s.payload).unwrap()).collect();
        let answers = self.server.push_all(&batch);
        if !lost {
            self.store().record_answers(&answers).unwrap();
            for answer in answers {
                if matches!(answer.verdict, Verdict::Rejected { .. }) {
                    self.pending.retain(|e| e.id != answer.command_id);
                }
            }
        }
    }

    /// A pull as the engine does it: another epoch is reconciled first.
    fn pull(&mut self, kind: PullKind) -> PullDone {
        let kind =
            if self.knows_the_epoch() { kind } else { PullKind::Reconcile { epoch: self.server.epoch() } };
        let asked = self.store().pull_request(kind, u64::MAX).unwrap();
        let mut pull = self.store().begin_pull_of(&asked).unwrap();
        for frame in self.server.answer(&asked) {
            pull.frame(frame).unwrap();
        }
        let done = pull.finish().unwrap();
        assert!(done.complete);
        if asked.reconcile {
            self.pending.append(&mut self.acknowledged);
            self.pending.sort_by_key(|e| e.n);
            return done;
        }
        for feed in FEEDS {
            match asked.cursors.get(&feed).map_or(0, |seq| seq.0) {
                0 => {
                    self.mirror.retain(|key, _| key.0.table().class != feed);
                    self.came(feed, 0);
                }
                after => self.came(feed, after),
            }
        }
        for repair in &asked.repair {
            let mended =
                |key: &(TableName, Uuid)| key.0.as_str() == repair.table && bucket_of(key.1) == repair.bucket;
            self.mirror.retain(|key, _| !mended(key));
            let theirs = self.server.rows.iter().filter(|(key, _)| mended(key));
            self.mirror.extend(theirs.map(|(key, row)| (*key, row.clone())));
        }
        let (covered, waiting) =
            std::mem::take(&mut self.pending).into_iter().partition(|e| asked.awaiting.contains(&e.id));
        self.pending = waiting;
        self.acknowledged.extend::<Vec<_>>(covered);
        done
    }

    fn check(&self, when: &str) {
        let actual = tables(self.store());
        let expected = self.expected();
        for key in expected.keys().chain(actual.keys()) {
            assert_eq!(actual.get(key), expected.get(key), "{when}: {key:?}");
        }
        check_marks(self, when);
        check_cards(self.store(), when);
    }

    /// Everything reaches the server and comes back.
    fn heal(&mut self) {
        while !self.knows_the_epoch() {
            self.pull(PullKind::Usual);
        }
        self.push(usize::MAX, false);
        self.pull(PullKind::Usual);
        while self.store().sync_facts().unwrap().repairs > 0 {
            self.pull(PullKind::Usual);
        }
        self.check("after healing");
        assert!(self.pending.is_empty(), "every command has its end: {:?}", self.pending);
        assert_eq!(tables(self.store()), self.server.rows, "the workstation converges");
        for table in ["mirror_image", "pending_row", "pending_span"] {
            assert_eq!(count(self.store(), table), 0, "nothing is left in {table}");
        }
    }
}

/// Changes a row of the mirror past the store: in the table, or in the image where a pending command lies over it.
fn alter(folder: &std::path::Path, table: TableName, id: Uuid, how: Harm) {
    let connection = crate::connection::writer(&folder.join("clinic.db"), &crate::testing::key()).unwrap();
    let name = table.as_str();
    let image = crate::tables::mirror_image::get(&connection, table, id).unwrap().flatten();
    let sql = match (how, image.is_some()) {
        (Harm::Revision, false) => format!("UPDATE {name} SET rev = rev + 1 WHERE id = ?1"),
        (Harm::Revision, true) => {
            "UPDATE mirror_image SET row = json_set(row, '$.rev', 99) WHERE id = ?1".into()
        }
        (Harm::Content, false) => format!("UPDATE {name} SET created_at = created_at + 1 WHERE id = ?1"),
        (Harm::Content, true) => {
            "UPDATE mirror_image SET row = json_set(row, '$.created_at', 7) WHERE id = ?1".into()
        }
        (Harm::Missing, false) => format!("DELETE FROM {name} WHERE id = ?1"),
        (Harm::Missing, true) => "UPDATE mirror_image SET row = NULL WHERE id = ?1".into(),
        (Harm::Unreadable, false) => format!("UPDATE {name} SET created_by = '?' WHERE id = ?1"),
        (Harm::Unreadable, true) => "UPDATE mirror_image SET row = '?' WHERE id = ?1".into(),
        (Harm::Foreign, _) => {
            let mut row = crate::tables::synced::get(&connection, table, id).unwrap().unwrap();
            row.id = crate::testing::id(77, u128::from(bucket_of(id)));
            return crate::tables::synced::put(&connection, table, &row).unwrap();
        }
    };
    assert_eq!(connection.execute(&sql, [id.to_string()]).unwrap(), 1);
}

fn tables(store: &Store) -> Rows {
    store
        .read(|connection| {
            let mut rows = Rows::new();
            for &table in TableName::ALL {
                for row in synced::select(connection, table, "", [])? {
                    rows.insert((table, row.id), row);
                }
            }
            Ok(rows)
        })
        .unwrap()
}

fn count(store: &Store, table: &str) -> i64 {
    let sql = format!("SELECT count(*) FROM {table}");
    store.read(|connection| Ok(connection.query_row(&sql, [], |row| row.get(0))?)).unwrap()
}

/// A row is marked as not yet on the server just when a command in effect changed it in a run from scratch.
fn check_marks(day: &Day, when: &str) {
    let mut rows = day.mirror.clone();
    let mut expected = std::collections::BTreeSet::new();
    let changed = run_all(&mut rows, &day.pending);
    expected.extend(changed.into_iter().map(|(t, i)| (t.as_str().to_owned(), i.to_string())));
    let marked = |sql: &str| -> std::collections::BTreeSet<(String, String)> {
        day.store()
            .read(|c| {
                let mut statement = c.prepare(sql)?;
                let rows = statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?;
                Ok(rows.collect::<Result<_, _>>()?)
            })
            .unwrap()
    };
    assert_eq!(marked("SELECT DISTINCT tbl, id FROM pending_row WHERE wrote = 1"), expected, "{when}: marks");
    assert_eq!(marked("SELECT tbl, id FROM mirror_image"), expected, "{when}: mirror images");
}

/// Cards and words kept up step by step are those made in one sweep.
fn check_cards(store: &Store, when: &str) {
    let dump = |connection: &rusqlite::Connection| -> Result<Vec<String>, crate::Error> {
        let mut lines = Vec::new();
        for sql in [
            "SELECT patient_id || ':' || family_name || ':' || coalesce(preferred_name, '') || ':' || coalesce(phone, '')
                 || ':' || coalesce(first_start_at, 0) FROM patient_card ORDER BY patient_id",
            "SELECT patient_id || ':' || names || ':' || other FROM patient_words ORDER BY patient_id",
        ] {
            let mut statement = connection.prepare(sql)?;
            let rows = statement.query_map([], |row| row.get(0))?;
            lines.extend(rows.collect::<Result<Vec<String>, _>>()?);
        }
        Ok(lines)
    };
    let kept = store.read(dump).unwrap();
    let remade = store.writer().run(move |connection| {
        let transaction = connection.transaction()?;
        crate::search::index::remake_all(&transaction)?;
        // Not committed: only looked at.
        dump(&transaction)
    });
    assert_eq!(kept, remade.unwrap(), "{when}: cards");
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, max_shrink_iters: 2000, ..ProptestConfig::default() })]

    #[test]
    fn pending_over_mirror_is_what_running_everything_from_scratch_gives(
        steps in prop::collection::vec(step(), 1..40)
    ) {
        let mut day = Day::new();
        for step in &steps {
            day.step(step);
        }
        day.heal();
    }
}

#[test]
fn a_slot_that_becomes_free_goes_to_the_earlier_of_two_who_wanted_it() {
    let mut day = Day::new();
    let book =
        |appointment, patient| Act::Book { appointment, practitioner: 1, patient, slot: 0, double: false };
    let bounce = Act::Move { appointment: 0, practitioner: 2, slot: 0, stale: false };
    day.step(&Step::Here(book(0, 1)));
    day.step(&Step::Here(bounce));
    day.step(&Step::Here(book(1, 2)));
    // dr-lee takes both books at that time, so that neither booking holds here.
    day.step(&Step::There(book(2, 3)));
    day.step(&Step::There(Act::Book { appointment: 3, practitioner: 2, patient: 3, slot: 0, double: false }));
    day.step(&Step::Pull);
    assert!(!tables(day.store()).contains_key(&(TableName::Appointment, id(5, 0))), "no room for it now");
    // Then the first book is free again: number 1 gets it back, and number 3 must go on waiting.
    day.step(&Step::There(Act::Cancel(2)));
    day.step(&Step::Pull);
    let rows = tables(day.store());
    assert!(rows.contains_key(&(TableName::Appointment, id(5, 0))), "the earlier command has the slot");
    assert!(!rows.contains_key(&(TableName::Appointment, id(5, 1))), "the later one has not");
    day.heal();
}

fn book(appointment: u8, patient: u8) -> Act {
    Act::Book { appointment, practitioner: 1, patient, slot: 0, double: false }
}

fn has(day: &Day, appointment: u128) -> bool {
    tables(day.store()).contains_key(&(TableName::Appointment, id(5, appointment)))
}

#[test]
fn a_command_that_runs_again_does_not_see_what_later_ones_did() {
    let mut day = Day::new();
    day.step(&Step::Here(book(0, 1)));
    // Two others take the slot at the server; one of them is cancelled here, later than the booking.
    day.step(&Step::There(book(1, 2)));
    day.step(&Step::There(Act::Book { appointment: 2, practitioner: 1, patient: 3, slot: 0, double: true }));
    day.step(&Step::Pull);
    assert!(!has(&day, 0));
    day.step(&Step::Here(Act::Cancel(1)));
    day.step(&Step::There(Act::Cancel(2)));
    day.step(&Step::Pull);
    assert!(!has(&day, 0), "when it was made, the slot was still taken by the one that is cancelled later");
    day.heal();
}

#[test]
fn a_command_whose_ground_comes_back_has_its_effect_again() {
    let mut day = Day::new();
    day.step(&Step::Here(book(0, 1)));
    day.step(&Step::Here(Act::Arrive(0)));
    day.step(&Step::There(book(1, 2)));
    day.step(&Step::Pull);
    assert!(!has(&day, 0), "neither booking nor arrival hold");
    day.step(&Step::There(Act::Cancel(1)));
    day.step(&Step::Pull);
    let row = tables(day.store()).remove(&(TableName::Appointment, id(5, 0))).unwrap();
    assert_eq!(row.field("status"), &json!("arrived"), "the arrival came back with the booking");
    day.heal();
}

#[test]
fn a_line_that_a_command_found_written_is_written_by_it_once_that_is_gone() {
    let mut day = Day::new();
    day.step(&Step::Here(book(2, 1)));
    day.step(&Step::Push { count: 1, lost: false });
    // The appointment is taken out of the record, the line in its history stays; then the server forgets both.
    day.step(&Step::Gone(2));
    day.step(&Step::Pull);
    day.step(&Step::Restore);
    // The booking is offered again over the line of the history that has ended, and the next pull takes that away.
    day.step(&Step::Pull);
    day.step(&Step::Pull);
    let rows = tables(day.store());
    assert!(
        rows.keys().any(|(table, _)| *table == TableName::AppointmentEvent),
        "the booking writes its own"
    );
    day.heal();
}

#[test]
fn what_stands_on_a_rejected_command_falls_with_it() {
    let mut day = Day::new();
    let new_patient = wattle_domain::commands::RegisterPatient {
        patient_id: id(3, 9).into(),
        details: serde_json::from_value(json!({
            "family_name": "Rossi", "birth_date_accuracy": "unknown", "sex": "unknown"
        }))
        .unwrap(),
        parts: Default::default(),
    };
    for command in [Command::from(new_patient), command(book(0, 9), &Rows::new()).unwrap()] {
        day.store().submit(&day.author, command).unwrap();
    }
    let batch = day.store().outbox_batch(9, usize::MAX).unwrap();
    day.pending = batch.iter().map(|s| serde_json::from_str(&s.payload).unwrap()).collect();
    day.check("registered and booked");
    assert_eq!(day.pending[1].deps, [day.pending[0].id], "the booking says what it stands on");
    let rejection = wattle_domain::Rejection::new(wattle_domain::RejectionCode::NotAllowed);
    let verdict = Verdict::Rejected { rejection };
    let answer = wattle_protocol::push::Answer { command_id: day.pending[0].id, verdict, duplicate: false };
    day.store().record_answers(&[answer]).unwrap();
    day.pending.remove(0);
    day.check("the registration was rejected");
    assert!(!has(&day, 0), "nobody to book for");
    assert_eq!(day.store().attention(LEE).unwrap().len(), 1);
}

#[test]
fn an_incoming_row_that_nothing_looked_at_runs_no_command_again() {
    let mut day = Day::new();
    day.step(&Step::Here(Act::Phone { patient: 1, value: 1, stale: false }));
    day.step(&Step::There(Act::Phone { patient: 2, value: 2, stale: false }));
    let mut pull = day.store().begin_pull().unwrap();
    let cursor = day.store().sync_facts().unwrap().cursors[&FEEDS[1]].0;
    for frame in day.server.pull(Some(cursor), &[]) {
        pull.frame(frame).unwrap();
    }
    let done = pull.finish().unwrap();
    assert_eq!(
        done.changed.rows,
        [(TableName::PatientContact, vec![id(4, 2)])],
        "the command about patient 1 was left alone"
    );
    assert_eq!(
        tables(day.store())[&(TableName::PatientContact, id(4, 2))].rev,
        Rev(2),
        "and the row is here"
    );
}
