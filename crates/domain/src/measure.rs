//! What can be measured: units, how many decimals people write, and what cannot be true.
//!
//! Values are integers in thousandths of the unit, so that both stores, the wire and the page hold the same number.

use crate::fields::ObservationCode;

/// How one kind of observation is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Measure {
    /// UCUM unit.
    pub unit: &'static str,
    /// The unit as people write it.
    pub unit_text: &'static str,
    /// Least and greatest that can be true, in thousandths. Outside is a slip of the keyboard.
    pub range_milli: (i64, i64),
    /// The same for the second value (diastolic); `None` when there is only one.
    pub second_milli: Option<(i64, i64)>,
    /// Decimals that are kept and shown.
    pub decimals: u32,
}

const fn one(unit: &'static str, unit_text: &'static str, range: (i64, i64), decimals: u32) -> Measure {
    Measure { unit, unit_text, range_milli: range, second_milli: None, decimals }
}

impl ObservationCode {
    /// Unit and range.
    #[must_use]
    pub const fn measure(self) -> Measure {
        match self {
            Self::BloodPressure => Measure {
                unit: "mm[Hg]",
                unit_text: "mmHg",
                range_milli: (40_000, 300_000),
                second_milli: Some((20_000, 200_000)),
                decimals: 0,
            },
            Self::HeartRate => one("/min", "/min", (20_000, 300_000), 0),
            Self::RespiratoryRate => one("/min", "/min", (4_000, 100_000), 0),
            Self::Temperature => one("Cel", "°C", (25_000, 45_000), 1),
            Self::OxygenSaturation => one("%", "%", (40_000, 100_000), 0),
            Self::Weight => one("kg", "kg", (300, 400_000), 2),
            Self::Height => one("cm", "cm", (20_000, 260_000), 1),
            Self::Waist => one("cm", "cm", (20_000, 260_000), 1),
            Self::HeadCircumference => one("cm", "cm", (15_000, 70_000), 1),
            Self::BloodGlucose => one("mmol/L", "mmol/L", (500, 60_000), 1),
            Self::Pain => one("{score}", "of 10", (0, 10_000), 0),
        }
    }
}

/// What is wrong with a typed value.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BadMeasure {
    /// Not a number, or not two for a blood pressure.
    #[error("not a number")]
    NotANumber,
    /// Outside what can be true.
    #[error("out of range")]
    OutOfRange,
    /// The diastolic value is not below the systolic one.
    #[error("the second value is not below the first")]
    Reversed,
}

/// Reads a typed value: `120/80`, `37.2`, `37,2`. Gives thousandths.
///
/// # Errors
/// See [`BadMeasure`].
pub fn parse(code: ObservationCode, text: &str) -> Result<(i64, Option<i64>), BadMeasure> {
    let two = code.measure().second_milli.is_some();
    let (first, second) = match text.trim().split_once('/') {
        Some((first, second)) if two => (milli(first)?, Some(milli(second)?)),
        None if !two => (milli(text)?, None),
        _ => return Err(BadMeasure::NotANumber),
    };
    check(code, first, second)?;
    Ok((first, second))
}

/// Whether values can be true.
///
/// # Errors
/// See [`BadMeasure`].
pub fn check(code: ObservationCode, first: i64, second: Option<i64>) -> Result<(), BadMeasure> {
    let measure = code.measure();
    let within = |value: i64, (least, most): (i64, i64)| (least..=most).contains(&value);
    if !within(first, measure.range_milli) {
        return Err(BadMeasure::OutOfRange);
    }
    match (measure.second_milli, second) {
        (None, None) => Ok(()),
        (Some(range), Some(second)) if !within(second, range) => Err(BadMeasure::OutOfRange),
        (Some(_), Some(second)) if second >= first => Err(BadMeasure::Reversed),
        (Some(_), Some(_)) => Ok(()),
        _ => Err(BadMeasure::NotANumber),
    }
}

