//! Somebody who works at random, from a seed.

use wattle_domain::commands::{
    CancelAppointment, Choice, RecordAllergy, RecordArrival, RecordCondition, RescheduleAppointment,
    ResolveConflict, SignNote, Slot,
};
use wattle_domain::fields::{AllergyKind, AppointmentStatus};
use wattle_domain::time::Clock;
use wattle_domain::{AllergyId, ClinicZone, Command, ConditionId, NoteId, PatientId, Role};
use wattle_local_store::{Author, Error, Store, SystemClock, new_id};
use wattle_protocol::ipc::attention::AttentionItem;
use wattle_protocol::ipc::daybook::{Card, DayBookQuery};

use super::{booking, day, new_phone, new_preferred_name, quiet_day, registration};
use crate::dice::Dice;

/// Few days and few columns, so that people get in each other's way.
const DAYS: usize = 3;
const COLUMNS: usize = 3;
/// The patients of the imported book that everybody knows.
const SHARED: usize = 8;

/// Somebody at work. Their commands depend on the seed and on what their file shows.
#[derive(Debug)]
pub struct Worker {
    dice: Dice,
    /// A word that every name they write begins with: the canary of their clinic.
    word: String,
    own: Vec<PatientId>,
}

impl Worker {
    /// A worker; `word` begins every name they give.
    #[must_use]
    pub fn new(dice: Dice, word: &str) -> Self {
        Self { dice, word: word.to_owned(), own: Vec::new() }
    }

    /// What they do next: a command, several that stand or fall together, or none when there is nothing of the kind that
    /// they thought of.
    ///
    /// # Errors
    /// The file cannot be read.
    pub fn next(&mut self, store: &Store, author: &Author) -> Result<Vec<Command>, Error> {
        if self.dice.below(12) == 0 {
            return self.register_and_book(store);
        }
        if author.roles.contains(&Role::Practitioner) && self.dice.below(3) > 0 {
            return self.see(store).map(Vec::from_iter);
        }
        self.single(store, author).map(Vec::from_iter)
    }

    fn single(&mut self, store: &Store, author: &Author) -> Result<Option<Command>, Error> {
        match self.dice.below(100) {
            0..18 => Ok(self.register().map(|(_, command)| command)),
            18..38 => self.edit(store),
            38..68 => self.book(store),
            68..80 => self.reschedule(store),
            80..87 => self.cancel(store),
            87..94 => self.arrive(store),
            _ => self.resolve(store, author),
        }
    }

    /// A new patient with two visits: all of it or nothing.
    fn register_and_book(&mut self, store: &Store) -> Result<Vec<Command>, Error> {
        let Some((patient, command)) = self.register() else { return Ok(Vec::new()) };
        let mut all = vec![command];
        for _ in 0..2 {
            let (on, column, minute) = self.place();
            all.extend(booking(&day(store, on)?, on, patient, column, minute).map(Command::from));
        }
        Ok(all)
    }

    /// Something in the record of a patient: a note, an allergy, a problem.
    fn see(&mut self, store: &Store) -> Result<Option<Command>, Error> {
        let Some(patient_id) = self.patient(store)? else { return Ok(None) };
        let n = self.dice.throw();
        let id = new_id(&SystemClock);
        let text = format!("{} says so, {n:x}", self.word);
        Ok(Some(match n % 3 {
            0 => {
                let note_id = NoteId(id);
                let (appointment_id, supersedes, amends) = (None, None, None);
                SignNote { note_id, patient_id, appointment_id, body: text, supersedes, amends }.into()
            }
            1 => RecordAllergy {
                allergy_id: AllergyId(id),
                patient_id,
                kind: AllergyKind::Allergy,
                substance: Some(text),
                code: None,
                reaction: None,
                severity: None,
                onset_on: None,
            }
            .into(),
            _ => {
                let (code, comment, onset_on) = (None, None, None);
                RecordCondition { condition_id: ConditionId(id), patient_id, code, text, comment, onset_on }
                    .into()
            }
        }))
    }

    fn register(&mut self) -> Option<(PatientId, Command)> {
        let n = self.dice.throw();
        let command = registration(&format!("{}{n:x}", self.word), &phone_number(n))?;
        self.own.push(command.patient_id);
        Some((command.patient_id, command.into()))
    }

