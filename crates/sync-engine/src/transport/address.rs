//! The server's address.

use std::str::FromStr;

use reqwest::Url;

/// An address that may be used, with a `/` at its end.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Address(Url);

/// Why an address may not be used. The words are for the person who typed it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BadAddress {
    /// Not an address at all.
    #[error("that is not an address; write it like https://wattle.example.org")]
    NotAnAddress,
    /// Plain http to another computer.
    #[error(
        "plain http is only allowed to this computer; write https:// so that nobody on the way can read it"
    )]
    NotSecure,
    /// With a name, password, query or fragment.
    #[error("leave out everything after the path, and names or passwords before the host")]
    TooMuch,
    /// What should be a certificate of an authority is none.
    #[error("that is no certificate; it begins with -----BEGIN CERTIFICATE-----")]
    NoAuthority,
    /// The system's TLS cannot be used.
    #[error("this computer's TLS could not be set up")]
    NoTls,
}

impl FromStr for Address {
    type Err = BadAddress;

    fn from_str(text: &str) -> Result<Self, BadAddress> {
        let mut url = Url::parse(text.trim()).map_err(|_| BadAddress::NotAnAddress)?;
        if url.host_str().is_none_or(str::is_empty) || !matches!(url.scheme(), "https" | "http") {
            return Err(BadAddress::NotAnAddress);
        }
        let extras = !url.username().is_empty() || url.password().is_some();
        if extras || url.query().is_some() || url.fragment().is_some() {
            return Err(BadAddress::TooMuch);
        }
        if !url.path().ends_with('/') {
            let path = format!("{}/", url.path());
            url.set_path(&path);
        }
        let address = Self(url);
        if address.0.scheme() == "http" && !address.is_this_computer() {
            return Err(BadAddress::NotSecure);
        }
        Ok(address)
    }
}

impl Address {
    pub(super) fn is_this_computer(&self) -> bool {
        let host = self.0.host_str().unwrap_or_default();
        let ip = host.trim_start_matches('[').trim_end_matches(']').parse::<std::net::IpAddr>();
        host == "localhost" || ip.is_ok_and(|ip| ip.is_loopback())
    }

    /// The address of something that the server offers: at this server when it begins with `/`, else anywhere that is as
    /// safe. True: it is this server's.
    pub(super) fn offered(&self, url: &str) -> Option<(Url, bool)> {
        if let Some(path) = url.strip_prefix('/') {
            let joined = self.0.join(path).ok()?;
            // No second slash, scheme or `..` leads out of it.
            let within = joined.origin() == self.0.origin() && joined.path().starts_with(self.0.path());
            return within.then_some((joined, true));
        }
        let elsewhere = Self(Url::parse(url).ok()?);
        let safe =
            elsewhere.0.scheme() == "https" || elsewhere.0.scheme() == "http" && elsewhere.is_this_computer();
        safe.then_some((elsewhere.0, false))
    }

    /// The address of a route; `route` has no `/` at its start, so that a server may live under a path.
    pub(super) fn join(&self, route: &str) -> Url {
        self.0.join(route).unwrap_or_else(|_| self.0.clone())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_that_may_be_used() {
        for (text, session) in [
            ("https://wattle.example.org", "https://wattle.example.org/v1/session"),
            (" https://wattle.example.org:8443/ ", "https://wattle.example.org:8443/v1/session"),
            ("https://example.org/wattle", "https://example.org/wattle/v1/session"),
            ("http://127.0.0.1:4000", "http://127.0.0.1:4000/v1/session"),
            ("http://localhost:4000", "http://localhost:4000/v1/session"),
            ("http://[::1]:4000", "http://[::1]:4000/v1/session"),
        ] {
            let address: Address = text.parse().unwrap();
            assert_eq!(address.join("v1/session").as_str(), session);
        }
    }

    #[test]
    fn what_is_offered_stays_at_the_server_or_is_as_safe() {
        let address: Address = "https://example.org/wattle".parse().unwrap();
        let ours = |url: &str| Some((url.to_owned(), true));
        let elsewhere = |url: &str| Some((url.to_owned(), false));
        for (offered, want) in [
            ("/v1/blob/a?sig=1", ours("https://example.org/wattle/v1/blob/a?sig=1")),
            ("//evil.example/v1/blob", None),
            ("/https://evil.example/v1/blob", None),
            ("/../v1/blob", None),
            ("https://store.example/a?sig=1", elsewhere("https://store.example/a?sig=1")),
            ("https://example.org/wattle/v1/a", elsewhere("https://example.org/wattle/v1/a")),
            ("http://store.example/a", None),
            ("http://127.0.0.1:9000/a", elsewhere("http://127.0.0.1:9000/a")),
            ("file:///etc/passwd", None),
            ("", None),
        ] {
            let found = address.offered(offered).map(|(url, is_ours)| (url.to_string(), is_ours));
            assert_eq!(found, want, "{offered}");
        }
    }

    #[test]
    fn addresses_that_may_not() {
        for (text, want) in [
            ("wattle.example.org", BadAddress::NotAnAddress),
            ("", BadAddress::NotAnAddress),
            ("ftp://wattle.example.org", BadAddress::NotAnAddress),
            ("wattle.example.org:443", BadAddress::NotAnAddress),
            ("http://wattle.example.org", BadAddress::NotSecure),
            ("http://192.168.1.10:4000", BadAddress::NotSecure),
            ("http://127.0.0.1.example.org", BadAddress::NotSecure),
            ("http://localhost.example.org", BadAddress::NotSecure),
            ("https://user:word@example.org", BadAddress::TooMuch),
            ("https://example.org/?a=b", BadAddress::TooMuch),
        ] {
            assert_eq!(text.parse::<Address>(), Err(want), "{text}");
        }
    }
}
