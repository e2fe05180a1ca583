//! Strict numbers: `2 x 15` is text, not 215.

use crate::reason::Code;

/// A whole number; blanks around it and zeros behind a point are allowed, nothing else.
///
/// # Errors
/// `NUM_TEXT`.
pub fn integer(text: &str) -> Result<i64, Code> {
    let text = text.trim();
    let whole = match text.split_once('.') {
        Some((whole, zeros)) if zeros.bytes().all(|b| b == b'0') => whole,
        Some(_) => return Err(Code::NumText),
        None => text,
    };
    let digits = whole.strip_prefix('-').unwrap_or(whole);
    if digits.is_empty() || !digits.bytes().all(|b| b.is_ascii_digit()) {
        return Err(Code::NumText);
    }
    whole.parse().map_err(|_| Code::NumText)
}

/// A decimal, or two with a slash between, as plain decimals of at most three places: FileMaker writes `.58`, and
/// `82.30000000000001` for what was calculated. Rounded half up.
///
/// # Errors
/// `NUM_TEXT`.
pub fn thousandths(text: &str) -> Result<String, Code> {
    let parts: Vec<String> = text.split('/').map(decimal).collect::<Result<_, _>>()?;
    Ok(parts.join("/"))
}

fn decimal(text: &str) -> Result<String, Code> {
    let text = text.trim().replace(',', ".");
    let (whole, rest) = text.split_once('.').unwrap_or((&text, ""));
    let digits = |t: &str| t.bytes().all(|b| b.is_ascii_digit());
    if (whole.is_empty() && rest.is_empty()) || whole.len() > 12 || !digits(whole) || !digits(rest) {
        return Err(Code::NumText);
    }
    let whole: u64 = if whole.is_empty() { 0 } else { whole.parse().map_err(|_| Code::NumText)? };
    let place = |i: usize| rest.as_bytes().get(i).map_or(0, |b| u64::from(b - b'0'));
    let up = u64::from(place(3) >= 5);
    let milli = whole * 1_000 + place(0) * 100 + place(1) * 10 + place(2) + up;
    Ok(format!("{}.{:03}", milli / 1_000, milli % 1_000))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn filemakers_own_examples_of_text_in_number_fields_are_text() {
        for text in [
            "2 - 2",
            "(22)",
            "FY98",
            "$400 or best offer",
            "15 min",
            "2 x 15",
            "",
            "-",
            ".",
            "1.5",
            "1e3",
            "１５",
        ] {
            assert_eq!(integer(text), Err(Code::NumText), "{text}");
        }
        for (text, number) in [("15", 15), (" 15 ", 15), ("-3", -3), ("007", 7), ("20.", 20), ("20.00", 20)] {
            assert_eq!(integer(text), Ok(number), "{text}");
        }
    }

    #[test]
    fn decimals_keep_three_places() {
        for (text, wanted) in [
            ("82.30000000000001", Ok("82.300")),
            (".57999999999999996", Ok("0.580")),
            ("37,2", Ok("37.200")),
            (" 120 / 80 ", Ok("120.000/80.000")),
            ("0.9995", Ok("1.000")),
            ("5.", Ok("5.000")),
            (".", Err(Code::NumText)),
            ("120/", Err(Code::NumText)),
            ("-3", Err(Code::NumText)),
            ("1e3", Err(Code::NumText)),
            ("12 kg", Err(Code::NumText)),
        ] {
            assert_eq!(thousandths(text).as_deref().map_err(|c| *c), wanted, "{text}");
        }
    }

    proptest! {
        #[test]
        fn every_number_survives_and_no_letter_does(n: i64, letter in "[a-zA-Z$]") {
            prop_assert_eq!(integer(&n.to_string()), Ok(n));
            let with_letter = format!("{n}{letter}");
            prop_assert_eq!(integer(&with_letter), Err(Code::NumText));
        }
    }
}
