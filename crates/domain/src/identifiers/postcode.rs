//! Postcodes: four characters of text, leading zeros kept.

use super::Odd;

/// Checks four digits.
///
/// # Errors
/// What is odd about it.
pub fn check(text: &str) -> Result<(), Odd> {
    if text.chars().count() != 4 {
        Err(Odd::Length)
    } else if text.chars().all(|c| c.is_ascii_digit()) {
        Ok(())
    } else {
        Err(Odd::Characters)
    }
}
