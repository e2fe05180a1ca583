//! What leaves the clinic on paper. Commands: `paper(PaperQuery) -> Pages`, for a preview and for the print dialog;
//! `note_access` and `note_day_sheet` say that it was printed.
//!
//! The other shapes are what a paper is made of, with dates and names as people read them: the workstation gathers them, the
//! typesetter sets them.

use serde::{Deserialize, Serialize};
use wattle_domain::{ClinicDate, LetterId, PatientId};

use super::letters::LetterDraft;

/// Arguments of `paper`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum PaperQuery {
    /// A letter as it would look.
    Draft(LetterDraft),
    /// A letter that was filed.
    Letter {
        /// Which.
        letter_id: LetterId,
    },
    /// A template, with what its fields stand for in a sample.
    Sample {
        /// What it is about.
        subject: String,
        /// What it says.
        body: String,
    },
    /// Stickers.
    Labels {
        /// Of whom.
        patient_id: PatientId,
        /// How many, [`MOST_LABELS`] at most.
        count: u32,
    },
    /// The next bookings, to take home.
    AppointmentCard {
        /// Whose.
        patient_id: PatientId,
    },
    /// The book of a day.
    DaySheet {
        /// Which day.
        date: ClinicDate,
    },
}

/// More labels than anybody sticks at once.
pub const MOST_LABELS: u32 = 240;

/// The pages of a paper, each an SVG.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Pages {
    /// In their order.
    pub pages: Vec<String>,
}

/// What a paper is made of.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum PaperText {
    /// A letter.
    Letter(LetterText),
    /// Stickers.
    Labels(Labels),
    /// What a patient takes home.
    AppointmentCard(AppointmentCard),
    /// The book of a day.
    DaySheet(DaySheet),
}

/// A letter.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct LetterText {
    /// Name of the clinic.
    pub clinic: String,
    /// What is known of it: a line each.
    pub clinic_lines: Vec<String>,
    /// `Thu 26 Nov 2026`.
    pub date: String,
    /// Name and address, a line each.
    pub recipient: Vec<String>,
    /// Whom it is about: `Maria Costa, born 03 Feb 1961`.
    pub regarding: String,
    /// What it is about.
    pub subject: String,
    /// What it says: paragraphs are parted by empty lines, `# ` begins a heading, `- ` a line of a list.
    pub body: String,
    /// Who signs: name, then what they are, a line each.
    pub signature: Vec<String>,
}

/// As many stickers of one label as are wanted, 3 by 8 on A4 (64 by 33.9 mm, the common sheet).
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Labels {
    /// `COSTA Maria`.
    pub name: String,
    /// Birth date, record number, Medicare number, address: a line each.
    pub lines: Vec<String>,
    /// How many.
    pub count: u32,
}

/// What a patient takes home.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct AppointmentCard {
    /// Name of the clinic.
    pub clinic: String,
    /// What is known of it: a line each.
    pub clinic_lines: Vec<String>,
    /// The patient's name.
    pub name: String,
    /// `Thu 26 Nov 2026, 9:05 am, Dr Lee`: a line for each booking to come.
    pub bookings: Vec<String>,
}

/// The book of one day, for the day when no computer works.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct DaySheet {
    /// Name of the clinic.
    pub clinic: String,
    /// `Thu 26 Nov 2026`.
    pub date: String,
    /// `printed 8:02 am`.
    pub printed: String,
    /// Each practitioner who has bookings.
    pub columns: Vec<SheetColumn>,
}

/// A practitioner's day.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct SheetColumn {
    /// Who.
    pub practitioner: String,
    /// Their bookings in order.
    pub lines: Vec<SheetLine>,
}

/// A line of a day sheet.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct SheetLine {
    /// `9:05 am`.
    pub time: String,
    /// `COSTA Maria`.
    pub name: String,
    /// Birth date, for namesakes.
    pub born: String,
    /// Phone.
    pub phone: String,
    /// Kind of appointment.
    pub kind: String,
    /// A word from the desk.
    pub note: String,
}
