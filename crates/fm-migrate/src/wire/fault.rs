//! What a refusal means: try again, sign in again, or stop. By FileMaker's code, never by the HTTP status.

/// Why a request is given up for good.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stop {
    /// FileMaker's error code.
    Code(i64),
    /// A script ended with this error.
    Script(i64),
    /// Not FileMaker that answered: a proxy's page, a cut or refused connection, time out.
    Transport,
    /// It answered, but not in the way that this interface answers.
    Odd,
}

/// What is to be done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Then {
    Retry,
    SignIn,
    Stop,
}

/// What a code asks for.
pub(super) fn then(code: i64) -> Then {
    match code {
        // In use, host's capacity, sessions, host unable: it passes.
        301 | 812 | 956 | 1701 => Then::Retry,
        952 => Then::SignIn,
        // 953 too: the allowance is a year's.
        _ => Then::Stop,
    }
}

impl Stop {
    /// What a person can do about it.
    pub(crate) fn advice(self) -> &'static str {
        match self {
            Self::Code(9) => {
                "The account may not do this: give it a privilege set that sees every record and the fmrest and fmodata extended privileges."
            }
            Self::Code(10 | 212) => {
                "FileMaker does not know the account or the password. Check FM_USER and FM_PASSWORD."
            }
            Self::Code(102 | 8309) => {
                "A field that the mapping names is not there. Put it on the layout, or take it out of the mapping."
            }
            Self::Code(104) => {
                "There is no such script. Check freeze_script and thaw_script in the mapping, and that the account may run them."
            }
            Self::Code(105) => "There is no such layout. Check api_layout (or freeze_layout) in the mapping.",
            Self::Code(106 | -1002) => {
                "There is no such table, or this server's OData does not know what was asked. Check the mapping, or set route = \"data_api\" for this table."
            }
            Self::Code(301) => "A record stays in use. Ask people to leave it, and run again.",
            Self::Code(802) => {
                "FileMaker Server cannot open this file. Check the database's name, and that it is hosted."
            }
            Self::Code(812 | 1701) => "The server is at its limit. Run again when it is quieter.",
            Self::Code(952) => {
                "Sessions end as soon as they begin. Check the clock and the proxy in front of FileMaker."
            }
            Self::Code(953) => {
                "The year's allowance of data is used up; going on would only be refused. Ask Claris for more, or take the rest from files."
            }
            Self::Code(956) => "All sessions are taken. Close others in the admin console, and run again.",
            Self::Code(_) => "See FileMaker's list of error codes.",
            Self::Script(_) => {
                "The script ran and ended so. See in FileMaker whether people can write now, run the script there by hand (with full access), and mend it."
            }
            Self::Transport => {
                "FileMaker Server did not answer. Check that it runs and is reachable, and run again: what is staged is kept."
            }
            Self::Odd => {
                "The answer is not FileMaker's. Check the url in the mapping, and what stands between."
            }
        }
    }
}

impl std::fmt::Display for Stop {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Code(code) => write!(f, "FileMaker error {code}"),
            Self::Script(code) => write!(f, "the script ended with FileMaker error {code}"),
            Self::Transport => f.write_str("no answer"),
            Self::Odd => f.write_str("an answer that is not FileMaker's"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_decide() {
        for (code, wanted, why) in [
            (301, Then::Retry, "somebody edits the record"),
            (812, Then::Retry, "capacity"),
            (956, Then::Retry, "sessions end by themselves"),
            (1701, Then::Retry, "host unable"),
            (952, Then::SignIn, "the session ended"),
            (953, Then::Stop, "a year's allowance"),
            (212, Then::Stop, "a wrong password stays wrong, and locks accounts"),
            (105, Then::Stop, "no layout"),
        ] {
            assert_eq!(then(code), wanted, "{code}: {why}");
        }
    }
}
