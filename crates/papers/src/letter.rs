//! A letter: its body in parts.

use serde::Serialize;
use wattle_protocol::ipc::papers::LetterText;

use crate::error::Error;
use crate::paper::Paper;

/// Typesets it on A4.
pub(crate) fn typeset(letter: &LetterText) -> Result<Paper, Error> {
    #[derive(Serialize)]
    struct Data<'a> {
        #[serde(flatten)]
        letter: &'a LetterText,
        blocks: Vec<Block<'a>>,
    }
    let data = Data { letter, blocks: blocks(&letter.body) };
    Paper::typeset("letter", include_str!("templates/letter.typ"), &data)
}

/// A part of a letter's body.
#[derive(Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "kind", content = "text", rename_all = "snake_case")]
enum Block<'a> {
    Heading(&'a str),
    Paragraph(Vec<&'a str>),
    List(Vec<&'a str>),
}

/// The body in parts, as the note editor reads such text.
fn blocks(body: &str) -> Vec<Block<'_>> {
    let mut out: Vec<Block<'_>> = Vec::new();
    let mut apart = true;
    for line in body.lines().map(str::trim_end) {
        if line.trim().is_empty() {
            apart = true;
            continue;
        }
        if let Some(heading) = line.strip_prefix('#') {
            out.push(Block::Heading(heading.trim_start_matches('#').trim()));
        } else if let Some(item) = line.strip_prefix("- ") {
            match out.last_mut() {
                Some(Block::List(items)) if !apart => items.push(item),
                _ => out.push(Block::List(vec![item])),
            }
        } else {
            match out.last_mut() {
                Some(Block::Paragraph(lines)) if !apart => lines.push(line),
                _ => out.push(Block::Paragraph(vec![line])),
            }
        }
        apart = false;
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_body_falls_into_headings_lists_and_paragraphs() {
        let parts =
            blocks("Dear Priya,\n\nthank you for seeing\nMaria.\n# History\n- one\n- two\n\n- apart\nend");
        assert_eq!(
            parts,
            [
                Block::Paragraph(vec!["Dear Priya,"]),
                Block::Paragraph(vec!["thank you for seeing", "Maria."]),
                Block::Heading("History"),
                Block::List(vec!["one", "two"]),
                Block::List(vec!["apart"]),
                Block::Paragraph(vec!["end"]),
            ]
        );
    }
}
