//! What a scraper reads: every line understood, or the test fails.

use std::collections::BTreeMap;

#[derive(Debug)]
struct Line {
    name: String,
    labels: BTreeMap<String, String>,
    value: f64,
}

#[derive(Debug)]
pub struct Figures {
    lines: Vec<Line>,
    pub text: String,
}

impl Figures {
    pub fn read(text: &str) -> Self {
        let mut kinds = BTreeMap::new();
        let mut lines = Vec::new();
        for line in text.lines().filter(|l| !l.is_empty()) {
            if let Some(rest) = line.strip_prefix("# TYPE ") {
                let (name, kind) = rest.split_once(' ').unwrap();
                assert!(["counter", "gauge", "histogram"].contains(&kind), "{line}");
                kinds.insert(name.to_owned(), kind.to_owned());
            } else if let Some(rest) = line.strip_prefix("# HELP ") {
                assert!(rest.split_once(' ').is_some_and(|(_, help)| help.len() > 10), "{line}");
            } else {
                let found = sample(line);
                let base = ["_bucket", "_sum", "_count"]
                    .iter()
                    .find_map(|end| found.name.strip_suffix(end).filter(|n| kinds.contains_key(*n)))
                    .unwrap_or(&found.name);
                assert!(kinds.contains_key(base), "no type for {line}");
                lines.push(found);
            }
        }
        Self { lines, text: text.to_owned() }
    }

    /// The one value with these labels among its own; 0 when it is not there.
    pub fn value(&self, name: &str, labels: &[(&str, &str)]) -> f64 {
        let is = |line: &&Line| {
            line.name == name
                && labels.iter().all(|(key, value)| line.labels.get(*key).is_some_and(|v| v == value))
        };
        let found: Vec<f64> = self.lines.iter().filter(is).map(|l| l.value).collect();
        assert!(found.len() <= 1, "{name} {labels:?}: {found:?}");
        found.first().copied().unwrap_or_default()
    }
}

/// `name{label="value",…} 1.5`
fn sample(line: &str) -> Line {
    let (what, value) = line.rsplit_once(' ').unwrap_or_else(|| panic!("{line}"));
    let value = value.parse().unwrap_or_else(|e| panic!("{e}: {line}"));
    let (name, labels) = match what.split_once('{') {
        None => (what, ""),
        Some((name, labels)) => (name, labels.strip_suffix('}').unwrap_or_else(|| panic!("{line}"))),
    };
    assert!(
        name.starts_with("wattle_") && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_'),
        "{line}"
    );
    let label = |text: &str| {
        let (key, value) = text.split_once('=').unwrap_or_else(|| panic!("{line}"));
        let value =
            value.strip_prefix('"').and_then(|v| v.strip_suffix('"')).unwrap_or_else(|| panic!("{line}"));
        (key.to_owned(), value.to_owned())
    };
    let labels = labels.split(',').filter(|l| !l.is_empty()).map(label).collect();
    Line { name: name.to_owned(), labels, value }
}
