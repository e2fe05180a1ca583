//! Every synced table in everybody's pull.

use std::collections::BTreeSet;

use sqlx::AssertSqlSafe;
use wattle_domain::TableName;
use wattle_protocol::pull::Frame;

use super::http::house;
use super::sql::tables;

#[tokio::test]
async fn each_pull_brings_just_the_tables_of_the_role() {
    let (house, mut desks) = house().await;
    for table in tables(&house.root).await {
        let synced = table.name.strip_prefix("clinic.").and_then(|sql| sql.parse::<TableName>().ok());
        if synced.is_some() {
            // Some are there already.
            let insert = format!("{} ON CONFLICT DO NOTHING", table.insert(house.clinic));
            sqlx::raw_sql(AssertSqlSafe(insert.clone())).execute(&house.root).await.expect(&insert);
        }
    }
    // Past the triggers that would have said so.
    house
        .execute(
            "INSERT INTO sync.feed (clinic_id, class, seq) SELECT f.clinic_id, c.class, 1 \
             FROM (SELECT DISTINCT clinic_id FROM sync.feed) f, \
               unnest(ARRAY['ref', 'front', 'clinical', 'billing', 'admin']) AS c (class) \
             ON CONFLICT (clinic_id, class) DO UPDATE SET seq = sync.feed.seq + 1",
        )
        .await;
    for (role, desk) in &mut desks {
        let frames = desk.frames(Default::default(), Vec::new(), u64::MAX).await;
        let brought: BTreeSet<TableName> = frames
            .iter()
            .filter_map(|frame| match frame {
                Frame::Rows { table, rows, .. } if !rows.is_empty() => Some(table.parse().unwrap()),
                _ => None,
            })
            .collect();
        let granted: BTreeSet<TableName> = TableName::ALL
            .iter()
            .copied()
            .filter(|name| role.classes().contains(&name.table().class))
            .collect();
        assert!(!granted.is_empty());
        assert_eq!(brought, granted, "{}", role.as_str());
    }
}
