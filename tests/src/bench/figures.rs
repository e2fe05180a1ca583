//! What a benchmark says: figures, the floor of the same run, the aim, and whether it was met.

use std::time::Duration;

use serde_json::{Map, Value, json};

use super::machine;

/// One benchmark's answer.
#[derive(Clone, Debug)]
pub struct Figures {
    /// Its name.
    pub name: &'static str,
    /// What was run, in words.
    pub what: String,
    /// The aim, in words.
    pub aim: &'static str,
    /// Whether it was met; `None` where there is no aim.
    pub met: Option<bool>,
    /// What the floor is, in words.
    pub floor_is: &'static str,
    /// Figures by their names in the README (`p50_ms`, `p99_ms`, `rows_per_s`, `seconds`, `floor`, `floor_ratio`, …).
    pub numbers: Map<String, Value>,
}

impl Figures {
    /// Nothing measured yet.
    #[must_use]
    pub fn new(name: &'static str, what: String, aim: &'static str, floor_is: &'static str) -> Self {
        Self { name, what, aim, met: None, floor_is, numbers: Map::new() }
    }

    /// Adds a figure, rounded to three decimals.
    pub fn put(&mut self, name: &str, value: f64) {
        self.numbers.insert(name.to_owned(), json!((value * 1000.0).round() / 1000.0));
    }

    /// Adds `p50_ms` and `p99_ms` of some times; gives p99.
    pub fn times(&mut self, mut times: Vec<Duration>) -> f64 {
        times.sort_unstable();
        self.put("p50_ms", percentile(&times, 50));
        let p99 = percentile(&times, 99);
        self.put("p99_ms", p99);
        self.numbers.insert("samples".to_owned(), json!(times.len()));
        p99
    }

    /// Adds `PREFIX_p50_ms` and `PREFIX_p99_ms` of some times; gives both.
    pub fn spread(&mut self, prefix: &str, mut times: Vec<Duration>) -> (f64, f64) {
        times.sort_unstable();
        let found = (percentile(&times, 50), percentile(&times, 99));
        self.put(&format!("{prefix}_p50_ms"), found.0);
        self.put(&format!("{prefix}_p99_ms"), found.1);
        found
    }

    /// Adds the most memory that this process (the clients) and the server have held.
    pub fn memory(&mut self, server: Option<u32>) {
        self.put("client_peak_mb", machine::peak_mb(None));
        if server.is_some() {
            self.put("server_peak_mb", machine::peak_mb(server));
        }
    }

    /// As one object.
    #[must_use]
    pub fn to_json(&self) -> Value {
        let mut object = self.numbers.clone();
        object.insert("name".into(), json!(self.name));
        object.insert("what".into(), json!(self.what));
        object.insert("aim".into(), json!(self.aim));
        object.insert("met".into(), json!(self.met));
        object.insert("floor_is".into(), json!(self.floor_is));
        Value::Object(object)
    }

    /// As people read it.
    #[must_use]
    pub fn to_text(&self) -> String {
        let numbers: Vec<String> =
            self.numbers.iter().map(|(name, value)| format!("{name} {value}")).collect();
        let met = match self.met {
            Some(true) => "met",
            Some(false) => "MISSED",
            None => "no aim",
        };
        let Self { name, what, aim, floor_is, .. } = self;
        format!("{name}: {what}\n  {}\n  floor: {floor_is}\n  aim: {aim}: {met}", numbers.join(" · "))
    }
}

/// A percentile of sorted times, in milliseconds; 0 for none.
#[must_use]
pub fn percentile(sorted: &[Duration], percent: usize) -> f64 {
    let at = (sorted.len() * percent / 100).min(sorted.len().saturating_sub(1));
    sorted.get(at).map_or(0.0, |d| d.as_secs_f64() * 1000.0)
}

/// The most memory this process has held, MiB; 0 where the system does not say.
#[must_use]
pub fn peak_rss_mb() -> f64 {
    machine::peak_mb(None)
}
