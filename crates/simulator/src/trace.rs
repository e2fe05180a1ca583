//! What happened, as a hash, and as lines when somebody wants to read them.

/// Collects what happened.
#[derive(Debug)]
pub struct Trace {
    hash: u64,
    lines: Option<Vec<String>>,
    events: u64,
}

impl Trace {
    /// A new one; `keep` when the lines are wanted beside the hash.
    #[must_use]
    pub fn new(keep: bool) -> Self {
        Self { hash: 0xCBF2_9CE4_8422_2325, lines: keep.then(Vec::new), events: 0 }
    }

    /// Notes one line.
    pub fn note(&mut self, at_ms: u64, line: std::fmt::Arguments<'_>) {
        let line = format!("{:>9}.{:03} {line}", at_ms / 1000, at_ms % 1000);
        for byte in line.bytes() {
            self.hash = (self.hash ^ u64::from(byte)).wrapping_mul(0x100_0000_01B3);
        }
        self.events += 1;
        if let Some(lines) = &mut self.lines {
            lines.push(line);
        }
    }

    /// FNV-1a over all lines.
    #[must_use]
    pub fn hash(&self) -> u64 {
        self.hash
    }

    /// How many lines there were.
    #[must_use]
    pub fn events(&self) -> u64 {
        self.events
    }

    /// The lines, if they were kept.
    #[must_use]
    pub fn into_lines(self) -> Vec<String> {
        self.lines.unwrap_or_default()
    }
}
