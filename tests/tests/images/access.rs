use wattle_domain::FeedClass::{Admin, Billing, Clinical, Front, Ref};
use wattle_protocol::ErrorCode;
use wattle_sync_engine::Error;
use wattle_sync_engine::image::NoCopy;

use super::corner::{Corner, clinic, image_of, person};

#[tokio::test(flavor = "multi_thread")]
async fn nobody_gets_an_image_of_feeds_that_are_not_granted() {
    let dir = tempfile::tempdir().unwrap();
    let house = clinic(dir.path(), &[]).await;
    image_of(&house, "ref-front-clinical").await;
    image_of(&house, "ref-front-billing-admin").await;

    let maria = Corner::new(&house, "reception-1", &person("maria")).await;
    assert!(maria.offer(&house, &[Ref, Front]).await.unwrap().is_some());
    for feeds in [&[Ref, Front, Clinical][..], &[Ref, Front, Billing, Admin], &[Clinical], &[]] {
        let said = maria.offer(&house, feeds).await;
        assert!(
            matches!(said, Err(Error::Refused { code: ErrorCode::NotAllowed, .. })),
            "{feeds:?}: {said:?}"
        );
    }
    assert!(maria.offer(&house, &[Front]).await.unwrap().is_none(), "no profile has this");
    let lee = Corner::new(&house, "dr-lee", &person("lee")).await;
    let clinical = lee.offer(&house, &[Ref, Front, Clinical]).await.unwrap().unwrap();
    assert_eq!(clinical.feeds, [Ref, Front, Clinical]);

    // The database says the same to whoever forgets to ask: Maria does not even see that image.
    let seen = house
        .text(&format!(
            "begin; set local role wattle_app; \
             select set_config('wattle.clinic', '{}', true), set_config('wattle.user', '{}', true); \
             select string_agg(array_to_string(feeds, '-'), ',') from clinic.image; rollback",
            house.clinic(),
            maria.keeper.seat().signed_in.user
        ))
        .unwrap();
    assert!(seen.contains("ref-front") && !seen.contains("clinical") && !seen.contains("billing"), "{seen}");

    // A file is of one profile: another's image does not become it.
    let mut wrong = Corner::new(&house, "dr-lee-2", &person("lee")).await;
    wrong.target.identity.profile = "ref-front-billing-admin".into();
    assert!(matches!(wrong.arrive(&house.server_url()).await, Err(NoCopy::NoImage)));

    // Nobody signs in as the account that pulls for images.
    let accounts = house.count("select count(*) from clinic.user_account where system").unwrap();
    assert_eq!(accounts, 3);
    let tokens = "select count(*) from clinic.token t join clinic.user_account a on a.id = t.user_id where a.system and t.revoked_at is null";
    assert_eq!(house.count(tokens).unwrap(), 0, "a build's token ends with it");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_image_of_another_epoch_is_not_offered() {
    let dir = tempfile::tempdir().unwrap();
    let mut house = clinic(dir.path(), &[]).await;
    house.kill_server();
    // As after a backup was restored.
    house.text("update sync.identity set restores = restores + 1 returning 1").unwrap();
    house.serve_with(&[
        "--data-dir",
        super::corner::data(dir.path()).to_str().unwrap(),
        "--image-look-s",
        "1",
        "--image-rows",
        "1000000000",
    ]);
    house.start_server().await.unwrap();
    let corner = Corner::new(&house, "reception-1", &person("maria")).await;
    let answer = corner.offer(&house, &[Ref, Front]).await.unwrap();
    // Either there is none, or the server has already built one of the present epoch.
    let epoch = house.text("select sync.epoch()").unwrap();
    assert!(answer.is_none_or(|offer| offer.epoch == epoch));
}
