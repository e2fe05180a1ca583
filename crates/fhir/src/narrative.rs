//! What a person reads in a section: XHTML, as FHIR's narrative allows it. Everything typed in the clinic is escaped.

use serde_json::{Value, json};

/// A table with a head, or a sentence when there is no row.
pub(crate) fn table(head: &[&str], rows: &[Vec<String>], none: &str) -> Value {
    if rows.is_empty() {
        return sentence(none);
    }
    let mut html = String::from("<table><thead><tr>");
    for cell in head {
        html.push_str(&format!("<th>{}</th>", escape(cell)));
    }
    html.push_str("</tr></thead><tbody>");
    for row in rows {
        html.push_str("<tr>");
        for cell in row {
            html.push_str(&format!("<td>{}</td>", escape(cell)));
        }
        html.push_str("</tr>");
    }
    html.push_str("</tbody></table>");
    narrative(&html)
}

/// One sentence.
pub(crate) fn sentence(text: &str) -> Value {
    narrative(&format!("<p>{}</p>", escape(text)))
}

/// Texts under headings, their lines kept.
pub(crate) fn texts(texts: &[(String, String)]) -> Value {
    let html: String = texts
        .iter()
        .map(|(heading, text)| {
            let lines: Vec<String> = text.lines().map(escape).collect();
            format!("<p><b>{}</b><br/>{}</p>", escape(heading), lines.join("<br/>"))
        })
        .collect();
    narrative(&html)
}

fn narrative(html: &str) -> Value {
    json!({
        "status": "generated",
        "div": format!(
            "<div xmlns=\"http://www.w3.org/1999/xhtml\" lang=\"en-AU\" xml:lang=\"en-AU\">{html}</div>"
        ),
    })
}

/// Text that cannot become markup, without the control characters that XML does not know.
fn escape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\t' => out.push(' '),
            c if c.is_control() => {}
            c => out.push(c),
        }
    }
    out
}
