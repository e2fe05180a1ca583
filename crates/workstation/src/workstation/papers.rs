//! What papers are made of: see `wattle_protocol::ipc::papers`. The typesetter is the shell's.

use std::collections::BTreeMap;

use wattle_domain::commands::NoteDaySheet;
use wattle_domain::entities::{Address, Clinic};
use wattle_domain::fields::{AppointmentStatus, IdentifierKind};
use wattle_domain::letter::{check_template, merge, sample};
use wattle_domain::role::{Action, Noun};
use wattle_domain::{ClinicDate, ClinicZone, LetterId, PatientId, Rejection, UserId};
use wattle_protocol::ipc::Written;
use wattle_protocol::ipc::daybook::{Card, DayBookQuery};
use wattle_protocol::ipc::letters::LetterDraft;
use wattle_protocol::ipc::papers::{
    AppointmentCard, DaySheet, Labels, LetterText, MOST_LABELS, PaperQuery, PaperText, SheetColumn, SheetLine,
};
use wattle_protocol::ipc::patients::{PatientQuery, PatientRecord};

use super::Workstation;
use crate::error::Error;

impl Workstation {
    /// What a paper says, ready to be typeset.
    ///
    /// # Errors
    /// [`Error::NotFound`] when it is about nobody who is here, or the person's roles do not let them; [`Error::Locked`]; when
    /// the file cannot be read.
    pub async fn paper(&self, query: PaperQuery) -> Result<PaperText, Error> {
        Ok(match query {
            PaperQuery::Draft(draft) => PaperText::Letter(self.letter_text(draft).await?),
            PaperQuery::Letter { letter_id } => PaperText::Letter(self.filed_letter(letter_id).await?),
            PaperQuery::Sample { subject, body } => {
                PaperText::Letter(self.sample_letter(&subject, &body).await?)
            }
            PaperQuery::Labels { patient_id, count } => {
                PaperText::Labels(labels(&self.patient(PatientQuery { id: patient_id }).await?, count))
            }
            PaperQuery::AppointmentCard { patient_id } => {
                PaperText::AppointmentCard(self.appointment_card(patient_id).await?)
            }
            PaperQuery::DaySheet { date } => PaperText::DaySheet(self.day_sheet(date).await?),
        })
    }

    /// Notes that the book of a day was printed.
    ///
    /// # Errors
    /// As [`Workstation::register_patient`].
    pub async fn note_day_sheet(&self, args: NoteDaySheet) -> Result<Written, Error> {
        self.write(args, uuid::Uuid::nil()).await
    }

    /// The clinic that the file is of.
    pub(super) async fn clinic(&self) -> Result<Clinic, Error> {
        self.read(wattle_local_store::Store::clinic).await?.ok_or(Error::NotFound)
    }

    /// How somebody signs: name, and what they are.
    pub(super) async fn signature(&self, user: UserId) -> Result<(String, Vec<String>), Error> {
        self.read(move |store| {
            let shown = store.user_names()?.remove(&user).unwrap_or_default();
            let Some(practitioner) =
                store.practitioner_of(user)?.map(|id| store.practitioner(id)).transpose()?.flatten()
            else {
                return Ok((shown, Vec::new()));
            };
            let parts = [practitioner.title, practitioner.given_name, Some(practitioner.family_name)];
            let name = parts.into_iter().flatten().collect::<Vec<_>>().join(" ");
            let number = practitioner.ahpra_number.map(|number| format!("AHPRA {number}"));
            Ok((name, [practitioner.profession, number].into_iter().flatten().collect()))
        })
        .await
    }

    async fn letter_text(&self, draft: LetterDraft) -> Result<LetterText, Error> {
        if !self.may_write_letters()? {
            return Err(Error::NotFound);
        }
        let record = self.patient(PatientQuery { id: draft.patient_id }).await?;
        let clinic = self.clinic().await?;
        let (name, more) = self.signature(self.desk()?.user()).await?;
        let date = self.zone().await?.date(self.now()).long();
        Ok(LetterText {
            clinic_lines: about(&clinic),
            clinic: clinic.name,
            date,
            recipient: lines(&draft.recipient),
            regarding: regarding(&record),
            subject: draft.subject,
            body: draft.body,
            signature: std::iter::once(name).chain(more).collect(),
        })
    }

    /// A template as a letter about nobody: so it is seen whether it can be typeset before anybody is written about.
    async fn sample_letter(&self, subject: &str, body: &str) -> Result<LetterText, Error> {
        if !self.desk()?.may((Noun::LetterTemplate, Action::Write)) {
            return Err(Error::NotFound);
        }
        check_template(subject, body).map_err(|fault| Rejection::invalid(fault.part))?;
        let (clinic, values) = (self.clinic().await?, sample());
        let value = |name: &str| values.get(name).cloned().unwrap_or_default();
        Ok(LetterText {
            clinic_lines: about(&clinic),
            clinic: clinic.name,
            date: self.zone().await?.date(self.now()).long(),
            recipient: vec![value("provider.name"), "1 High Street".into(), "Newtown NSW 2042".into()],
            regarding: format!("{}, born {}", value("patient.name"), value("patient.born")),
            subject: merge(subject, &values),
            body: merge(body, &values),
            signature: vec![value("author.name")],
        })
    }

