//! Numbers as people read them.

/// `60,000`, `-1,066`.
#[must_use]
pub fn thousands(number: impl Into<i128>) -> String {
    let number: i128 = number.into();
    let digits = number.unsigned_abs().to_string();
    let mut grouped = String::from(if number < 0 { "-" } else { "" });
    for (i, digit) in digits.chars().enumerate() {
        if i > 0 && (digits.len() - i).is_multiple_of(3) {
            grouped.push(',');
        }
        grouped.push(digit);
    }
    grouped
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn digits_stand_in_groups_of_three() {
        assert_eq!(thousands(i64::MIN), "-9,223,372,036,854,775,808");
        assert_eq!(thousands(u64::MAX), "18,446,744,073,709,551,615");
        for (number, wanted) in [
            (0, "0"),
            (999, "999"),
            (-999, "-999"),
            (-1_066, "-1,066"),
            (60_000, "60,000"),
            (1_477_682, "1,477,682"),
        ] {
            assert_eq!(thousands(number), wanted);
        }
    }
}
