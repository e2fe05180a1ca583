//! Counting what test runners say.

use std::collections::BTreeSet;
use std::fmt;

use super::failures::Failures;

/// Tests passed and failed; skipped are ignored tests and the parts that a machine lacks (`SKIPPED part: why`).
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Tally {
    pub(crate) passed: u32,
    pub(crate) failed: u32,
    ignored: u32,
    parts: BTreeSet<String>,
    pub(crate) failures: Failures,
}

impl Tally {
    /// `test result: ok. 3 passed; 0 failed; 1 ignored; 0 measured; …`
    pub(crate) fn read_cargo(&mut self, line: &str) {
        self.failures.read(line);
        let Some((_, counts)) = line.split_once("test result: ").and_then(|(_, rest)| rest.split_once(". "))
        else {
            return;
        };
        self.add(counts.split(';'));
    }

    /// `Summary [   2.792s] 10 tests run: 9 passed (1 slow), 1 failed, 2 skipped`
    pub(crate) fn read_nextest(&mut self, line: &str) {
        self.failures.read(line);
        let Some((_, counts)) =
            line.trim_start().strip_prefix("Summary [").and_then(|rest| rest.split_once(" run: "))
        else {
            return;
        };
        self.add(counts.split(','));
    }

    fn add<'a>(&mut self, counts: impl Iterator<Item = &'a str>) {
        for count in counts {
            let mut words = count.split_whitespace();
            let (Some(Ok(number)), Some(what)) = (words.next().map(str::parse::<u32>), words.next()) else {
                continue;
            };
            match what {
                "passed" => self.passed += number,
                // "timed out" and "exec failed" too
                "failed" | "timed" | "exec" => self.failed += number,
                "ignored" | "skipped" => self.ignored += number,
                _ => {}
            }
        }
    }

    /// `SKIPPED part: why`, also where a report puts a tag before it; once for each part and reason. Returns it if new.
    pub(crate) fn read_skipped(&mut self, line: &str) -> Option<String> {
        let text = line.rsplit_once('>').map_or(line, |(_, text)| text).trim();
        let new = text.starts_with("SKIPPED ") && text.contains(": ") && self.parts.insert(text.to_owned());
        new.then(|| text.to_owned())
    }
}

impl fmt::Display for Tally {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let parts = u32::try_from(self.parts.len()).unwrap_or(u32::MAX);
        write!(
            f,
            "{} passed, {} failed, {} skipped",
            self.passed,
            self.failed,
            self.ignored.saturating_add(parts)
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_runners_are_counted_together() {
        let mut tally = Tally::default();
        tally.read_nextest("     Summary [   2.792s] 12 tests run: 8 passed (1 slow), 1 failed, 2 timed out, 1 exec failed, 3 skipped");
        tally.read_cargo(
            "test result: FAILED. 5 passed; 1 failed; 1 ignored; 0 measured; 0 filtered out; finished in 1s",
        );
        tally.read_cargo("test tests::a_line_about_12_passed ... ok");
        assert_eq!(tally.to_string(), "13 passed, 5 failed, 4 skipped");
    }

    #[test]
    fn a_missing_part_counts_once() {
        let mut tally = Tally::default();
        assert!(tally.read_skipped("<system-out>SKIPPED keyring: no dbus-daemon").is_some());
        assert!(tally.read_skipped("SKIPPED keyring: no dbus-daemon").is_none());
        assert!(tally.read_skipped("we SKIPPED lunch: busy").is_none());
        assert_eq!(tally.to_string(), "0 passed, 0 failed, 1 skipped");
    }
}