    /// A letter as it was filed, of its own date and author; what they are called, and what they are, is looked up.
    async fn filed_letter(&self, id: LetterId) -> Result<LetterText, Error> {
        let letter = self.read(move |store| store.letter(id)).await?.ok_or(Error::NotFound)?;
        if !self.desk()?.may((Noun::ClinicalRecord, Action::Read)) {
            return Err(Error::NotFound);
        }
        self.door_is_open(letter.patient_id).await?;
        let record = self.patient(PatientQuery { id: letter.patient_id }).await?;
        let clinic = self.clinic().await?;
        let (name, more) = self.signature(letter.author_id).await?;
        Ok(LetterText {
            clinic_lines: about(&clinic),
            clinic: clinic.name,
            date: self.zone().await?.date(letter.written_at).long(),
            recipient: lines(&letter.recipient),
            regarding: regarding(&record),
            subject: letter.subject,
            body: letter.body,
            signature: std::iter::once(name).chain(more).collect(),
        })
    }

    async fn appointment_card(&self, patient_id: PatientId) -> Result<AppointmentCard, Error> {
        let record = self.patient(PatientQuery { id: patient_id }).await?;
        let (clinic, zone, now) = (self.clinic().await?, self.zone().await?, self.now());
        let names = self.practitioner_names().await?;
        let mut to_come: Vec<&Card> =
            record.appointments.iter().filter(|card| card.start_at > now && comes(card)).collect();
        to_come.sort_by_key(|card| card.start_at);
        let bookings = to_come.into_iter().map(|card| {
            let with = names.get(&card.practitioner_id).map(|name| format!(", {name}")).unwrap_or_default();
            format!("{}, {}{with}", zone.date(card.start_at).long(), zone.clock(card.start_at))
        });
        Ok(AppointmentCard {
            bookings: bookings.collect(),
            clinic_lines: about(&clinic),
            clinic: clinic.name,
            name: name(&record),
        })
    }

    async fn day_sheet(&self, date: ClinicDate) -> Result<DaySheet, Error> {
        let book = self.day_book(DayBookQuery { from: date, days: 1, practitioner_id: None }).await?;
        let (clinic, zone) = (self.clinic().await?, self.zone().await?);
        let kinds: BTreeMap<_, _> = book.types.iter().map(|kind| (kind.id, kind.name.as_str())).collect();
        let names = self.practitioner_names().await?;
        let columns = book.practitioners.iter().map(|practitioner| SheetColumn {
            practitioner: names.get(&practitioner.id).cloned().unwrap_or_default(),
            lines: book
                .cards
                .iter()
                .filter(|card| card.practitioner_id == practitioner.id && comes(card))
                .map(|card| line(zone, card, kinds.get(&card.type_id).copied().unwrap_or_default()))
                .collect(),
        });
        Ok(DaySheet {
            columns: columns.filter(|column| !column.lines.is_empty()).collect(),
            clinic: clinic.name,
            date: date.long(),
            printed: format!("printed {}", zone.clock(self.now())),
        })
    }

    async fn practitioner_names(&self) -> Result<BTreeMap<wattle_domain::PractitionerId, String>, Error> {
        self.read(wattle_local_store::Store::practitioner_names).await
    }
}

fn comes(card: &Card) -> bool {
    !matches!(card.status, AppointmentStatus::Cancelled | AppointmentStatus::DidNotAttend)
}

fn line(zone: ClinicZone, card: &Card, kind: &str) -> SheetLine {
    SheetLine {
        time: zone.clock(card.start_at),
        name: card.patient_name.clone(),
        born: card.birth_date.map(ClinicDate::birth).unwrap_or_default(),
        phone: card.phone.clone().unwrap_or_default(),
        kind: kind.to_owned(),
        note: card.note.clone().unwrap_or_default(),
    }
}

fn labels(record: &PatientRecord, count: u32) -> Labels {
    let patient = &record.patient;
    let given = patient.given_name.as_deref().unwrap_or_default();
    let number = patient.record_number.as_deref().map(|number| format!("No. {number}"));
    let first = [patient.birth_date.map(ClinicDate::birth), number]
        .into_iter()
        .flatten()
        .collect::<Vec<_>>()
        .join("  ");
    let medicare = record
        .identifiers
        .iter()
        .find(|one| one.kind == IdentifierKind::Medicare)
        .map(|card| format!("Medicare {} {}", card.value, card.reference.as_deref().unwrap_or_default()));
    let lines = [Some(first), medicare, record.addresses.first().map(address)];
    Labels {
        name: format!("{} {given}", patient.family_name.to_uppercase()).trim().to_owned(),
        lines: lines.into_iter().flatten().filter(|line| !line.is_empty()).collect(),
        count: count.clamp(1, MOST_LABELS),
    }
}

/// Street, suburb, state and postcode on one line.
pub(super) fn address(address: &Address) -> String {
    let street = [Some(&address.line1), address.line2.as_ref()].into_iter().flatten().map(String::as_str);
    let place =
        [&address.suburb, &address.state, &address.postcode].into_iter().flatten().map(String::as_str);
    let parts = [street.collect::<Vec<_>>().join(", "), place.collect::<Vec<_>>().join(" ")];
    parts.into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join(", ")
}

/// `Maria Costa`.
pub(super) fn name(record: &PatientRecord) -> String {
    format!("{} {}", record.patient.given_name.as_deref().unwrap_or_default(), record.patient.family_name)
        .trim()
        .to_owned()
}

fn regarding(record: &PatientRecord) -> String {
    match record.patient.birth_date {
        Some(date) => format!("{}, born {}", name(record), date.birth()),
        None => name(record),
    }
}

fn about(clinic: &Clinic) -> Vec<String> {
    clinic.abn.as_deref().map(|abn| format!("ABN {abn}")).into_iter().collect()
}

fn lines(text: &str) -> Vec<String> {
    text.lines().map(str::trim).filter(|line| !line.is_empty()).map(str::to_owned).collect()
}
