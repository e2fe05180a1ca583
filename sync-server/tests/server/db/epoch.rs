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

/// The control file is read once; what changes while a connection lasts is not remembered.
#[tokio::test]
async fn a_connection_asks_once_where_it_is_and_hears_of_a_restore_all_the_same() {
    let house = House::new().await;
    let mut connection = house.root.acquire().await.unwrap();
    let mut said = Vec::new();
    for sql in [
        "SELECT sync.epoch()",
        "SELECT sync.epoch()",
        "UPDATE sync.identity SET restores = restores + 1 RETURNING sync.epoch()",
        "SELECT sync.epoch()",
        "SELECT current_setting('wattle.place')",
    ] {
        let word: String = sqlx::query_scalar(sql).fetch_one(&mut *connection).await.unwrap();
        said.push(word);
    }
    assert_eq!(said[0], said[1]);
    assert_ne!(said[3], said[0], "{said:?}");
    let oid = house.text("SELECT oid::text FROM pg_database WHERE datname = current_database()").await;
    assert!(said[4].ends_with(&format!(".{oid}")), "{said:?}");
}
