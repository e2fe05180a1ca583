//! A model's file: what it says of itself in the comment at its head, and one query.

use ring::digest::{SHA256, digest};

use crate::error::Error;
use crate::relation::{READ_MODEL, Relation, mentioned};
use crate::test::{Test, column};

/// A model as its file says it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Model {
    /// The file's name, `030_patient_summary.sql`.
    pub file: String,
    /// The output's name.
    pub name: String,
    /// What it is, for people.
    pub about: String,
    /// What it reads, and on which line that is said.
    pub inputs: Vec<(Relation, usize)>,
    /// What it makes.
    pub output: Relation,
    /// Made anew with each question instead of with each refresh.
    pub is_view: bool,
    /// The columns that tell its rows apart, the clinic first: the primary key of its table. Ids and names of tables, because
    /// they are told when a test fails.
    pub key: Vec<String>,
    /// What must hold, and on which line that is said.
    pub tests: Vec<(Test, usize)>,
    /// The query.
    pub body: String,
    /// SHA-256 of the file, hexadecimal.
    pub hash: String,
}

/// A header while it is read.
#[derive(Default)]
struct Said {
    about: Vec<String>,
    inputs: Option<Vec<(Relation, usize)>>,
    output: Option<(Relation, bool)>,
    key: Option<Vec<String>>,
    tests: Option<Vec<(Test, usize)>>,
}

impl Model {
    /// Reads a file.
    ///
    /// # Errors
    /// [`Error::File`] names line and reason.
    pub fn read(file: &str, text: &str) -> Result<Self, Error> {
        let wrong = |line: usize, reason: String| Error::File { file: file.into(), line, reason };
        let head = text.lines().take_while(|line| line.starts_with("--")).count();
        let mut said = Said::default();
        let mut part = "";
        for (number, line) in (1..).zip(text.lines().take(head)) {
            let line = line.trim_start_matches("--").trim();
            let begins = ["inputs", "output", "key", "tests"]
                .into_iter()
                .find_map(|p| Some((p, line.strip_prefix(p)?.strip_prefix(':')?)));
            let what = match begins {
                Some((begun, what)) => {
                    part = begun;
                    what.trim()
                }
                None => line,
            };
            said.line(part, what, number).map_err(|reason| wrong(number, reason))?;
        }
        let missing = |what: &str| wrong(1, format!("the header has no `-- {what}:`."));
        let inputs = said.inputs.filter(|i| !i.is_empty()).ok_or_else(|| missing("inputs"))?;
        let (output, is_view) = said.output.ok_or_else(|| missing("output"))?;
        let key = said.key.ok_or_else(|| missing("key"))?;
        let tests = said.tests.filter(|t| !t.is_empty()).ok_or_else(|| missing("tests"))?;
        if key.first().is_none_or(|first| first != "clinic_id") || key.len() < 2 {
            return Err(wrong(
                1,
                "a key is the clinic and something beside it: `-- key: clinic_id, …`.".into(),
            ));
        }
        let stem = file.strip_suffix(".sql").and_then(|f| f.split_once('_'));
        if !stem.is_some_and(|(number, name)| {
            number.len() == 3 && number.parse::<u16>().is_ok() && name == output.name
        }) {
            return Err(wrong(1, format!("a model that makes {output} is called NNN_{}.sql.", output.name)));
        }
        let body = text.lines().skip(head).collect::<Vec<_>>().join("\n").trim().to_owned();
        let hash: String =
            digest(&SHA256, text.as_bytes()).as_ref().iter().map(|b| format!("{b:02x}")).collect();
        let about = said.about.join(" ");
        let model = Self {
            file: file.into(),
            name: output.name.clone(),
            about,
            inputs,
            output,
            is_view,
            key,
            tests,
            body,
            hash,
        };
        model.agrees(head)?;
        Ok(model)
    }

    /// The header's inputs are what the query reads, no more and no less; and dbt can run the query.
    fn agrees(&self, head: usize) -> Result<(), Error> {
        let wrong = |line: usize, reason: String| Error::File { file: self.file.clone(), line, reason };
        let line_of = |at: usize| head + 1 + self.body.get(..at).unwrap_or_default().matches('\n').count();
        let read = mentioned(&self.body);
        for (place, relation) in &read {
            if !self.inputs.iter().any(|(input, _)| input == relation) {
                return Err(wrong(
                    line_of(place.start),
                    format!("{relation} is read, but `-- inputs:` does not name it."),
                ));
            }
        }
        if let Some((input, line)) =
            self.inputs.iter().find(|(input, _)| !read.iter().any(|(_, r)| r == input))
        {
            return Err(wrong(*line, format!("{input} is named, but the query does not read it.")));
        }
        if let Some((test, line)) = self.tests.iter().find(|(t, _)| {
            t.beside().is_some_and(|r| r.is_model() && !self.inputs.iter().any(|(i, _)| i == r))
        }) {
            return Err(wrong(*line, format!("`{}` looks at a model that is no input.", test.said())));
        }
        if let Some(at) = ["{{", "{%", "{#", ";"].iter().find_map(|mark| self.body.find(mark)) {
            return Err(wrong(
                line_of(at),
                "a model is one query, without `;` and without what dbt would take for its own.".into(),
            ));
        }
        Ok(())
    }

    /// Whether whoever may not read staging can refresh it.
    #[must_use]
    pub fn is_of_clinic(&self) -> bool {
        !self.is_view && self.inputs.iter().all(|(input, _)| input.schema != "staging")
    }
}

impl Said {
    fn line(&mut self, part: &str, what: &str, number: usize) -> Result<(), String> {
        match part {
            "inputs" => {
                let inputs = self.inputs.get_or_insert_default();
                for name in what.split(',').map(str::trim).filter(|n| !n.is_empty()) {
                    let read = Relation::read(name);
                    inputs.push((read.ok_or_else(|| format!("{name} is no table that models read: those are in clinic, staging and read_model."))?, number));
                }
                Ok(())
            }
            "output" => {
                let (name, is_view) =
                    what.strip_prefix("view ").map_or((what, false), |name| (name.trim(), true));
                match Relation::read(name).filter(Relation::is_model) {
                    Some(relation) => self.output = Some((relation, is_view)),
                    None => return Err(format!("the output {name} is not in schema {READ_MODEL}.")),
                }
                Ok(())
            }
            "key" => {
                let columns = what.split(',').map(column).collect::<Result<Vec<_>, _>>()?;
                self.key.get_or_insert_default().extend(columns);
                Ok(())
            }
            "tests" => {
                let tests = self.tests.get_or_insert_default();
                if what.is_empty() {
                    return Ok(());
                }
                let Some((kind, of)) = what.split_once(':') else {
                    return Err(format!("\"{what}\" is no test: write `kind: what`."));
                };
                tests.extend(Test::read(kind.trim(), of.trim())?.into_iter().map(|test| (test, number)));
                Ok(())
            }
            _ => {
                self.about.push(what.to_owned());
                Ok(())
            }
        }
    }
}
