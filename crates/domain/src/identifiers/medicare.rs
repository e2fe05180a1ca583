//! Medicare cards: 8 digits, a check digit, an issue number, and optionally the person's reference number.

use super::{Odd, digits};

const WEIGHTS: [u32; 8] = [1, 3, 7, 9, 1, 3, 7, 9];

/// Checks 10 or 11 digits.
///
/// # Errors
/// What is odd about it. About a fifth of adjacent swaps pass.
pub fn check(cleaned: &str) -> Result<(), Odd> {
    let digits = digits(cleaned)?;
    let (10 | 11) = digits.len() else { return Err(Odd::Length) };
    if !matches!(digits.first(), Some(2..=6)) {
        return Err(Odd::Prefix);
    }
    let sum: u32 = digits.iter().zip(WEIGHTS).map(|(d, w)| d * w).sum();
    if digits.get(8) != Some(&(sum % 10)) {
        return Err(Odd::CheckDigit);
    }
    if digits.iter().skip(9).any(|&d| d == 0) { Err(Odd::Characters) } else { Ok(()) }
}

/// `2123 45670 1`, and `2123 45670 1 / 3` with a reference number.
#[must_use]
pub fn show(cleaned: &str) -> String {
    let chars: Vec<char> = cleaned.chars().collect();
    match chars.as_slice() {
        [a, b, c, d, e, f, g, h, i, j, rest @ ..] if rest.len() < 2 => {
            let mut shown: String = [a, b, c, d, &' ', e, f, g, h, i, &' ', j].into_iter().collect();
            for reference in rest {
                shown.push_str(" / ");
                shown.push(*reference);
            }
            shown
        }
        _ => cleaned.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn known_numbers() {
        assert_eq!(check("2123456701"), Ok(()));
        assert_eq!(check("32788511952"), Ok(()), "with a reference number");
        assert_eq!(check("6951449677"), Err(Odd::CheckDigit));
        assert_eq!(check("1123456701"), Err(Odd::Prefix), "first digit is 2 to 6");
        assert_eq!(check("212345670"), Err(Odd::Length));
        assert_eq!(check("21234S6701"), Err(Odd::Characters));
    }

    #[test]
    fn shown_as_on_the_card() {
        assert_eq!(show("2123456701"), "2123 45670 1");
        assert_eq!(show("32788511952"), "3278 85119 5 / 2");
        assert_eq!(show("12"), "12", "what is no card number is shown as it is");
    }
}
