use crate::support::House;

#[tokio::test]
async fn it_migrates() {
    let house = House::new().await;
    assert_eq!(house.count("SELECT count(*) FROM clinic.clinic").await, 1);
}
