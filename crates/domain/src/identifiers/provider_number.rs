//! Medicare provider numbers: a six-digit stem, a location character, a check character.

use super::Odd;

const LOCATIONS: &str = "0123456789ABCDEFGHJKLMNPQRTUVWXY";
const CHECKS: &str = "YXWTLKJHFBA";
const WEIGHTS: [u32; 6] = [3, 5, 8, 4, 2, 1];

/// The stored form: capitals, no spaces.
#[must_use]
pub fn clean(text: &str) -> String {
    text.chars().filter(|c| !c.is_whitespace()).collect::<String>().to_uppercase()
}

/// Checks a provider number; shorter stems are padded with zeros on the left.
///
/// # Errors
/// What is odd about it. At least one issued number fails.
pub fn check(cleaned: &str) -> Result<(), Odd> {
    let padded = format!("{:0>8}", cleaned.to_uppercase());
    if padded.chars().count() != 8 {
        return Err(Odd::Length);
    }
    let mut chars = padded.chars();
    let mut sum = 0;
    for weight in WEIGHTS {
        let digit = chars.next().and_then(|c| c.to_digit(10)).ok_or(Odd::Characters)?;
        sum += digit * weight;
    }
    let location = chars.next().and_then(|c| LOCATIONS.find(c)).ok_or(Odd::Characters)?;
    sum += 6 * u32::try_from(location).unwrap_or(0);
    let expected = CHECKS.chars().nth(usize::try_from(sum % 11).unwrap_or(0));
    if chars.next() == expected { Ok(()) } else { Err(Odd::CheckDigit) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn known_numbers() {
        assert_eq!(check("2426621B"), Ok(()));
        assert_eq!(check("4024742F"), Ok(()));
        assert_eq!(check("2426621A"), Err(Odd::CheckDigit));
        assert_eq!(check(&clean(" 2426 621b")), Ok(()));
        assert_eq!(check("24266I1B"), Err(Odd::Characters));
    }
}
