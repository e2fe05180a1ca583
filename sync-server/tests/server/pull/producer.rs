use crate::support::House;

#[tokio::test]
async fn a_first_pull_brings_the_clinic() {
    let house = House::new().await;
    let mut desk = house.desk("reception-1", "maria").await;
    desk.pull().await;
    assert!(desk.row("clinic", house.clinic.0).is_some());
}