fn milli(text: &str) -> Result<i64, BadMeasure> {
    let text = text.trim().replace(',', ".");
    let (whole, rest) = text.split_once('.').unwrap_or((&text, ""));
    let digits = |t: &str| t.chars().all(|c| c.is_ascii_digit());
    if whole.is_empty() || whole.len() > 6 || rest.len() > 3 || !digits(whole) || !digits(rest) {
        return Err(BadMeasure::NotANumber);
    }
    format!("{whole}{rest:0<3}").parse().map_err(|_| BadMeasure::NotANumber)
}

/// A value as people write it, with the decimals of its kind at most: `120/80`, `37.2`, `68`.
#[must_use]
pub fn show(code: ObservationCode, first: i64, second: Option<i64>) -> String {
    let decimals = code.measure().decimals;
    let first = decimal(first, decimals);
    second.map_or_else(|| first.clone(), |second| format!("{first}/{}", decimal(second, decimals)))
}

/// Thousandths as a decimal number, rounded, without zeros at the end.
#[must_use]
pub fn decimal(milli: i64, decimals: u32) -> String {
    let step = 10_i64.pow(3_u32.saturating_sub(decimals));
    let rounded = (milli + milli.signum() * step / 2) / step * step;
    let text = format!("{}.{:03}", rounded / 1000, (rounded % 1000).abs());
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}

/// Body mass index in thousandths of kg/m², from thousandths of kilograms and centimetres; `None` without a height.
#[must_use]
pub fn bmi_milli(weight_milli: i64, height_milli: i64) -> Option<i64> {
    let height = i128::from(height_milli);
    // (w/1000) / (h/100000)² kg/m², in thousandths: w · 10¹⁰ / h².
    let bmi = i128::from(weight_milli) * 10_000_000_000_i128 / (height * height).max(1);
    (height_milli > 0).then(|| i64::try_from(bmi).ok()).flatten()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn typed_values_are_read_as_written_and_slips_are_said() {
        use ObservationCode::{BloodPressure, OxygenSaturation, Temperature, Weight};
        let rows = [
            (BloodPressure, "120/80", Ok((120_000, Some(80_000)))),
            (BloodPressure, " 135 / 85 ", Ok((135_000, Some(85_000)))),
            (BloodPressure, "120", Err(BadMeasure::NotANumber)),
            (BloodPressure, "80/120", Err(BadMeasure::Reversed)),
            (BloodPressure, "1200/80", Err(BadMeasure::OutOfRange)),
            (Temperature, "37,2", Ok((37_200, None))),
            (Temperature, "372", Err(BadMeasure::OutOfRange)),
            (Temperature, "37.2/1", Err(BadMeasure::NotANumber)),
            (Temperature, "-3", Err(BadMeasure::NotANumber)),
            (Weight, "3.42", Ok((3_420, None))),
            (Weight, "", Err(BadMeasure::NotANumber)),
            (OxygenSaturation, "101", Err(BadMeasure::OutOfRange)),
        ];
        for (code, text, reads) in rows {
            assert_eq!(parse(code, text), reads, "{code:?} {text}");
        }
    }

    #[test]
    fn values_show_with_the_decimals_of_their_kind() {
        assert_eq!(show(ObservationCode::BloodPressure, 120_000, Some(80_000)), "120/80");
        assert_eq!(show(ObservationCode::Temperature, 37_250, None), "37.3");
        assert_eq!(show(ObservationCode::Weight, 68_000, None), "68");
        assert_eq!(decimal(999, 0), "1");
    }

    #[test]
    fn bmi_is_weight_over_height_squared() {
        assert_eq!(bmi_milli(70_000, 175_000).map(|b| decimal(b, 1)).as_deref(), Some("22.9"));
        assert_eq!(bmi_milli(70_000, 0), None);
    }

    #[test]
    fn every_range_can_be_written() {
        for code in ObservationCode::ALL {
            let measure = code.measure();
            assert!(measure.range_milli.0 < measure.range_milli.1, "{code:?}");
            assert!(!measure.unit.is_empty());
        }
    }
}
