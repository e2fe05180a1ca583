//! How the statements of a transaction are planned.

/// A transaction that looks up every row by its key says so, also of a table that has just been imported and whose
/// statistics say that it is empty; and one plan serves every key.
const BY_KEY: [(&str, &str); 4] = [
    ("enable_seqscan", "off"),
    ("enable_hashjoin", "off"),
    ("enable_mergejoin", "off"),
    ("plan_cache_mode", "force_generic_plan"),
];

/// The settings of such a transaction, as the end of a list of selected values.
pub(crate) fn by_key() -> String {
    BY_KEY.map(|(name, value)| format!("set_config('{name}', '{value}', true)")).join(", ")
}
