//! Paths and queries, decoded.

/// A request's address.
#[derive(Clone, Debug, Default)]
pub(crate) struct Address {
    /// The parts of the path, decoded.
    pub(crate) path: Vec<String>,
    /// The query, decoded.
    pub(crate) query: Vec<(String, String)>,
    /// Path and query decoded, for matching faults.
    pub(crate) whole: String,
}

impl Address {
    pub(crate) fn read(path: &str, query: &str) -> Self {
        let path: Vec<String> = path.split('/').filter(|p| !p.is_empty()).map(|p| decode(p, false)).collect();
        let query: Vec<(String, String)> = query
            .split('&')
            .filter(|p| !p.is_empty())
            .map(|pair| {
                let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
                (decode(name, true), decode(value, true))
            })
            .collect();
        let shown: Vec<String> = query.iter().map(|(n, v)| format!("{n}={v}")).collect();
        let whole = format!("/{}?{}", path.join("/"), shown.join("&"));
        Self { path, query, whole }
    }

    pub(crate) fn get(&self, name: &str) -> Option<&str> {
        self.query.iter().find(|(n, _)| n == name).map(|(_, v)| v.as_str())
    }
}

fn decode(text: &str, plus: bool) -> String {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.bytes();
    while let Some(byte) = rest.next() {
        match byte {
            b'%' => {
                let hex: Vec<u8> = rest.clone().take(2).collect();
                let value = std::str::from_utf8(&hex).ok().and_then(|h| u8::from_str_radix(h, 16).ok());
                match value.filter(|_| hex.len() == 2) {
                    Some(value) => {
                        bytes.push(value);
                        rest.nth(1);
                    }
                    None => bytes.push(byte),
                }
            }
            b'+' if plus => bytes.push(b' '),
            byte => bytes.push(byte),
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

/// Percent-encodes what a path or query part may not hold.
pub(crate) fn encode(text: &str) -> String {
    use std::fmt::Write;
    let mut out = String::new();
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-_.~$,()'\"[]".contains(&byte) {
            out.push(char::from(byte));
        } else {
            let _ = write!(out, "%{byte:02X}");
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_decoded_once() {
        let address =
            Address::read("/fmi/odata/v4/Cl%69nic/Pat%20ients", "$select=%22Usual+Doctor%22,A%25&$top=2");
        assert_eq!(address.path, ["fmi", "odata", "v4", "Clinic", "Pat ients"]);
        assert_eq!(address.get("$select"), Some("\"Usual Doctor\",A%"));
        assert_eq!(decode(&encode("a b/ü%"), false), "a b/ü%");
        assert_eq!(decode("100%", false), "100%");
    }
}
