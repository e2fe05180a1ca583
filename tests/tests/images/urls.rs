use std::time::Duration;

use reqwest::StatusCode;
use reqwest::header::{CONTENT_DISPOSITION, CONTENT_RANGE, RANGE};
use wattle_domain::FeedClass::{Front, Ref};
use wattle_sync_engine::image::Patience;
use wattle_tests::processes::wait_for;
use wattle_tests::wire::{Mode, Wire};

use super::corner::{Corner, PATIENCE, clinic, person};

#[tokio::test(flavor = "multi_thread")]
async fn a_url_is_good_for_one_blob_and_a_while() {
    let dir = tempfile::tempdir().unwrap();
    let house = clinic(dir.path(), &["--blob-url-s", "2"]).await;
    let corner = Corner::new(&house, "reception-1", &person("maria")).await;
    let offer = corner.offer(&house, &[Ref, Front]).await.unwrap().unwrap();
    let http = reqwest::Client::new();
    let get = async |path: &str, range: Option<&str>| {
        let request = http.get(format!("{}{path}", house.server_url()));
        let request = if let Some(range) = range { request.header(RANGE, range) } else { request };
        request.send().await.unwrap()
    };
    let (url, other) = (&offer.chunks[0].url, &offer.chunks[1].url);
    let whole = get(url, None).await;
    assert_eq!(whole.status(), StatusCode::OK);
    assert_eq!(whole.headers()[CONTENT_DISPOSITION], "attachment");
    let whole = whole.bytes().await.unwrap();
    assert_eq!(u64::try_from(whole.len()).unwrap(), offer.chunks[0].bytes);
    let part = get(url, Some("bytes=100-")).await;
    assert_eq!(part.status(), StatusCode::PARTIAL_CONTENT);
    assert_eq!(part.headers()[CONTENT_RANGE], format!("bytes 100-{}/{}", whole.len() - 1, whole.len()));
    assert!(part.bytes().await.unwrap() == whole[100..]);
    assert_eq!(get(url, Some("bytes=99999999-")).await.status(), StatusCode::BAD_REQUEST);

    let (_, signature) = other.split_once('?').unwrap();
    let (name, own) = url.split_once('?').unwrap();
    let later = own.replacen("until=", "until=9", 1);
    for (what, bad) in [
        ("another blob's signature", format!("{name}?{signature}")),
        ("a later end", format!("{name}?{later}")),
        ("no signature", name.to_owned()),
        ("an empty signature", format!("{name}?until=9999999999&sig=")),
        ("another folder", format!("/v1/blob/../server.key?{own}")),
        ("a name of more parts", format!("{name}/x?{own}")),
    ] {
        let status = get(&bad, None).await.status();
        assert!(status.is_client_error(), "{what}: {status}");
    }
    let post = http.post(format!("{}{url}", house.server_url())).send().await.unwrap();
    assert_eq!(post.status(), StatusCode::BAD_REQUEST, "for reading only");
    wait_for("its time is over", PATIENCE, async || {
        (get(url, None).await.status() == StatusCode::FORBIDDEN).then_some(())
    })
    .await
    .unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_slow_copy_gets_new_urls_on_the_way() {
    let dir = tempfile::tempdir().unwrap();
    let house = clinic(dir.path(), &["--blob-url-s", "1"]).await;
    let corner = Corner::new(&house, "reception-1", &person("maria")).await;
    // The first chunks do not come through for longer than their URLs are good.
    let wire = Wire::to(&house.server_url(), Mode::Cut { route: "/v1/blob", after_bytes: 0, times: 12 })
        .await
        .unwrap();
    let patience = Patience {
        first_wait: Duration::from_millis(700),
        longest_wait: Duration::from_millis(700),
        ..Patience::default()
    };
    corner.arrive_with(wire.url(), patience).await.0.unwrap().put_in_place().unwrap();
    assert!(corner.open().clinic().unwrap().is_some());
    let refused = house.server_log().matches("a blob's URL past its time").count();
    assert!(refused > 0, "a URL was over on the way");
}
