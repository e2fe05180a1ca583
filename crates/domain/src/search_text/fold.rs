//! Lower case without accents, and the words of a name.

/// Letters that fold to the same one, for the Latin scripts of Europe and Viet Nam.
const FOLDS: [(&str, &str); 26] = [
    ("a", "àáâãäåāăąǎǟǡǻȁȃȧḁạảấầẩẫậắằẳẵặ"),
    ("ae", "æǽ"),
    ("b", "ḃḅḇ"),
    ("c", "çćĉċčḉ"),
    ("d", "ďđḋḍḏḑḓð"),
    ("e", "èéêëēĕėęěȅȇȩḕḗḙḛḝẹẻẽếềểễệ"),
    ("f", "ḟ"),
    ("g", "ĝğġģǥǧǵḡ"),
    ("h", "ĥħȟḣḥḧḩḫẖ"),
    ("i", "ìíîïĩīĭįıǐȉȋḭḯỉị"),
    ("j", "ĵǰ"),
    ("k", "ķĸǩḱḳḵ"),
    ("l", "ĺļľŀłḷḹḻḽ"),
    ("m", "ḿṁṃ"),
    ("n", "ñńņňŉŋǹṅṇṉṋ"),
    ("o", "òóôõöøōŏőơǒǫǭǿȍȏȫȭȯȱṍṏṑṓọỏốồổỗộớờởỡợ"),
    ("oe", "œ"),
    ("p", "ṕṗ"),
    ("r", "ŕŗřȑȓṙṛṝṟ"),
    ("s", "śŝşšșṡṣṥṧṩſ"),
    ("ss", "ß"),
    ("t", "ţťŧțṫṭṯṱẗ"),
    ("th", "þ"),
    ("u", "ùúûüũūŭůűųưǔǖǘǚǜȕȗṳṵṷṹṻụủứừửữự"),
    ("y", "ýÿŷȳẏẙỳỵỷỹ"),
    ("z", "źżžẑẓẕ"),
];

/// One character, lower case and without its accent; nothing for a combining accent.
fn fold_into(folded: &mut String, c: char) {
    if c.is_ascii() {
        folded.push(c.to_ascii_lowercase());
        return;
    }
    if ('\u{300}'..='\u{36f}').contains(&c) {
        return;
    }
    for lower in c.to_lowercase().filter(|l| !('\u{300}'..='\u{36f}').contains(l)) {
        match FOLDS.iter().find(|(_, letters)| letters.contains(lower)) {
            Some((plain, _)) => folded.push_str(plain),
            None => folded.push(lower),
        }
    }
}

/// Lower case without accents; everything that is no letter or digit stays.
#[must_use]
pub fn fold(text: &str) -> String {
    let mut folded = String::with_capacity(text.len());
    text.chars().for_each(|c| fold_into(&mut folded, c));
    folded
}

/// Only letters and digits, folded: `O'Brien-Smith` is `obriensmith`. Two texts with one key are written alike.
#[must_use]
pub fn key(text: &str) -> String {
    fold(text).chars().filter(|c| c.is_alphanumeric()).collect()
}

/// The words that a name is found by, each once: its parts (`brien`, `smith`), parts across an apostrophe (`obrien`) and
/// the whole in one (`obriensmith`), so that it does not matter how somebody writes it.
#[must_use]
pub fn name_words(name: &str) -> Vec<String> {
    let folded = fold(name);
    let mut words: Vec<String> = Vec::new();
    let mut add = |word: String| {
        if !word.is_empty() && !words.contains(&word) {
            words.push(word);
        }
    };
    for written in folded.split(|c: char| !c.is_alphanumeric() && !apostrophe(c)) {
        add(written.chars().filter(|c| c.is_alphanumeric()).collect());
        written.split(apostrophe).for_each(|part| add(part.to_owned()));
    }
    add(key(name));
    // One letter before an apostrophe (O', D') is found through the word it belongs to.
    words.retain(|w| w.chars().count() > 1 || folded.chars().filter(|c| c.is_alphanumeric()).count() == 1);
    words
}

/// Signs that people put for an apostrophe.
pub(super) fn apostrophe(c: char) -> bool {
    matches!(c, '\'' | '\u{2019}' | '\u{2018}' | '`' | '\u{b4}' | '\u{2bc}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn accents_go_and_letters_stay() {
        assert_eq!(fold("Zoë Łukasiewicz-Nguyễn"), "zoe lukasiewicz-nguyen");
        assert_eq!(fold("Zoe\u{308}"), "zoe", "combining accents too");
        assert_eq!(fold("Þórr Straße Æ"), "thorr strasse ae");
        assert_eq!(fold("李"), "李");
    }

    #[test]
    fn a_name_is_found_however_it_is_written() {
        let words = name_words("O'Brien-Smith");
        for word in ["obrien", "brien", "smith", "obriensmith"] {
            assert!(words.contains(&word.to_owned()), "{word} in {words:?}");
        }
        assert!(name_words("van den Berg").contains(&"vandenberg".to_owned()));
        assert_eq!(name_words("O\u{2019}Neil"), name_words("O'Neil"), "typographic apostrophes");
        assert_eq!(name_words("X"), ["x"], "a name of one letter is a name");
        assert_eq!(name_words(" - "), Vec::<String>::new());
    }
}
