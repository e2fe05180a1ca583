//! What the local lists offer while a name is typed.

use wattle_domain::{problem, substance};

/// Lines of a list.
const MOST: usize = 8;

fn pairs(found: Vec<&'static substance::Substance>) -> Vec<(String, String)> {
    found.into_iter().map(|s| (s.code.to_owned(), s.name.to_owned())).collect()
}

/// Substances, foods too.
pub(super) fn offer_substances(typed: &str) -> Vec<(String, String)> {
    pairs(substance::suggest(typed, false, MOST))
}

/// Substances that can be prescribed.
pub(super) fn offer_medicines(typed: &str) -> Vec<(String, String)> {
    pairs(substance::suggest(typed, true, MOST))
}

/// Problems.
pub(super) fn offer_problems(typed: &str) -> Vec<(String, String)> {
    problem::suggest(typed, MOST).into_iter().map(|(code, name)| (code.to_owned(), name.to_owned())).collect()
}

/// The name of a substance's code.
pub(super) fn name_of_substance(code: &str) -> Option<String> {
    substance::by_code(code).map(|s| s.name.to_owned())
}

/// The name of a problem's code.
pub(super) fn name_of_problem(code: &str) -> Option<String> {
    problem::name(code).map(str::to_owned)
}
