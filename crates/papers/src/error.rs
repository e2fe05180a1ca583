//! Why there is no paper.

/// What went wrong. Never says what was to be printed.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// A template could not be typeset with what it was given.
    #[error("the paper {template} could not be typeset")]
    Typeset {
        /// Which template.
        template: &'static str,
    },
    /// The typeset pages could not be written as PDF.
    #[error("the paper {template} could not be written as PDF")]
    Pdf {
        /// Which template.
        template: &'static str,
    },
    /// What was given could not be handed to the template.
    #[error("the paper's data could not be written: {0}")]
    Data(#[from] serde_json::Error),
}
