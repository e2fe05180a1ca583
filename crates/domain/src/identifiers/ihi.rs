//! Healthcare identifiers of 16 digits with a Luhn check: IHI 800360…, HPI-I 800361…, HPI-O 800362….

use super::{Odd, digits};

/// Checks an Individual Healthcare Identifier.
///
/// # Errors
/// What is odd about it.
pub fn check(cleaned: &str) -> Result<(), Odd> {
    check_prefix(cleaned, "800360")
}

/// Checks an individual provider's identifier (HPI-I).
///
/// # Errors
/// What is odd about it.
pub fn check_hpii(cleaned: &str) -> Result<(), Odd> {
    check_prefix(cleaned, "800361")
}

fn check_prefix(cleaned: &str, prefix: &str) -> Result<(), Odd> {
    let digits = digits(cleaned)?;
    if digits.len() != 16 {
        return Err(Odd::Length);
    }
    if !cleaned.starts_with(prefix) {
        return Err(Odd::Prefix);
    }
    let sum: u32 = digits
        .iter()
        .rev()
        .enumerate()
        .map(|(i, &d)| if i % 2 == 0 { d } else { (d * 2) / 10 + (d * 2) % 10 })
        .sum();
    if sum.is_multiple_of(10) { Ok(()) } else { Err(Odd::CheckDigit) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn known_numbers() {
        assert_eq!(check("8003608833357361"), Ok(()));
        assert_eq!(check("8003608000228437"), Ok(()));
        assert_eq!(check("8003608833357360"), Err(Odd::CheckDigit));
        assert_eq!(check("8003618833357361"), Err(Odd::Prefix), "that is a provider's");
    }
}
