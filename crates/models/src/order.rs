//! The order of models: after what they read.

use std::collections::BTreeSet;

use crate::error::Error;
use crate::header::Model;

/// Models in an order in which each comes after those that it reads; of those that do not wait for another, by their files'
/// names.
///
/// # Errors
/// [`Error::File`], naming file and line: two models make the same, one reads what none makes, or they wait for each other.
pub fn ordered(mut models: Vec<Model>) -> Result<Vec<Model>, Error> {
    models.sort_by(|a, b| a.file.cmp(&b.file));
    let wrong =
        |model: &Model, line: usize, reason: String| Error::File { file: model.file.clone(), line, reason };
    let mut makers = BTreeSet::new();
    for model in &models {
        if !makers.insert(model.output.clone()) {
            return Err(wrong(model, 1, format!("another model makes {} too.", model.output)));
        }
    }
    for model in &models {
        for (input, line) in model.inputs.iter().filter(|(input, _)| input.is_model()) {
            if !makers.contains(input) {
                return Err(wrong(model, *line, format!("no model makes {input}.")));
            }
        }
    }
    let mut done = BTreeSet::new();
    let mut order = Vec::with_capacity(models.len());
    while !models.is_empty() {
        let next =
            models.iter().position(|m| m.inputs.iter().all(|(i, _)| !i.is_model() || done.contains(i)));
        let Some(next) = next else {
            // Each of those that are left waits for one of them.
            let waits = models.iter().flat_map(|m| m.inputs.iter().map(move |(i, line)| (m, i, *line)));
            let mut waits = waits.filter(|(_, i, _)| i.is_model() && !done.contains(*i));
            return match waits.next() {
                Some((model, input, line)) => {
                    Err(wrong(model, line, format!("{input} waits for {} in turn.", model.output)))
                }
                None => Ok(order),
            };
        };
        let model = models.remove(next);
        done.insert(model.output.clone());
        order.push(model);
    }
    Ok(order)
}
