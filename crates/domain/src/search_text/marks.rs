//! Which parts of a shown text to mark.

use std::ops::Range;

use crate::search_text::fold::fold;

/// Byte ranges of `text` that begin a word with one of the matched (folded) words, or are digits of a matched number, in
/// order and apart.
#[must_use]
pub fn marks(text: &str, matched: &[String]) -> Vec<Range<usize>> {
    let mut marks: Vec<Range<usize>> = Vec::new();
    let mut word_start = true;
    for (at, c) in text.char_indices() {
        let begins = word_start && c.is_alphanumeric();
        word_start = !c.is_alphanumeric();
        if !begins || marks.last().is_some_and(|last| at < last.end) {
            continue;
        }
        let tail = text.get(at..).unwrap_or_default();
        let longest = matched.iter().filter_map(|word| covered(tail, word)).max();
        if let Some(length) = longest {
            marks.push(at..at + length);
        }
    }
    marks
}

/// How many bytes of `tail` are the folded `word`, when it begins with it; blanks between digits do not count.
fn covered(tail: &str, word: &str) -> Option<usize> {
    let numeric = word.chars().all(|c| c.is_ascii_digit());
    let mut rest = word;
    if rest.is_empty() {
        return None;
    }
    for (at, c) in tail.char_indices() {
        let folded = fold(c.encode_utf8(&mut [0; 4]));
        if let Some(after) = rest.strip_prefix(folded.as_str()) {
            rest = after;
            if rest.is_empty() {
                return Some(at + c.len_utf8());
            }
        } else if c.is_alphanumeric() || !(numeric && " ()-".contains(c) || "'\u{2019}".contains(c)) {
            return None;
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    fn marked(text: &str, words: &[&str]) -> Vec<String> {
        let words: Vec<String> = words.iter().map(|w| (*w).to_owned()).collect();
        marks(text, &words).into_iter().filter_map(|r| text.get(r)).map(str::to_owned).collect()
    }

    #[test]
    fn the_beginnings_of_words() {
        assert_eq!(marked("COSTA María", &["mar", "cos"]), ["COS", "Mar"]);
        assert_eq!(marked("COSTA María", &["maria"]), ["María"], "accents are marked too");
        assert_eq!(marked("O'BRIEN Ann", &["obri"]), ["O'BRI"]);
        assert_eq!(marked("COSTA Maria", &["osta"]), Vec::<String>::new());
    }

    #[test]
    fn digits_across_blanks() {
        assert_eq!(marked("0412 345 678", &["041234"]), ["0412 34"]);
        assert_eq!(marked("(02) 9123 4567", &["0291"]), ["02) 91"]);
    }
}
