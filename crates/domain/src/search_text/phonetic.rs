//! How a name sounds, roughly: the consonants of English spelling, written in one way.

/// The sound of a folded word; empty when it has no letter of the Latin alphabet.
///
/// Made for names as they are heard at a counter: Smith and Smyth, Catherine and Kathryn, Stephen and Steven, Thompson and
/// Thomson, Leigh and Lee sound alike.
#[must_use]
pub fn phonetic(word: &str) -> String {
    let letters: Vec<char> = word.chars().filter(char::is_ascii_lowercase).collect();
    let mut rest = letters.as_slice();
    let mut sound = String::new();
    // Silent beginnings.
    if let ['k', 'n', ..] | ['g', 'n', ..] | ['w', 'r', ..] | ['p', 's', ..] | ['p', 'n', ..] = rest {
        rest = rest.get(1..).unwrap_or_default();
    }
    let mut first = true;
    while let Some((&letter, after)) = rest.split_first() {
        let (heard, used) = heard(letter, after, first);
        if let Some(heard) = heard
            && !sound.ends_with(heard)
        {
            sound.push(heard);
        }
        first = false;
        rest = rest.get(used..).unwrap_or_default();
    }
    sound
}

/// What is heard of the next letters, and how many they are.
fn heard(letter: char, after: &[char], first: bool) -> (Option<char>, usize) {
    let next = after.first().copied();
    let soft = matches!(next, Some('e' | 'i' | 'y'));
    match (letter, after) {
        ('a' | 'e' | 'i' | 'o' | 'u' | 'y', _) if first => (Some('a'), 1),
        ('a' | 'e' | 'i' | 'o' | 'u' | 'y', _) => (None, 1),
        ('p', ['h', ..]) => (Some('f'), 2),
        ('g', ['h', ..]) => (first.then_some('g'), 2),
        ('s', ['c', 'h', ..]) => (Some('x'), 3),
        ('s', ['h', ..]) | ('c', ['h', ..]) if !matches!(after, ['h', 'r', ..]) => (Some('x'), 2),
        ('c', ['h', ..]) => (Some('k'), 2),
        ('t', ['h', ..]) => (Some('t'), 2),
        ('t', ['c', 'h', ..]) => (Some('x'), 3),
        ('d', ['g', ..]) => (Some('j'), 2),
        ('m', ['p', 's', ..]) => (Some('m'), 2),
        ('c', ['k', ..]) => (Some('k'), 2),
        ('c', _) => (Some(if soft { 's' } else { 'k' }), 1),
        ('q', _) => (Some('k'), 1),
        ('x', _) => (Some(if first { 's' } else { 'k' }), 1),
        ('z', _) => (Some('s'), 1),
        ('v', _) => (Some('f'), 1),
        ('g', _) => (Some(if soft && first { 'j' } else { 'g' }), 1),
        ('h' | 'w', _) => (first.then_some(letter), 1),
        (other, _) => (Some(other), 1),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_that_sound_alike() {
        for (a, b) in [
            ("smith", "smyth"),
            ("catherine", "kathryn"),
            ("stephen", "steven"),
            ("thompson", "thomson"),
            ("leigh", "lee"),
            ("jon", "john"),
            ("philip", "filip"),
            ("macdonald", "mcdonald"),
            ("knight", "nite"),
            ("phillips", "philips"),
            ("schmidt", "shmidt"),
        ] {
            assert_eq!(phonetic(a), phonetic(b), "{a} {b}");
        }
    }

    #[test]
    fn names_that_do_not() {
        for (a, b) in [("smith", "smart"), ("lee", "low2r"), ("anna", "hanna"), ("costa", "castle")] {
            assert_ne!(phonetic(a), phonetic(b), "{a} {b}");
        }
        assert_eq!(phonetic("123"), "");
        assert_eq!(phonetic("李"), "");
    }
}
