//! Australian phone numbers: E.164 stored, `0412 345 678` shown.

/// The E.164 form of an Australian or international number, or `None` when it is not one.
#[must_use]
pub fn to_e164(text: &str) -> Option<String> {
    let text = text.trim();
    if !text.chars().all(|c| c.is_ascii_digit() || " ()-.+\u{a0}".contains(c)) {
        return None;
    }
    let digits: String = text.chars().filter(char::is_ascii_digit).collect();
    if text.starts_with('+') || digits.starts_with("0011") {
        let digits = digits.strip_prefix("0011").unwrap_or(&digits);
        return (8..=15).contains(&digits.len()).then(|| format!("+{digits}"));
    }
    match (digits.strip_prefix('0'), digits.len()) {
        (Some(national), 10) if national.starts_with(['2', '3', '4', '5', '7', '8']) => {
            Some(format!("+61{national}"))
        }
        (None, 11) if digits.starts_with("61") => Some(format!("+{digits}")),
        _ => None,
    }
}

/// As people read it: `0412 345 678`, `(02) 9123 4567`; anything else as it is.
#[must_use]
pub fn show(stored: &str) -> String {
    let Some(national) = stored.strip_prefix("+61").filter(|n| n.len() == 9 && n.is_ascii()) else {
        return stored.to_owned();
    };
    let part = |from: usize, to: usize| national.get(from..to).unwrap_or_default();
    if national.starts_with('4') {
        format!("0{} {} {}", part(0, 3), part(3, 6), part(6, 9))
    } else {
        format!("(0{}) {} {}", part(0, 1), part(1, 5), part(5, 9))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn written_in_many_ways_stored_in_one() {
        for text in
            ["0412 345 678", "(0412) 345-678", "+61 412 345 678", "61412345678", "0011 61 412 345 678"]
        {
            assert_eq!(to_e164(text).as_deref(), Some("+61412345678"), "{text}");
        }
        assert_eq!(to_e164("9123 4567"), None, "an area code is not guessed");
        assert_eq!(to_e164("ask daughter"), None);
    }

    #[test]
    fn shown_as_people_read_it() {
        assert_eq!(show("+61412345678"), "0412 345 678");
        assert_eq!(show("+61291234567"), "(02) 9123 4567");
        assert_eq!(show("9123 4567"), "9123 4567");
    }
}
