//! Tables by schema and name, and where a query speaks of them.

use std::fmt;
use std::ops::Range;

/// What models read.
const SCHEMAS: [&str; 3] = ["clinic", "staging", READ_MODEL];
/// What they make.
pub(crate) const READ_MODEL: &str = "read_model";

/// A table or view.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Relation {
    /// `clinic`, `staging` or `read_model`.
    pub schema: String,
    /// Its name there.
    pub name: String,
}

impl fmt::Display for Relation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}", self.schema, self.name)
    }
}

impl Relation {
    /// `clinic.patient`; `None` for what models do not read.
    #[must_use]
    pub fn read(text: &str) -> Option<Self> {
        let (schema, name) = text.split_once('.')?;
        (SCHEMAS.contains(&schema) && is_name(name))
            .then(|| Self { schema: schema.into(), name: name.into() })
    }

    /// Whether another model makes it.
    #[must_use]
    pub fn is_model(&self) -> bool {
        self.schema == READ_MODEL
    }
}

/// A name that needs no quotes.
pub(crate) fn is_name(text: &str) -> bool {
    let mut letters = text.chars();
    letters.next().is_some_and(|c| c.is_ascii_lowercase() || c == '_')
        && letters.all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_')
}

/// Where a query names relations of these schemas: not in its comments and texts, and no functions.
pub(crate) fn mentioned(sql: &str) -> Vec<(Range<usize>, Relation)> {
    let mut found = Vec::new();
    let mut rest = 0;
    let of_word = |c: char| c.is_alphanumeric() || c == '_' || c == '.';
    while let Some(text) = sql.get(rest..).filter(|text| !text.is_empty()) {
        let step = if text.starts_with("--") {
            text.find('\n').unwrap_or(text.len())
        } else if let Some(inside) = text.strip_prefix('\'') {
            inside.find('\'').map_or(text.len(), |end| end + 2)
        } else {
            let word = text.find(|c| !of_word(c)).unwrap_or(text.len());
            let (name, after) = text.split_at(word);
            if let Some(relation) = Relation::read(name).filter(|_| !after.starts_with('(')) {
                found.push((rest..rest + word, relation));
            }
            word
        };
        // Whatever is neither is one letter long.
        rest += step.max(text.chars().next().map_or(1, char::len_utf8));
    }
    found
}

/// A query with its relations under other names.
pub(crate) fn renamed(sql: &str, name: impl Fn(&Relation) -> String) -> String {
    let mut out = String::with_capacity(sql.len());
    let mut done = 0;
    for (place, relation) in mentioned(sql) {
        out.push_str(sql.get(done..place.start).unwrap_or_default());
        out.push_str(&name(&relation));
        done = place.end;
    }
    out.push_str(sql.get(done..).unwrap_or_default());
    out
}
