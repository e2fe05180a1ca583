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

/// Digits of a whole amount: a clinic's accounts of all times fit.
const MOST_DIGITS: usize = 12;

/// An amount of money in cents: a decimal as FileMaker keeps it (`45`, `45.5`, `.5`, `-45.00`), exact. No sign of a currency, no
/// comma, no brackets: what they mean is for the clinic to say, and two parts of a number may hide behind a comma.
///
/// # Errors
/// `NUM_TEXT`; `MONEY_FRACTION` for more than two places that are not zeros: what rounds is no sum of what was there.
pub fn cents(text: &str) -> Result<i64, Code> {
    let text = text.trim();
    let (sign, plain) = text.strip_prefix('-').map_or((1, text), |rest| (-1, rest));
    let (whole, rest) = plain.split_once('.').unwrap_or((plain, ""));
    let digits = |t: &str| t.bytes().all(|b| b.is_ascii_digit());
    if (whole.is_empty() && rest.is_empty()) || whole.len() > MOST_DIGITS || !digits(whole) || !digits(rest) {
        return Err(Code::NumText);
    }
    if rest.bytes().skip(2).any(|b| b != b'0') {
        return Err(Code::MoneyFraction);
    }
    let whole: i64 = if whole.is_empty() { 0 } else { whole.parse().map_err(|_| Code::NumText)? };
    let place = |i: usize| rest.as_bytes().get(i).map_or(0, |b| i64::from(b - b'0'));
    Ok(sign * (whole * 100 + place(0) * 10 + place(1)))
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

    #[test]
    fn money_is_exact_or_not_read() {
        for (text, wanted) in [
            ("45", Ok(4_500)),
            (" 45.5 ", Ok(4_550)),
            (".5", Ok(50)),
            ("5.", Ok(500)),
            ("0.05", Ok(5)),
            ("-45.00", Ok(-4_500)),
            ("-.05", Ok(-5)),
            ("39.1000", Ok(3_910)),
            ("000123", Ok(12_300)),
            ("999999999999.99", Ok(99_999_999_999_999)),
            ("39.105", Err(Code::MoneyFraction)),
            ("82.30000000000001", Err(Code::MoneyFraction)),
            ("$1,234.50", Err(Code::NumText)),
            ("1,234.50", Err(Code::NumText)),
            ("37,2", Err(Code::NumText)),
            ("(22)", Err(Code::NumText)),
            ("45 cr", Err(Code::NumText)),
            ("+45", Err(Code::NumText)),
            ("--45", Err(Code::NumText)),
            ("1e3", Err(Code::NumText)),
            ("1234567890123", Err(Code::NumText)),
            (".", Err(Code::NumText)),
            ("-", Err(Code::NumText)),
            ("?", Err(Code::NumText)),
            ("", Err(Code::NumText)),
        ] {
            assert_eq!(cents(text), wanted, "{text}");
        }
    }

    proptest! {
        #[test]
        fn every_amount_survives_as_filemaker_writes_it(n in -99_999_999_999_999_i64..=99_999_999_999_999) {
            let sign = if n < 0 { "-" } else { "" };
            let (whole, part) = (n.abs() / 100, n.abs() % 100);
            prop_assert_eq!(cents(&format!("{sign}{whole}.{part:02}")), Ok(n));
            if whole == 0 {
                prop_assert_eq!(cents(&format!("{sign}.{part:02}")), Ok(n));
            }
            if part % 10 == 0 {
                prop_assert_eq!(cents(&format!("{sign}{whole}.{}", part / 10)), Ok(n));
            }
        }

        #[test]
        fn every_number_survives_and_no_letter_does(n: i64, letter in "[a-zA-Z$]") {
            prop_assert_eq!(integer(&n.to_string()), Ok(n));
            let with_letter = format!("{n}{letter}");
            prop_assert_eq!(integer(&with_letter), Err(Code::NumText));
        }
    }
}
