//! Which database this is, and since when.

use crate::support::House;

#[tokio::test]
async fn a_copy_is_another_epoch_by_itself_and_restored_makes_it_its_own() {
    let house = House::new().await;
    let epoch = "SELECT sync.epoch()";
    let copy = house.text(epoch).await;
    let parts: Vec<&str> = copy.split('.').collect();
    assert_eq!(parts.len(), 4, "the migrated template was another database: {copy}");
    let mut desk = house.desk("reception-1", "maria").await;
    desk.register("Nguyen").await;
    desk.pull().await;
    desk.hello().await;
    assert!(house.count("SELECT count(*) FROM clinic.workstation_cursor").await > 0);

    let told = wattle_server::admin::restored(&house.owner).await.unwrap();
    assert_eq!(told, house.text(epoch).await);
    assert_eq!(told.split('.').collect::<Vec<_>>(), [parts[0], parts[1], "1"], "at home");
    assert_eq!(house.count("SELECT count(*) FROM clinic.workstation_cursor").await, 0);
    assert_eq!(desk.hello().await.epoch, told);
}
