use wattle_domain::FeedClass::{Front, Ref};
use wattle_protocol::image::ImageAsk;
use wattle_sync_engine::{Tokens as _, Transport};
use wattle_tests::processes::wait_for;

use super::corner::{Corner, PATIENCE, clinic, image_of, person};

#[tokio::test(flavor = "multi_thread")]
async fn an_image_with_a_long_tail_is_built_again_and_the_old_one_can_be_finished() {
    let dir = tempfile::tempdir().unwrap();
    let house = clinic(dir.path(), &[]).await;
    let first = image_of(&house, "ref-front").await;
    let corner = Corner::new(&house, "reception-1", &person("maria")).await;
    drop(corner.arrive(&house.server_url()).await.unwrap());

    // More than a fifth of the image's rows.
    let changed = house.text(
        "with a as (update clinic.appointment set note = 'moved' returning 1), \
         b as (update clinic.patient set preferred_name = 'Ruby' returning 1) \
         select (select count(*) from a) + (select count(*) from b)",
    );
    assert!(changed.unwrap().parse::<u32>().unwrap() > 5_000);
    let second = wait_for("a newer image is built", PATIENCE, async || {
        let id = image_of(&house, "ref-front").await;
        (id != first).then_some(id)
    })
    .await
    .unwrap();

    let transport = Transport::new(&house.server_url()).unwrap();
    let schema = wattle_local_store::schema::known_version();
    let ask = async |resume: Option<&str>| {
        let resume = resume.map(|id| id.parse().unwrap());
        let ask = ImageAsk { schema, feeds: vec![Ref, Front], resume };
        transport.image(&corner.keeper.access().unwrap(), &ask).await.unwrap().unwrap().id.to_string()
    };
    assert_eq!(ask(None).await, second);
    assert_eq!(ask(Some(&first)).await, first, "whoever has begun may finish");
    corner.arrive(&house.server_url()).await.unwrap().put_in_place().unwrap();
    let facts = corner.open().sync_facts().unwrap();
    let head: u64 = house.count("select seq from sync.feed where class = 'front'").unwrap();
    assert!(facts.cursors[&Front].0 < head, "it is the older one, and tails from there");
}
