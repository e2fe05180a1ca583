//! Facts and tables of the *Sync* page: one piece of drawing code for all of them.

use leptos::prelude::*;

/// A fact and its name.
pub(crate) struct Line {
    name: &'static str,
    value: String,
    test_id: Option<&'static str>,
}

impl Line {
    pub(crate) fn new(name: &'static str, value: impl Into<String>) -> Self {
        Self { name, value: value.into(), test_id: None }
    }

    /// With a name for scripts.
    pub(crate) fn named(self, test_id: &'static str) -> Self {
        Self { test_id: Some(test_id), ..self }
    }
}

/// Names on the left, values on the right.
pub(crate) fn facts(lines: Vec<Line>) -> AnyView {
    let line =
        |line: Line| view! { <dt>{line.name}</dt><dd data-testid=line.test_id>{line.value}</dd> }.into_any();
    view! { <dl class="facts-list tabular">{lines.into_iter().map(line).collect::<Vec<_>>()}</dl> }.into_any()
}

/// A table; each row has a key, for scripts (`data-key`).
pub(crate) fn table(
    test_id: &'static str,
    head: &[&'static str],
    rows: Vec<(String, Vec<String>)>,
) -> AnyView {
    let cell = |text: String| view! { <td>{text}</td> }.into_any();
    let row = |(key, cells): (String, Vec<String>)| {
        let cells: Vec<AnyView> = cells.into_iter().map(cell).collect();
        view! { <tr data-testid=test_id data-key=key>{cells}</tr> }.into_any()
    };
    let head: Vec<AnyView> =
        head.iter().map(|name| view! { <th scope="col">{*name}</th> }.into_any()).collect();
    view! {
        <table class="plain tabular"><thead><tr>{head}</tr></thead><tbody>{rows.into_iter().map(row).collect::<Vec<_>>()}</tbody></table>
    }
    .into_any()
}
