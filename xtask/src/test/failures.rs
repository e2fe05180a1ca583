//! What failed, said once more at the end: of an hour's output a reader often has the last lines only.

use std::collections::VecDeque;

/// Lines that are kept before a panic: what the test had said.
const BEFORE: usize = 12;
/// And from it on: where, why, and what caused it.
const AFTER: usize = 14;
/// Characters of a line.
const LINE_CHARS: usize = 300;
/// Of more panics than this, somebody must read the whole.
const MOST: usize = 12;

/// The panics that were shown: those of tests that failed, and of the simulator, whose output is not captured, any.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Failures {
    latest: VecDeque<String>,
    panics: Vec<Vec<String>>,
    wanted: usize,
}

impl Failures {
    pub(crate) fn read(&mut self, line: &str) {
        let line: String = line.chars().take(LINE_CHARS).collect();
        if line.contains("panicked at") && self.panics.len() < MOST {
            self.panics.push(self.latest.drain(..).collect());
            self.wanted = AFTER;
        }
        match self.panics.last_mut() {
            Some(panic) if self.wanted > 0 => {
                panic.push(line);
                self.wanted -= 1;
            }
            _ => {
                self.latest.push_back(line);
                if self.latest.len() > BEFORE {
                    self.latest.pop_front();
                }
            }
        }
    }

    /// Each panic with the lines around it.
    pub(crate) fn texts(&self) -> impl Iterator<Item = String> {
        self.panics.iter().map(|panic| panic.join("\n"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_panic_is_told_with_what_came_before_it_and_why() {
        let mut failures = Failures::default();
        for n in 0..40 {
            failures.read(&format!("line {n}"));
        }
        failures.read("thread 'sync' panicked at sync.rs:4:5:");
        for n in 0..40 {
            failures.read(&format!("cause {n}"));
        }
        let texts: Vec<_> = failures.texts().collect();
        assert_eq!(texts.len(), 1);
        assert!(texts[0].starts_with("line 28\n"), "{texts:?}");
        assert!(texts[0].contains("line 39\nthread 'sync' panicked at sync.rs:4:5:\ncause 0\n"), "{texts:?}");
        assert!(texts[0].ends_with("cause 12"), "{texts:?}");
    }
}
