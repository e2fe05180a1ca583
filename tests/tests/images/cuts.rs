use wattle_sync_engine::image::NoCopy;
use wattle_tests::wire::{Mode, Wire};

use super::corner::{Corner, clinic, contents, person, quick};

/// Cut after any number of bytes, again and again, each try goes on where the last one was.
#[tokio::test(flavor = "multi_thread")]
async fn a_copy_that_is_cut_goes_on_where_it_was() {
    let dir = tempfile::tempdir().unwrap();
    let house = clinic(dir.path(), &[]).await;
    let maria = person("maria");
    let whole = Corner::new(&house, "reception-1", &maria).await;
    let ready = whole.arrive(&house.server_url()).await.unwrap();
    let bytes = ready.bytes;
    ready.put_in_place().unwrap();
    let want = contents(&whole.target.file, &whole.target.key);

    let corner = Corner::new(&house, "reception-2", &maria).await;
    let wire = Wire::to(&house.server_url(), Mode::Pass).await.unwrap();
    let mut patience = quick();
    // Not one more try within the call: each call is a process that was killed.
    patience.without_progress = std::time::Duration::ZERO;
    let mut killed = 0;
    let mut seed: u64 = 0x2545_f491;
    let ready = loop {
        seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        let after_bytes = 400 + usize::try_from(seed >> 40).unwrap() % 24_000;
        wire.set(Mode::Cut { route: "/v1/blob", after_bytes, times: 1 });
        match corner.arrive_with(wire.url(), patience).await.0 {
            Ok(ready) => break ready,
            Err(NoCopy::Unreachable(_)) => killed += 1,
            Err(other) => panic!("{other}"),
        }
        assert!(!corner.target.file.exists(), "nothing half-loaded has the file's name");
        assert!(killed < 500, "it makes no progress");
    };
    assert!(killed >= 3, "the wire was cut {killed} times");
    // Four chunks were on their way when the wire went; what had come of them was kept, but for what was in flight.
    let overhead = wire.to_desk() - bytes;
    assert!(overhead < bytes, "{overhead} bytes more than the {bytes} of the image came, in {killed} tries");
    ready.put_in_place().unwrap();
    assert!(contents(&corner.target.file, &corner.target.key) == want);
}

/// Dropped at any moment (the person signs out), it can be called again at once.
#[tokio::test(flavor = "multi_thread")]
async fn a_copy_that_is_dropped_can_be_begun_again_at_once() {
    let dir = tempfile::tempdir().unwrap();
    let house = clinic(dir.path(), &[]).await;
    let corner = Corner::new(&house, "reception-1", &person("maria")).await;
    let url = house.server_url();
    for ms in [0, 1, 3, 10, 30, 60] {
        let cut = tokio::time::timeout(std::time::Duration::from_millis(ms), corner.arrive(&url));
        if let Ok(done) = cut.await {
            drop(done.unwrap());
        }
    }
    corner.arrive(&house.server_url()).await.unwrap().put_in_place().unwrap();
    let store = corner.open();
    assert!(store.clinic().unwrap().is_some());
}

/// Killed between being complete and being in place: the chunks are still there, and the next start makes the file of them.
#[tokio::test(flavor = "multi_thread")]
async fn a_complete_copy_that_was_not_put_in_place_is_made_again_without_the_network() {
    let dir = tempfile::tempdir().unwrap();
    let house = clinic(dir.path(), &[]).await;
    let corner = Corner::new(&house, "reception-1", &person("maria")).await;
    drop(corner.arrive(&house.server_url()).await.unwrap());
    assert!(corner.beside(".incoming").exists());
    let wire = Wire::to(&house.server_url(), Mode::Cut { route: "/v1/blob", after_bytes: 0, times: 1000 })
        .await
        .unwrap();
    corner.arrive(wire.url()).await.unwrap().put_in_place().unwrap();
    assert_eq!(wire.cuts(), 0, "no chunk was asked for");
    assert!(corner.open().clinic().unwrap().is_some());
}
