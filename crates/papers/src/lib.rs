//! What leaves the clinic on paper, typeset on the workstation, with or without a line to anywhere: letters, labels, the day
//! sheet, appointment cards; and the account that a clinic's owner gets of its migration.
//!
//! Owns: the look of each paper (`templates/*.typ`), its PDF and the pictures of its pages. Must never: read a store or a clock;
//! put what was typed into a template's source, where it would be obeyed: it goes in as data.
//! Called by: the shell, and the program `fm-migrate` (not its library), so that nothing else links the typesetter.

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

/// Typesets a report on A4: a title, then headings, paragraphs and tables in the order in which they are given. The data is
/// `{title, foot, parts}`; a part is of kind `heading` (`text`), `words` (`text`, `tone`) or `table` (`head` of `{text, number,
/// wide}`, `rows` of cells `{text, tone, code}`), a tone `plain`, `good` or `bad`.
///
/// # Errors
/// [`Error`]; data of another shape cannot be typeset.
pub fn report(data: &impl serde::Serialize) -> Result<Paper, Error> {
    Paper::typeset("report", include_str!("templates/report.typ"), data)
}
