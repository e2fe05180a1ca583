//! What somebody typed into the search.

use crate::search_text::fold::{apostrophe, fold, key};
use crate::search_text::numbers::{IHI_PREFIX, IHI_WORD};

/// What a term is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TermKind {
    /// Part of a name or suburb.
    Word,
    /// Digits of a phone, date, record number or identifier.
    Number,
}

/// One thing to look for; a patient fits when every term does.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Term {
    /// What it is.
    pub kind: TermKind,
    /// Beginnings of words, any of which will do; the first is what was typed.
    pub any: Vec<String>,
}

impl Term {
    fn new(kind: TermKind, any: impl IntoIterator<Item = String>) -> Option<Self> {
        let mut unique: Vec<String> = Vec::new();
        for word in any {
            if !word.is_empty() && !unique.contains(&word) {
                unique.push(word);
            }
        }
        (!unique.is_empty()).then_some(Self { kind, any: unique })
    }
}

/// Longest query looked at, terms; people type three.
const MOST_TERMS: usize = 8;

/// The terms of a query. Groups of digits that stand together are one number (`0412 345 678`).
#[must_use]
pub fn terms(query: &str) -> Vec<Term> {
    let mut terms = Vec::new();
    let mut digits = String::new();
    let end_number = |digits: &mut String, terms: &mut Vec<Term>| {
        if !digits.is_empty() {
            terms.extend(Term::new(TermKind::Number, number(digits)));
            digits.clear();
        }
    };
    for written in query.split_whitespace() {
        if let Some(date) = date(written) {
            end_number(&mut digits, &mut terms);
            terms.extend(Term::new(TermKind::Number, date));
        } else if is_number(written) {
            digits.extend(written.chars().filter(char::is_ascii_digit));
        } else {
            end_number(&mut digits, &mut terms);
            let folded = fold(written);
            for part in folded.split(|c: char| !c.is_alphanumeric() && !apostrophe(c)) {
                terms.extend(Term::new(TermKind::Word, [key(part)]));
            }
        }
    }
    end_number(&mut digits, &mut terms);
    terms.truncate(MOST_TERMS);
    terms
}

fn is_number(written: &str) -> bool {
    written.chars().any(|c| c.is_ascii_digit())
        && written.chars().all(|c| c.is_ascii_digit() || "()+-.".contains(c))
}

/// Digits as typed, and what else they may mean.
fn number(digits: &str) -> Vec<String> {
    // Every IHI begins alike: what was typed of the rest is looked for, or just "has an IHI".
    if let Some(rest) = digits.strip_prefix(IHI_PREFIX).filter(|rest| !rest.is_empty()) {
        return vec![rest.to_owned()];
    }
    if digits.len() > 4 && IHI_PREFIX.starts_with(digits) {
        return vec![IHI_WORD.to_owned()];
    }
    let mut any = vec![digits.to_owned()];
    if let Some(rest) = digits.strip_prefix("61").filter(|rest| rest.len() >= 2) {
        any.push(format!("0{rest}"));
    }
    if let (6, Some(day_month), Some(year)) = (digits.len(), digits.get(..4), digits.get(4..)) {
        any.extend(["19", "20"].map(|century| format!("{day_month}{century}{year}")));
    }
    any
}

/// A birth date or the beginning of one: `1/2`, `1/2/63`, `1.2.1963`, `1963-02`, `1963-02-01`.
fn date(written: &str) -> Option<Vec<String>> {
    let separator = written.chars().find(|c| matches!(c, '/' | '-' | '.'))?;
    let parts: Vec<&str> = written.split(separator).collect();
    let plain = |part: &&str| part.chars().all(|c| c.is_ascii_digit());
    if !parts.iter().all(plain) || parts.first().is_none_or(|first| first.is_empty()) {
        return None;
    }
    let two = |part: &str| format!("{part:0>2}");
    match parts.as_slice() {
        [year, rest @ ..] if year.len() == 4 => match rest {
            [""] => Some(vec![(*year).to_owned()]),
            [month] | [month, ""] if month.len() <= 2 => Some(vec![format!("{year}{}", two(month))]),
            [month, day] if month.len() <= 2 && day.len() <= 2 => {
                Some(vec![format!("{year}{}{}", two(month), two(day))])
            }
            _ => None,
        },
        [day, month, rest @ ..] if day.len() <= 2 && month.len() <= 2 => {
            // Only the day, so far.
            if month.is_empty() {
                return rest.is_empty().then(|| vec![two(day)]);
            }
            let day_month = format!("{}{}", two(day), two(month));
            match rest {
                [] | [""] => Some(vec![day_month]),
                [year] if year.len() == 1 => Some(vec![day_month]),
                [year] if year.len() == 2 => Some(vec![
                    format!("{day_month}{year}"),
                    format!("{day_month}19{year}"),
                    format!("{day_month}20{year}"),
                ]),
                [year] if year.len() <= 4 => Some(vec![format!("{day_month}{year}")]),
                _ => None,
            }
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn any(query: &str) -> Vec<Vec<String>> {
        terms(query).into_iter().map(|t| t.any).collect()
    }

    #[test]
    fn names_in_any_writing() {
        assert_eq!(any("  O'Brien,  MARÍA "), [["obrien"], ["maria"]]);
        assert_eq!(any("smith-jones"), [["smith"], ["jones"]]);
        assert_eq!(any("'- "), Vec::<Vec<String>>::new());
    }

    #[test]
    fn phones_with_and_without_blanks() {
        for typed in ["0412 345 678", "0412345678", "(0412) 345-678"] {
            assert_eq!(any(typed), [["0412345678"]], "{typed}");
        }
        assert_eq!(any("+61 412")[0], ["61412", "0412"]);
    }

    #[test]
    fn birth_dates_in_the_forms_people_type() {
        let wanted = "01021963".to_owned();
        for typed in ["1/2/63", "01/02/63", "010263", "1.2.63"] {
            assert!(any(typed)[0].contains(&wanted), "{typed}");
        }
        assert_eq!(any("1/2/1963"), [["01021963"]]);
        assert_eq!(any("1963-02-01"), [["19630201"]]);
        assert_eq!(any("1963-2"), [["196302"]]);
        assert_eq!(any("1/2"), [["0102"]]);
        assert_eq!(any("1/2/1"), [["0102"]], "a year that has only begun does not hide anybody");
    }

    #[test]
    fn an_ihi_is_looked_for_by_what_is_its_own() {
        assert_eq!(any("8003 6088"), [["88"]]);
        assert_eq!(any("80036"), [["8003"]]);
    }

    #[test]
    fn a_name_and_a_number() {
        assert_eq!(any("lee 0412"), [["lee"], ["0412"]]);
        assert_eq!(any("NBUR9080"), [["nbur9080"]]);
    }
}
