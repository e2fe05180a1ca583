//! From which address a request comes.

use std::net::{IpAddr, Ipv6Addr};

use axum::http::HeaderMap;

/// The peer of the connection; behind a proxy that is trusted, whom the proxy says that it had before it. Only the last
/// address of `X-Forwarded-For` that is no proxy's own was written by somebody who is trusted. Of IPv6 its network.
pub(crate) fn address(peer: IpAddr, headers: &HeaderMap, proxies: &[IpAddr]) -> IpAddr {
    network(asked_from(peer, headers, proxies))
}

/// Whom an address is counted for: one customer of IPv6 has a /64 and as many addresses as there are in it.
pub(crate) fn network(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V6(address) => Ipv6Addr::from_bits(address.to_bits() & (u128::MAX << 64)).into(),
        IpAddr::V4(address) => address.into(),
    }
}

fn asked_from(peer: IpAddr, headers: &HeaderMap, proxies: &[IpAddr]) -> IpAddr {
    let peer = peer.to_canonical();
    if !proxies.contains(&peer) {
        return peer;
    }
    let told = headers.get_all("x-forwarded-for");
    let words = told.iter().filter_map(|value| value.to_str().ok()).flat_map(|value| value.split(','));
    let addresses: Vec<Option<IpAddr>> = words.map(|word| word.trim().parse().ok()).collect();
    for address in addresses.into_iter().rev() {
        match address.map(|address| address.to_canonical()) {
            Some(address) if proxies.contains(&address) => {}
            Some(address) => return address,
            None => return peer,
        }
    }
    peer
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_trusted_proxies_wrote_is_believed() {
        let ip = |text: &str| text.parse::<IpAddr>().unwrap();
        let proxies = [ip("10.0.0.1"), ip("10.0.0.2")];
        let cases = [
            ("10.0.0.1", vec!["198.51.100.7"], "198.51.100.7", "one proxy"),
            ("10.0.0.1", vec!["192.0.2.1, 198.51.100.7, 10.0.0.2"], "198.51.100.7", "two proxies, and a lie"),
            ("10.0.0.1", vec!["192.0.2.1", "198.51.100.7"], "198.51.100.7", "two headers"),
            ("203.0.113.9", vec!["198.51.100.7"], "203.0.113.9", "no proxy of ours"),
            ("10.0.0.1", vec![], "10.0.0.1", "the proxy itself"),
            ("10.0.0.1", vec!["198.51.100.7, unknown"], "10.0.0.1", "no address"),
            ("::ffff:10.0.0.1", vec!["198.51.100.7"], "198.51.100.7", "IPv4 in IPv6"),
            ("10.0.0.1", vec!["2001:db8:1:2:3::9"], "2001:db8:1:2::", "one of IPv6's many addresses"),
            ("2001:db8:1:2:ffff::1", vec![], "2001:db8:1:2::", "the same network"),
            ("::ffff:203.0.113.9", vec![], "203.0.113.9", "no network of IPv6"),
        ];
        for (peer, told, wanted, why) in cases {
            let mut headers = HeaderMap::new();
            for value in told {
                headers.append("x-forwarded-for", value.parse().unwrap());
            }
            assert_eq!(address(ip(peer), &headers, &proxies), ip(wanted), "{why}");
        }
    }
}
