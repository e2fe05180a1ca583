//! Words that say of what clinic and class a row is, so that one in the wrong place shows in plain bytes.
//!
//! A word is `kqx`, the clinic's letter, the class's letter, and the number of who wrote it; the search index folds and
//! turns words round, which leaves it readable.

use std::collections::BTreeSet;

use wattle_domain::FeedClass;

/// Clinic and class of a word that was found.
pub type Mark = (usize, FeedClass);

const HEAD: &[u8] = b"kqx";

fn class_letter(class: FeedClass) -> u8 {
    match class {
        FeedClass::Ref => b'r',
        FeedClass::Front => b'f',
        FeedClass::Clinical => b'c',
        FeedClass::Billing => b'b',
        FeedClass::Admin => b'a',
    }
}

/// The word of a clinic's class with something after it.
#[must_use]
pub fn word(clinic: usize, class: FeedClass, after: &str) -> String {
    let clinic = char::from(b'g' + u8::try_from(clinic).unwrap_or(0));
    format!("Kqx{clinic}{}{after}", char::from(class_letter(class)))
}

fn mark(clinic: u8, class: u8) -> Option<Mark> {
    let clinic = usize::from(clinic.to_ascii_lowercase().checked_sub(b'g')?);
    let class = FeedClass::ALL.into_iter().find(|c| class_letter(*c) == class.to_ascii_lowercase())?;
    (clinic < 8).then_some((clinic, class))
}

/// Every mark in some bytes, each with the bytes around it.
pub fn scan(bytes: &[u8], mut found: impl FnMut(Mark, &[u8])) {
    for (at, window) in bytes.windows(5).enumerate() {
        let [a, b, c, d, e] = *window else { continue };
        let around = || bytes.get(at.saturating_sub(24)..(at + 24).min(bytes.len())).unwrap_or_default();
        if a | 0x20 == HEAD[0] && b | 0x20 == HEAD[1] && c | 0x20 == HEAD[2] {
            if let Some(mark) = mark(d, e) {
                found(mark, around());
            }
        } else if c == HEAD[2] && d == HEAD[1] && e == HEAD[0]
            && let Some(mark) = mark(b, a)
        {
            // Turned round, as the index of endings has it.
            found(mark, around());
        }
    }
}

/// The marks in some bytes.
#[must_use]
pub fn marks(bytes: &[u8]) -> BTreeSet<Mark> {
    let mut all = BTreeSet::new();
    scan(bytes, |mark, _| {
        all.insert(mark);
    });
    all
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_word_is_found_as_written_folded_and_turned_round() {
        let text = word(2, FeedClass::Front, "17");
        assert_eq!(text, "Kqxif17");
        let turned: String = text.to_lowercase().chars().rev().collect();
        for text in [text.clone(), text.to_lowercase(), format!("xx{turned}yy"), format!("..{text}")] {
            assert_eq!(marks(text.as_bytes()).into_iter().collect::<Vec<_>>(), [(2, FeedClass::Front)], "{text}");
        }
        assert!(marks(b"kqx kqxz9 xqk").is_empty());
    }
}
