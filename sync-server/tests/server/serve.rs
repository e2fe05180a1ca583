//! Connections: which of them stand, and for how long.

use std::time::{Duration, Instant};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use wattle_domain::FeedClass;
use wattle_server::config::Config;

use crate::support::{Ear, House};

/// What the server says until it cuts the connection.
async fn until_cut(socket: &mut TcpStream) -> Vec<u8> {
    let mut said = Vec::new();
    let read = tokio::time::timeout(Duration::from_secs(20), socket.read_to_end(&mut said)).await;
    // A reset is a cut, too.
    let _ = read.expect("cut long before that");
    said
}

#[tokio::test]
async fn a_connection_that_asks_for_nothing_is_cut() {
    let house = House::with(Config { header_time: Duration::from_millis(300), ..Config::default() }).await;
    let settings = [0, 0, 0, 4, 0, 0, 0, 0, 0];
    let preface = [b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".as_slice(), &settings].concat();
    for (what, sent) in [
        ("nothing", b"".as_slice()),
        ("one letter of what may be HTTP/2", b"P"),
        ("half a preface", &preface[..10]),
        ("a preface and no request", &preface),
    ] {
        let mut socket = TcpStream::connect(house.address()).await.unwrap();
        socket.write_all(sent).await.unwrap();
        let said = until_cut(&mut socket).await;
        assert!(!said.starts_with(b"HTTP/1.1 2"), "{what}: {}", String::from_utf8_lossy(&said));
    }
}

#[tokio::test]
async fn a_connection_that_stands_is_cut_and_one_at_work_is_not() {
    let idle = Duration::from_millis(300);
    let house = House::with(Config { idle_time: idle, ..Config::default() }).await;
    let mut desk = house.desk("reception-1", "maria").await;
    let mut ear = Ear::open(&desk).await;
    let mut socket = TcpStream::connect(house.address()).await.unwrap();
    socket.write_all(b"GET /healthz HTTP/1.1\r\nhost: x\r\n\r\n").await.unwrap();
    let said = until_cut(&mut socket).await;
    assert!(said.starts_with(b"HTTP/1.1 200"), "{}", String::from_utf8_lossy(&said));
    // Live has said nothing for longer than that, and is still there.
    tokio::time::sleep(idle * 4).await;
    desk.register("Nguyen").await;
    ear.until(FeedClass::Front, 1).await;
}

#[tokio::test]
async fn connections_of_one_address_are_bounded_and_those_of_a_proxy_are_not() {
    let few = Config { connections_per_address: 3, ..Config::default() };
    let trusting = Config { trusted_proxies: vec!["127.0.0.1".parse().unwrap()], ..few.clone() };
    let ask = b"GET /healthz HTTP/1.1\r\nhost: x\r\n\r\n";
    let answered = async |socket: &mut TcpStream| {
        let mut said = [0; 12];
        socket.write_all(ask).await.is_ok()
            && socket.read_exact(&mut said).await.is_ok()
            && said == *b"HTTP/1.1 200"
    };
    for (config, fourth_is_served) in [(few, false), (trusting, true)] {
        let house = House::with(config).await;
        let mut held = Vec::new();
        for _ in 0..3 {
            let mut socket = TcpStream::connect(house.address()).await.unwrap();
            assert!(answered(&mut socket).await);
            held.push(socket);
        }
        let mut fourth = TcpStream::connect(house.address()).await.unwrap();
        assert_eq!(answered(&mut fourth).await, fourth_is_served);
        drop(held);
        let deadline = Instant::now() + Duration::from_secs(20);
        loop {
            let mut next = TcpStream::connect(house.address()).await.unwrap();
            if answered(&mut next).await {
                break;
            }
            assert!(Instant::now() < deadline, "their places are free again");
        }
    }
}
