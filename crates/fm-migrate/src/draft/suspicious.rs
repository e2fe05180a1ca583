//! Columns that deserve a look, by what the schema says of them.

use serde::Serialize;

use super::fields::fold;
use crate::wire::metadata::Field;

/// What is odd about a column.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Doubt {
    /// A name of a date, a field of text: whatever people typed.
    DateAsText,
    /// A number that is a name: leading zeros are gone, or will go.
    IdentifierAsNumber,
    /// A name of an amount, a field of text.
    AmountAsText,
    /// A time that may be a duration: over 24 hours and below nothing.
    TimeAsDuration,
    /// Several values in one field.
    Repeating,
    /// Files: they move on a way of their own.
    Container,
    /// Encrypted outside of the file: only FileMaker can give the bytes.
    SecureExternal,
    /// A name that says that nobody uses it any more.
    Abandoned,
    /// A field whose name OData needs in quotes, or that ends in blanks.
    OddName,
}

impl Doubt {
    /// What to look at.
    #[must_use]
    pub fn words(self) -> &'static str {
        match self {
            Self::DateAsText => "a date typed as text: list every form in [dates]",
            Self::IdentifierAsNumber => "an identifier kept as a number: leading zeros may be lost already",
            Self::AmountAsText => "an amount typed as text: look for words in it",
            Self::TimeAsDuration => "a time that may be a duration: over 24 hours or negative",
            Self::Repeating => "repetitions: name each one you need as Field(2)",
            Self::Container => "files: bring them with containers, not with records",
            Self::SecureExternal => "files kept encrypted outside: only FileMaker Server can give them",
            Self::Abandoned => "its name says that nobody uses it: ask before you map it",
            Self::OddName => "an odd name: copy it exactly",
        }
    }
}

/// Everything that is odd about a field that somebody might map. Summaries and globals are not: nobody moves them.
#[must_use]
pub fn doubts(field: &Field) -> Vec<Doubt> {
    if field.summary || field.global {
        return Vec::new();
    }
    let name = fold(&field.name);
    let words: Vec<String> = field
        .name
        .split(|c: char| !c.is_alphanumeric())
        .map(str::to_lowercase)
        .filter(|w| !w.is_empty())
        .collect();
    let has = |list: &[&str]| words.iter().any(|w| list.contains(&w.as_str()));
    let ends = |list: &[&str]| list.iter().any(|end| name.ends_with(end));
    let mut doubts = Vec::new();
    let mut say = |yes: bool, doubt: Doubt| {
        if yes {
            doubts.push(doubt);
        }
    };
    let stored = !field.calculation;
    let dated = (has(&["date", "dob", "birthday", "expiry", "expires", "due"])
        || ends(&["date", "dob", "expiry"]))
        && !has(&["by", "name", "format", "text"]);
    say(field.kind == "TEXT" && stored && dated, Doubt::DateAsText);
    let identifier =
        has(&["phone", "mobile", "fax", "postcode", "zip", "medicare", "ihi", "dva", "abn", "acn", "cell"])
            || ends(&["postcode", "phone", "medicareno", "zip"]);
    say(field.kind == "NUMBER" && stored && identifier, Doubt::IdentifierAsNumber);
    let amount = has(&[
        "amount", "price", "fee", "cost", "total", "balance", "qty", "quantity", "rate", "paid", "tax",
    ]);
    let label =
        has(&["name", "type", "code", "note", "notes", "description", "label", "status", "by", "id", "list"]);
    say(field.kind == "TEXT" && stored && amount && !label, Doubt::AmountAsText);
    let long = has(&["duration", "hours", "elapsed", "length", "total", "worked", "labor", "travel"]);
    say(field.kind == "TIME" && long, Doubt::TimeAsDuration);
    say(field.max_repeat > 1, Doubt::Repeating);
    say(field.kind == "CONTAINER", Doubt::Container);
    say(field.kind == "CONTAINER" && field.external, Doubt::SecureExternal);
    say(
        has(&["old", "zz", "unused", "delete", "deleteme", "temp", "copy", "test", "xxx", "bak", "obsolete"]),
        Doubt::Abandoned,
    );
    let odd = |c: char| !(c.is_alphanumeric() || c == '_' || c == ' ');
    say(
        field.name.contains(odd) || field.name.trim() != field.name || field.name.contains("  "),
        Doubt::OddName,
    );
    doubts
}