    fn edit(&mut self, store: &Store) -> Result<Option<Command>, Error> {
        let Some(patient) = self.patient(store)? else { return Ok(None) };
        let Some(record) = store.patient(patient)? else { return Ok(None) };
        let n = self.dice.throw();
        let edit = if n.is_multiple_of(2) {
            new_phone(&record, &phone_number(n / 2))
        } else {
            new_preferred_name(&record, &format!("{}{}", self.word, n % 1_000_000))
        };
        Ok(edit.map(Into::into))
    }

    fn book(&mut self, store: &Store) -> Result<Option<Command>, Error> {
        let Some(patient) = self.patient(store)? else { return Ok(None) };
        let (on, column, minute) = self.place();
        Ok(booking(&day(store, on)?, on, patient, column, minute).map(Into::into))
    }

    fn reschedule(&mut self, store: &Store) -> Result<Option<Command>, Error> {
        use AppointmentStatus::{Arrived, Booked, Confirmed};
        let Some(card) = self.card(store, &[Booked, Confirmed, Arrived])? else { return Ok(None) };
        let (on, column, minute) = self.place();
        let start_at = ClinicZone::default().at_minute(on, minute);
        let book = day(store, on)?;
        let Some(practitioner) = book.practitioners.get(column) else { return Ok(None) };
        let (room_id, end_at) = (card.room_id, start_at.plus_minutes(15));
        Ok(Some(
            RescheduleAppointment {
                appointment_id: card.id,
                was: Slot {
                    practitioner_id: card.practitioner_id,
                    room_id,
                    start_at: card.start_at,
                    end_at: card.end_at,
                },
                to: Slot { practitioner_id: practitioner.id, room_id, start_at, end_at },
                double_booking: false,
            }
            .into(),
        ))
    }

    fn cancel(&mut self, store: &Store) -> Result<Option<Command>, Error> {
        use AppointmentStatus::{Arrived, Booked, Confirmed};
        let card = self.card(store, &[Booked, Confirmed, Arrived])?;
        Ok(card.map(|c| CancelAppointment { appointment_id: c.id, reason: "rang to cancel".into() }.into()))
    }

    fn arrive(&mut self, store: &Store) -> Result<Option<Command>, Error> {
        use AppointmentStatus::{Booked, Confirmed};
        let card = self.card(store, &[Booked, Confirmed])?;
        Ok(card.map(|c| RecordArrival { appointment_id: c.id }.into()))
    }

    fn resolve(&mut self, store: &Store, author: &Author) -> Result<Option<Command>, Error> {
        let items = store.attention(author.user)?;
        let open: Vec<_> = items
            .into_iter()
            .filter_map(|item| match item {
                AttentionItem::Conflict(c) if !c.pending => Some(c),
                _ => None,
            })
            .collect();
        let choice = if self.dice.below(2) == 0 { Choice::Kept } else { Choice::Other };
        Ok(self
            .dice
            .pick(&open)
            .map(|c| ResolveConflict { conflict_id: c.id, table: c.table, row_id: c.row_id, choice }.into()))
    }

    /// Mostly one that everybody knows.
    fn patient(&mut self, store: &Store) -> Result<Option<PatientId>, Error> {
        if self.dice.below(4) == 0
            && let Some(own) = self.dice.pick(&self.own)
        {
            return Ok(Some(*own));
        }
        let today = ClinicZone::default().date(SystemClock.now());
        let book = store.day_book(&DayBookQuery { from: today, days: 7, practitioner_id: None })?;
        let mut known: Vec<PatientId> = book.cards.iter().map(|card| card.patient_id).collect();
        known.sort_unstable();
        known.dedup();
        known.truncate(SHARED);
        Ok(self.dice.pick(&known).copied())
    }

    fn place(&mut self) -> (wattle_domain::ClinicDate, usize, u32) {
        let on = quiet_day().plus_days(i64::try_from(self.dice.below(DAYS)).unwrap_or(0));
        let quarter = u32::try_from(self.dice.below(36)).unwrap_or(0);
        (on, self.dice.below(COLUMNS), 8 * 60 + quarter * 15)
    }

    fn card(&mut self, store: &Store, like: &[AppointmentStatus]) -> Result<Option<Card>, Error> {
        let (on, _, _) = self.place();
        let mut cards = day(store, on)?.cards;
        cards.retain(|card| like.contains(&card.status));
        Ok(self.dice.pick(&cards).cloned())
    }
}

fn phone_number(n: u64) -> String {
    format!("04{:08}", n % 100_000_000)
}
