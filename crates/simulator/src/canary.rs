//! Words that say of what clinic and class a row is, so that one in the wrong place shows in plain bytes.
//!
//! A word is `kqxzwv`, the clinic's letter, the class's letter, and the number of who wrote it; the search index folds and
//! turns words round, which leaves it readable; a `z` at the end parts it from what follows in the bytes.

use std::collections::BTreeSet;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use wattle_domain::FeedClass;
use wattle_protocol::digest::BUCKETS;
use wattle_protocol::pull::Frame;

/// Clinic and class of a word that was found.
pub type Mark = (usize, FeedClass);

const HEAD: [u8; 6] = *b"kqxzwv";
/// A bucket's count and sum in a digest.
const SUM_BYTES: usize = 24;

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
    format!("Kqxzwv{clinic}{}{after}z", char::from(class_letter(class)))
}

fn mark(clinic: u8, class: u8) -> Option<Mark> {
    let clinic = usize::from(clinic.to_ascii_lowercase().checked_sub(b'g')?);
    let class = FeedClass::ALL.into_iter().find(|c| class_letter(*c) == class.to_ascii_lowercase())?;
    (clinic < 8).then_some((clinic, class))
}

/// Every mark in some bytes, each with its whole word in small letters.
pub fn scan(bytes: &[u8], mut found: impl FnMut(Mark, &str)) {
    for (at, window) in bytes.windows(8).enumerate() {
        // The rarest letter first: it stands in every word at one of two places.
        if window[2] | 0x20 != b'x' && window[5] | 0x20 != b'x' {
            continue;
        }
        let is = |at: usize, letter: u8| window[at] | 0x20 == letter;
        let forward = (0..6).all(|n| is(n, HEAD[n]));
        // Turned round, as the index of endings has it.
        let backward = (0..6).all(|n| is(7 - n, HEAD[n]));
        let (after, before) = (bytes.get(at + 8..).unwrap_or_default(), bytes.get(..at).unwrap_or_default());
        let (mark, word) = match (forward, backward) {
            (true, _) => (mark(window[6], window[7]), whole(window.iter(), after.iter())),
            (_, true) => (mark(window[1], window[0]), whole(window.iter().rev(), before.iter().rev())),
            _ => continue,
        };
        if let Some(mark) = mark {
            found(mark, &word);
        }
    }
}

/// Every mark in a frame. The sums of a digest are read as the bytes that they are: in the letters of base64, big and small
/// alike, chance has spelt a word. What has not a digest's length is read as it stands.
pub fn scan_frame(frame: &Frame, mut found: impl FnMut(Mark, &str)) {
    let mut frame = frame.clone();
    if let Frame::Checkpoint { digests, .. } = &mut frame {
        for digest in digests {
            let sums = STANDARD.decode(&digest.buckets).unwrap_or_default();
            if [SUM_BYTES, SUM_BYTES * BUCKETS].contains(&sums.len()) {
                scan(&sums, &mut found);
                digest.buckets.clear();
            }
        }
    }
    scan(&serde_json::to_vec(&frame).unwrap_or_default(), found);
}

/// The first letters of a word, the letter that follows and its digits.
fn whole<'a>(head: impl Iterator<Item = &'a u8>, rest: impl Iterator<Item = &'a u8>) -> String {
    let mut word: String = head.map(|b| char::from(b.to_ascii_lowercase())).collect();
    for (nth, byte) in rest.enumerate() {
        if !(byte.is_ascii_digit() || nth == 0 && byte.is_ascii_alphabetic()) {
            break;
        }
        word.push(char::from(byte.to_ascii_lowercase()));
    }
    word
}

/// The words in some bytes.
#[must_use]
pub fn words(bytes: &[u8]) -> BTreeSet<String> {
    let mut all = BTreeSet::new();
    scan(bytes, |_, word| {
        all.insert(word.to_owned());
    });
    all
}

#[cfg(test)]
mod tests {
    use wattle_protocol::digest::TableDigest;
    use wattle_protocol::session::Cursors;

    use super::*;

    #[test]
    fn a_word_is_found_as_written_folded_and_turned_round() {
        let text = word(2, FeedClass::Front, "d17");
        assert_eq!(text, "Kqxzwvifd17z");
        let small = text.to_lowercase();
        let turned: String = small.chars().rev().collect();
        for text in [text.clone(), small.clone(), format!("xx{turned}yy"), format!("..{text}9@example.org")] {
            let mut found = Vec::new();
            scan(text.as_bytes(), |mark, word| found.push((mark, word.to_owned())));
            assert_eq!(found, [((2, FeedClass::Front), "kqxzwvifd17".to_owned())], "{text}");
        }
        // As a table of words has them: the word, and at once the same turned round.
        assert_eq!(words(format!("{small}{turned}").as_bytes()).len(), 1);
        assert!(words(b"kqx kqxzwvz9 vwzxqk").is_empty());
    }

    #[test]
    fn sums_spell_no_word_by_chance_and_hide_none() {
        let found = |buckets: String| {
            let digest = TableDigest {
                feed: FeedClass::Admin,
                table: "workstation".to_owned(),
                content_of: None,
                buckets,
            };
            let frame = Frame::Checkpoint {
                cursors: Cursors::new(),
                answers: Vec::new(),
                complete: true,
                digests: vec![digest],
            };
            let mut found = Vec::new();
            scan_frame(&frame, |_, word| found.push(word.to_owned()));
            found
        };
        let text = word(1, FeedClass::Admin, "d7");
        // As a seed had it: eight letters of the base64, turned round.
        assert!(found("gW8ZUN/nZEUDaHvwZxqKmJAAAAAAAAAA".to_owned()).is_empty());
        assert_eq!(found(STANDARD.encode(format!("{text:.^24}"))), ["kqxzwvhad7"]);
        // What is no base64, or of no digest's length, is read as it stands.
        for plain in [format!("{text}!"), format!("{text}A")] {
            assert_eq!(found(plain), ["kqxzwvhad7"]);
        }
    }
}
