//! Short words that become longer ones while a note is typed: `.soap`, a blank, and the four headings are there.

/// What is typed, and what it becomes.
pub(crate) const SHORTCUTS: [(&str, &str); 16] = [
    (".soap", "# Subjective\n\n# Objective\n\n# Assessment\n\n# Plan\n"),
    (".hx", "# History\n"),
    (".ex", "# Examination\n"),
    (".imp", "# Impression\n"),
    (".pl", "# Plan\n- "),
    (".nad", "no abnormality detected"),
    (".sob", "shortness of breath"),
    (".cp", "chest pain"),
    (".oe", "On examination: "),
    (".wnl", "within normal limits"),
    (".fu", "Follow up in "),
    (".sn", "Safety net given: return or call if it gets worse or does not settle."),
    (".consent", "Explained, questions answered, verbal consent given."),
    (".bd", "twice a day"),
    (".tds", "three times a day"),
    (".prn", "when needed"),
];

/// The text and the place of the cursor (in characters as JavaScript counts them, UTF-16) after a blank or a new line was
/// typed behind a shortcut; `None` when there is none before the cursor.
pub(crate) fn expand(text: &str, cursor: usize) -> Option<(String, usize)> {
    let at = byte_at(text, cursor)?;
    let (before, after) = text.split_at_checked(at)?;
    let last = before.chars().next_back().filter(|c| matches!(c, ' ' | '\n'))?;
    let word_ends = before.len().checked_sub(1)?;
    let typed = before.get(..word_ends)?;
    let begins = typed.rfind(char::is_whitespace).map_or(0, |i| i + 1);
    let word = typed.get(begins..)?;
    let (_, long) = SHORTCUTS.iter().find(|(short, _)| *short == word)?;
    let head = typed.get(..begins)?;
    // A text that ends with a blank or a line of its own needs no second one.
    let closed = long.ends_with(['\n', ' ']);
    let gap = if closed { String::new() } else { last.to_string() };
    let mut whole = format!("{head}{long}{gap}");
    // After headings one writes under the first.
    let cursor = match long.find("\n\n") {
        Some(line) => head.encode_utf16().count() + line + 1,
        None => whole.encode_utf16().count(),
    };
    whole.push_str(after);
    Some((whole, cursor))
}

fn byte_at(text: &str, utf16: usize) -> Option<usize> {
    let mut units = 0;
    for (at, c) in text.char_indices() {
        if units == utf16 {
            return Some(at);
        }
        units += c.len_utf16();
    }
    (units == utf16).then_some(text.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_blank_behind_a_short_word_makes_it_long() {
        let rows = [
            (".nad ", 5, Some(("no abnormality detected ", 24))),
            ("Chest: .nad\nmore", 12, Some(("Chest: no abnormality detected\nmore", 31))),
            ("é😀 .bd ", 8, Some(("é😀 twice a day ", 16))),
            (".soap ", 6, Some(("# Subjective\n\n# Objective\n\n# Assessment\n\n# Plan\n", 13))),
            ("x.nad ", 6, None),
            (".nad", 4, None),
            (".nad  ", 6, None),
            ("", 0, None),
            (".nad ", 99, None),
        ];
        for (text, cursor, want) in rows {
            let want = want.map(|(text, at): (&str, usize)| (text.to_owned(), at));
            assert_eq!(expand(text, cursor), want, "{text:?}");
        }
    }

    #[test]
    fn short_words_are_known_once_and_begin_with_a_dot() {
        let mut short: Vec<_> = SHORTCUTS.iter().map(|(s, _)| *s).collect();
        assert!(short.iter().all(|s| s.starts_with('.')));
        short.sort_unstable();
        short.dedup();
        assert_eq!(short.len(), SHORTCUTS.len());
    }
}
