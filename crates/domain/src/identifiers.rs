//! Australian identifiers: cleaned, checked, shown. A failed check is a warning and never a reason to refuse.
//!
//! Sources: Services Australia and AU Base invariants; METeOR 339127 (DVA).

pub mod ahpra;
pub mod dva;
pub mod ihi;
pub mod medicare;
pub mod phone;
pub mod postcode;
pub mod provider_number;

use crate::fields::{ContactKind, IdentifierKind};

/// What is odd about a number, for people to read; carries no digit of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Odd {
    /// Too short or too long.
    #[error("has the wrong length")]
    Length,
    /// Characters that do not belong.
    #[error("has characters that do not belong")]
    Characters,
    /// The wrong beginning.
    #[error("does not begin as such numbers do")]
    Prefix,
    /// The check digit is wrong.
    #[error("does not add up")]
    CheckDigit,
}

/// The stored form: no spaces, capitals, for kinds whose shape is known; trimmed for others.
#[must_use]
pub fn clean(kind: IdentifierKind, text: &str) -> String {
    match kind {
        IdentifierKind::Medicare | IdentifierKind::Ihi => strip(text),
        IdentifierKind::Dva => dva::clean(text),
        IdentifierKind::Pension | IdentifierKind::Hcc => strip(text).to_uppercase(),
        IdentifierKind::Private | IdentifierKind::Legacy => text.trim().to_owned(),
    }
}

/// Checks a cleaned number.
///
/// # Errors
/// What is odd about it; kinds without a known check never fail.
pub fn check(kind: IdentifierKind, cleaned: &str) -> Result<(), Odd> {
    match kind {
        IdentifierKind::Medicare => medicare::check(cleaned),
        IdentifierKind::Ihi => ihi::check(cleaned),
        IdentifierKind::Dva => dva::check(cleaned),
        _ => Ok(()),
    }
}

/// The stored form of a contact: E.164 for phones that parse, lower case for emails, else as written.
#[must_use]
pub fn clean_contact(kind: ContactKind, text: &str) -> String {
    let text = text.trim();
    match kind {
        ContactKind::Email => text.to_lowercase(),
        _ => phone::to_e164(text).unwrap_or_else(|| text.to_owned()),
    }
}

/// Without spaces, dashes and the like.
fn strip(text: &str) -> String {
    text.chars().filter(|c| c.is_alphanumeric()).collect()
}

/// Its digits, or what is odd.
fn digits(text: &str) -> Result<Vec<u32>, Odd> {
    text.chars().map(|c| c.to_digit(10).ok_or(Odd::Characters)).collect()
}
