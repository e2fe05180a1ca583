//! What leaves the clinic on paper, typeset on the workstation, with or without a line to anywhere: letters, labels, the day
//! sheet, appointment cards.
//!
//! Owns: the look of each paper (`templates/*.typ`), its PDF and the pictures of its pages. Must never: read a store or a clock;
//! put what was typed into a template's source, where it would be obeyed: it goes in as data.
//! Called by: the shell only, so that nothing else links the typesetter.

mod error;
mod letter;
mod paper;

pub use error::Error;
pub use paper::Paper;
use wattle_protocol::ipc::papers::PaperText;

/// Typesets a paper.
///
/// # Errors
/// [`Error`]; never says what was to be printed.
pub fn typeset(text: &PaperText) -> Result<Paper, Error> {
    match text {
        PaperText::Letter(letter) => letter::typeset(letter),
        PaperText::Labels(labels) => Paper::typeset("labels", include_str!("templates/labels.typ"), labels),
        PaperText::AppointmentCard(card) => {
            Paper::typeset("appointment card", include_str!("templates/card.typ"), card)
        }
        PaperText::DaySheet(sheet) => {
            Paper::typeset("day sheet", include_str!("templates/day_sheet.typ"), sheet)
        }
    }
}
