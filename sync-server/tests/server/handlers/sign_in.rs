use crate::support::House;

#[tokio::test]
async fn a_workstation_is_enrolled_with_a_code() {
    let house = House::new().await;
    let desk = house.desk("reception-1", "Maria").await;
    assert_eq!(desk.signed_in.display_name, "Maria Costa");
    assert_eq!(desk.signed_in.clinic_name, "Wattle Street Clinic");
    assert_eq!(desk.signed_in.workstation_name, "reception-1");
}
