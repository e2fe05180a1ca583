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

    proptest! {
        #[test]
        fn every_number_survives_and_no_letter_does(n: i64, letter in "[a-zA-Z$]") {
            prop_assert_eq!(integer(&n.to_string()), Ok(n));
            let with_letter = format!("{n}{letter}");
            prop_assert_eq!(integer(&with_letter), Err(Code::NumText));
        }
    }
}
