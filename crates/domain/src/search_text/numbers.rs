//! Words that a patient is found by beside the name: phones, birth date, record number, identifiers.

use chrono::Datelike;

use crate::fields::IdentifierKind;
use crate::search_text::fold::key;
use crate::time::ClinicDate;

/// How every IHI begins; it says nothing, so it is left off and the rest is what is looked for.
pub(super) const IHI_PREFIX: &str = "800360";
/// What an IHI typed no further than its prefix is looked for by.
pub(super) const IHI_WORD: &str = "8003";

/// The words of a phone: the national form from its start, and its last 8, 6, 4 and 3 digits. Nothing for an email.
#[must_use]
pub fn phone_words(stored: &str) -> Vec<String> {
    if stored.contains('@') {
        return Vec::new();
    }
    let digits: String = stored.chars().filter(char::is_ascii_digit).collect();
    let national = match stored.strip_prefix("+61") {
        Some(_) => format!("0{}", digits.chars().skip(2).collect::<String>()),
        None => digits,
    };
    let length = national.chars().count();
    let tail = |n: usize| (length > n).then(|| national.chars().skip(length - n).collect::<String>());
    let mut words: Vec<String> = [8, 6, 4, 3].into_iter().filter_map(tail).collect();
    if length > 0 {
        words.insert(0, national.clone());
    }
    words
}

/// The words of a birth date: `19630201` and `01021963`, so that it is found from the year or from the day.
#[must_use]
pub fn birth_date_words(date: ClinicDate) -> [String; 2] {
    let (year, month, day) = (date.0.year(), date.0.month(), date.0.day());
    [format!("{year:04}{month:02}{day:02}"), format!("{day:02}{month:02}{year:04}")]
}

/// The words of an identifier: as it is, and its digits when it has letters before them.
#[must_use]
pub fn identifier_words(kind: IdentifierKind, value: &str) -> Vec<String> {
    let whole = key(value);
    if kind == IdentifierKind::Ihi
        && let Some(rest) = whole.strip_prefix(IHI_PREFIX)
    {
        return vec![rest.to_owned(), IHI_WORD.to_owned()];
    }
    with_digits(whole)
}

/// The words of a record number: as it is, its digits, and those without leading zeros.
#[must_use]
pub fn record_number_words(number: &str) -> Vec<String> {
    let mut words = with_digits(key(number));
    let plain = words.last().map(|w| w.trim_start_matches('0').to_owned()).unwrap_or_default();
    if !plain.is_empty() && !words.contains(&plain) {
        words.push(plain);
    }
    words
}

fn with_digits(whole: String) -> Vec<String> {
    let digits: String = whole.chars().filter(char::is_ascii_digit).collect();
    let mut words = Vec::new();
    if !digits.is_empty() && digits != whole {
        words.push(digits);
    }
    if !whole.is_empty() {
        words.insert(0, whole);
    }
    words
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn phones_from_the_start_and_by_their_last_digits() {
        assert_eq!(phone_words("+61412345678"), ["0412345678", "12345678", "345678", "5678", "678"]);
        assert_eq!(phone_words("+61291234567")[1], "91234567", "a landline as its own town dials it");
        assert_eq!(phone_words("9123 4567")[0], "91234567");
        assert!(phone_words("jo2@example.org").is_empty() && phone_words("ask daughter").is_empty());
    }

    #[test]
    fn identifiers_and_record_numbers() {
        assert_eq!(identifier_words(IdentifierKind::Medicare, "2123456701"), ["2123456701"]);
        assert_eq!(identifier_words(IdentifierKind::Dva, "NBUR9080"), ["nbur9080", "9080"]);
        assert_eq!(identifier_words(IdentifierKind::Ihi, "8003608833357361"), ["8833357361", "8003"]);
        assert_eq!(record_number_words("P00123"), ["p00123", "00123", "123"]);
        assert_eq!(record_number_words("77"), ["77"]);
    }
}
