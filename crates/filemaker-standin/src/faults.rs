//! What can be made to go wrong, and when.

use std::fmt;
use std::time::Duration;

use crate::database::Database;

/// What goes wrong.
pub enum What {
    /// A FileMaker error code, with the HTTP status that servers give with it.
    Code(u32),
    /// A proxy's page in HTML with status 502.
    BadGateway,
    /// The answer comes late.
    Slow(Duration),
    /// The connection ends after so many bytes of the body.
    Cut(usize),
    /// Somebody works in FileMaker meanwhile.
    Change(Box<dyn FnMut(&mut Database) + Send>),
    /// OData: an error inside a row of a reply with status 200.
    ErrorInRow,
}

impl fmt::Debug for What {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Code(code) => write!(f, "code {code}"),
            Self::BadGateway => f.write_str("502"),
            Self::Slow(by) => write!(f, "slow {by:?}"),
            Self::Cut(after) => write!(f, "cut after {after}"),
            Self::Change(_) => f.write_str("change"),
            Self::ErrorInRow => f.write_str("error in a row"),
        }
    }
}

/// A fault, and the requests that it meets.
#[derive(Debug)]
pub struct Fault {
    /// Part of the path and query, before percent-encoding.
    pub on: &'static str,
    /// How many such requests pass first.
    pub after: u32,
    /// How many it then meets.
    pub times: u32,
    /// What happens.
    pub what: What,
}

impl Fault {
    /// Meets the next request to a path, once.
    #[must_use]
    pub fn next(on: &'static str, what: What) -> Self {
        Self { on, after: 0, times: 1, what }
    }

    /// Lets some requests pass first.
    #[must_use]
    pub fn after(mut self, requests: u32) -> Self {
        self.after = requests;
        self
    }

    /// Meets several.
    #[must_use]
    pub fn times(mut self, requests: u32) -> Self {
        self.times = requests;
        self
    }
}

/// The planted faults.
#[derive(Debug, Default)]
pub(crate) struct Faults(Vec<Fault>);

/// What a request must suffer.
#[derive(Debug, Default)]
pub(crate) struct Suffer {
    pub(crate) code: Option<u32>,
    pub(crate) bad_gateway: bool,
    pub(crate) slow: Duration,
    pub(crate) cut: Option<usize>,
    pub(crate) error_in_row: bool,
}

impl Faults {
    pub(crate) fn plant(&mut self, fault: Fault) {
        self.0.push(fault);
    }

    /// What a request meets; changes to the file happen here.
    pub(crate) fn meet(&mut self, request: &str, database: &mut Database) -> Suffer {
        let mut suffer = Suffer::default();
        for fault in self.0.iter_mut().filter(|f| request.contains(f.on)) {
            if fault.after > 0 {
                fault.after -= 1;
                continue;
            }
            if fault.times == 0 {
                continue;
            }
            fault.times -= 1;
            match &mut fault.what {
                What::Code(code) => suffer.code = Some(*code),
                What::BadGateway => suffer.bad_gateway = true,
                What::Slow(by) => suffer.slow += *by,
                What::Cut(after) => suffer.cut = Some(*after),
                What::Change(change) => change(database),
                What::ErrorInRow => suffer.error_in_row = true,
            }
        }
        self.0.retain(|f| f.times > 0);
        suffer
    }
}
