//! The draft as a mapping file: what is guessed stands as a line to be read, what is not stands as a comment.

use std::fmt::Write;

use super::Drafted;

/// The text of `clinic.toml`, to be finished by a person. It is valid TOML.
#[must_use]
pub fn write(file: &str, tables: &[Drafted]) -> String {
    let mut out = String::from(
        "# A draft, made from the names of tables and fields alone. Read every line before you use it: nothing here was\n\
         # looked up in a record.\n",
    );
    let _ = write!(
        out,
        "\n[clinic]\nname = \"\"\ntime_zone = \"Australia/Sydney\"\nfile = {}\n# The day of the last extract; a later day in a record is a mistake. Set it again before each import.\n# exported_on = \"2026-01-31\"\n",
        quoted(file)
    );
    let _ = write!(
        out,
        "\n[server]\nurl = \"https://\"\ndatabase = {}\n",
        quoted(file.trim_end_matches(".fmp12"))
    );
    out.push_str(
        "\n# Workstations can look from the first import on; what people enter there waits until `fm-migrate cutover` makes the\n\
         # switch.\n[cutover]\nclosed_until_switch = true\n",
    );
    for table in tables.iter().filter(|t| t.ours.is_some()) {
        let ours = table.ours.unwrap_or_default();
        let _ = write!(out, "\n# Guessed: {} ({} fields).\n", one_line(&table.name), table.fields);
        if let Some(doubt) = table.key_doubt {
            let _ = writeln!(out, "# The key: {doubt}.");
        }
        let _ =
            write!(out, "[{ours}]\ntable = {0}\napi_layout = {0}\n\n[{ours}.fields]\n", quoted(&table.name));
        for (field, column) in &table.mapped {
            let _ = writeln!(out, "{field} = {}", quoted(column));
        }
        if !table.left.is_empty() {
            out.push_str("# What these hold does not come, unless you give each a line:\n");
        }
        for column in &table.left {
            let _ = writeln!(out, "#   not brought: {}", one_line(column));
        }
        doubts(&mut out, table);
    }
    out.push_str("\n# --- What no table of ours takes yet -----------------------------------------------------------------\n");
    for table in tables.iter().filter(|t| t.ours.is_none()) {
        let key = table.key.as_deref().map_or_else(|| "none".to_owned(), one_line);
        let _ = write!(out, "#\n# {}: {} fields, key {key}", one_line(&table.name), table.fields);
        let _ = writeln!(out, "{}", table.key_doubt.map(|d| format!(" ({d})")).unwrap_or_default());
        for (field, to) in &table.references {
            let to = to.as_deref().map_or_else(|| "somewhere".to_owned(), one_line);
            let _ = writeln!(out, "#   {} points to {to}", one_line(field));
        }
        doubts(&mut out, table);
    }
    out
}

fn doubts(out: &mut String, table: &Drafted) {
    for (column, doubt) in &table.doubts {
        let _ = writeln!(out, "#   look: {}: {}", one_line(column), doubt.words());
    }
}

/// A name in a comment must not end it.
fn one_line(name: &str) -> String {
    name.chars().map(|c| if c.is_control() { ' ' } else { c }).collect()
}

fn quoted(text: &str) -> String {
    toml::Value::String(text.to_owned()).to_string()
}
