//! Money in words: kept in whole cents, shown in dollars.

use crate::number::thousands;

/// `$1,234.50`; `-$45.00` goes the other way.
#[must_use]
pub fn dollars(cents: i64) -> String {
    let sign = if cents < 0 { "-" } else { "" };
    let (whole, part) = (cents.unsigned_abs() / 100, cents.unsigned_abs() % 100);
    let whole = thousands(whole);
    format!("{sign}${whole}.{part:02}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cents_are_said_in_dollars() {
        for (cents, wanted) in [
            (0, "$0.00"),
            (5, "$0.05"),
            (-4_500, "-$45.00"),
            (99_999, "$999.99"),
            (100_000, "$1,000.00"),
            (-123_456_789, "-$1,234,567.89"),
        ] {
            assert_eq!(dollars(cents), wanted);
        }
    }
}
