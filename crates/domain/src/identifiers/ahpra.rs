//! AHPRA registrations: three capitals and ten digits.

use super::Odd;

/// Checks a registration number.
///
/// # Errors
/// What is odd about it.
pub fn check(cleaned: &str) -> Result<(), Odd> {
    if cleaned.chars().count() != 13 {
        return Err(Odd::Length);
    }
    let fits = cleaned
        .chars()
        .enumerate()
        .all(|(i, c)| if i < 3 { c.is_ascii_uppercase() } else { c.is_ascii_digit() });
    if fits { Ok(()) } else { Err(Odd::Characters) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shape() {
        assert_eq!(check("MED0001234567"), Ok(()));
        assert_eq!(check("Med0001234567"), Err(Odd::Characters));
        assert_eq!(check("MED123"), Err(Odd::Length));
    }
}
