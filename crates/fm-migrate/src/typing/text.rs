//! Text: blanks around it, returns inside it, keys.

use std::borrow::Cow;

/// Without blanks around it (also no-break ones), returns as `\n`; `None` when nothing is left.
#[must_use]
pub fn clean(text: &str) -> Option<String> {
    let text = printable(text);
    let text = text.trim_matches(blank);
    if text.is_empty() {
        return None;
    }
    if !text.contains(['\r', '\u{0B}', '\u{1D}']) {
        return Some(text.to_owned());
    }
    let text = text.replace("\r\n", "\n");
    Some(text.replace(['\r', '\u{0B}', '\u{1D}'], "\n"))
}

/// Without the control characters that old files are full of and that mean nothing: what an XML export cannot carry.
#[must_use]
pub fn printable(text: &str) -> Cow<'_, str> {
    let odd = |c: char| matches!(c, '\0'..='\u{08}' | '\u{0C}' | '\u{0E}'..='\u{1C}' | '\u{1E}' | '\u{1F}' | '\u{FFFE}' | '\u{FFFF}');
    if text.contains(odd) { Cow::Owned(text.replace(odd, "")) } else { Cow::Borrowed(text) }
}

/// The lines of a return-delimited list: trimmed, empties dropped, order kept.
pub fn lines(text: &str) -> impl Iterator<Item = &str> {
    text.split(['\r', '\n', '\u{0B}']).map(|line| line.trim_matches(blank)).filter(|line| !line.is_empty())
}

/// A key as FileMaker compares it, near enough: no outer blanks, no case, plain quotes.
#[must_use]
pub fn fold(key: &str) -> String {
    let key = key.trim_matches(blank);
    if key.is_ascii() {
        return key.to_ascii_lowercase();
    }
    let plain = |c: char| match c {
        '\u{2018}' | '\u{2019}' => '\'',
        '\u{201C}' | '\u{201D}' => '"',
        '\u{A0}' => ' ',
        c => c,
    };
    key.chars().map(plain).flat_map(char::to_lowercase).collect()
}

fn blank(c: char) -> bool {
    c.is_whitespace() || c == '\0' || c == '\u{FEFF}'
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_keeps_what_is_inside_and_loses_what_is_around() {
        assert_eq!(clean(" Mum\u{2019}s  house\u{A0}").as_deref(), Some("Mum\u{2019}s  house"));
        assert_eq!(clean("one\u{0B}two\r\nthree\rfour").as_deref(), Some("one\ntwo\nthree\nfour"));
        assert_eq!(clean(" \u{A0}\u{0B}"), None);
        assert_eq!(clean("\u{02}a\u{02} b \u{08}").as_deref(), Some("a b"), "as an XML export would have it");
    }

    #[test]
    fn lists_keep_their_order_without_gaps() {
        assert_eq!(lines("b\u{0B}\r a \r\rc").collect::<Vec<_>>(), ["b", "a", "c"]);
    }

    #[test]
    fn keys_fold_case_blanks_and_quotes() {
        assert_eq!(fold("LEE\u{A0}"), fold(" lee"));
        assert_eq!(fold("O\u{2019}B"), fold("o'b"));
        assert_ne!(fold("000123"), fold("123"), "leading zeros mean something");
    }
}
