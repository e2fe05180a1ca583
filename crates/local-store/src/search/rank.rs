//! How well a patient's words fit what was typed.

use wattle_domain::search_text::{Term, TermKind};

/// The words of a patient as they are stored: family names, given names, others.
pub(super) struct Words<'a> {
    pub family: Vec<&'a str>,
    pub given: Vec<&'a str>,
    pub other: Vec<&'a str>,
}

impl<'a> Words<'a> {
    pub(super) fn new(names: &'a str, other: &'a str) -> Self {
        let (family, given) = names.split_once('|').unwrap_or((names, ""));
        let split = |text: &'a str| text.split(' ').filter(|w| !w.is_empty()).collect();
        Self { family: split(family), given: split(given), other: split(other) }
    }

    /// How far a term is from fitting: 0 is the family name itself. With the beginning that fitted.
    fn fit<'t>(&self, term: &'t Term) -> Option<(u32, &'t str)> {
        // A word is a name before it is a suburb; a number is no name.
        let places: [(&[&str], u32); 3] = [(&self.family, 0), (&self.given, 1), (&self.other, 2)];
        let from = if term.kind == TermKind::Number { 2 } else { 0 };
        let fits = places.iter().skip(from).flat_map(|(words, place)| {
            term.any.iter().filter_map(move |typed| {
                let whole = words.contains(&typed.as_str());
                let begins = whole || words.iter().any(|w| w.starts_with(typed.as_str()));
                let worse = if whole { 0 } else { 3 };
                begins.then_some((place + worse, typed.as_str()))
            })
        });
        fits.min_by_key(|(far, _)| *far)
    }

    /// The sum over all terms, and what fitted of each; terms that fit nothing (found by sound) count much.
    pub(super) fn score(&self, terms: &[Term]) -> (u32, Vec<String>) {
        let mut matched = Vec::new();
        let mut sum = 0;
        for term in terms {
            match self.fit(term) {
                Some((far, word)) => {
                    sum += far;
                    matched.push(word.to_owned());
                }
                None => sum += 10,
            }
        }
        (sum, matched)
    }
}
