-- Of each row that came out of FileMaker: which file, table and record it was, and the run that last wrote it. A view: it
-- would be as large as the map that it reads.
-- inputs: clinic.migration_map, staging.run, staging.run_source, staging.source
-- output: view read_model.lineage
-- key: clinic_id, table_name, row_id
-- tests:
--   not_null: source_file, source_table, run_id, run_started_at
--   relationships: run_id -> staging.run.id
--   rows: = clinic.migration_map
SELECT
    m.clinic_id,
    m.table_name,
    m.row_id,
    m.source_file,
    -- setup: what the mapping itself sets up.
    m.source_table,
    -- The clinic's own key of the record, which stays when FileMaker's number changes.
    m.source_key,
    m.record_id,
    m.run_id,
    r.started_at AS run_started_at,
    e.route,
    e.export_name,
    e.sha256
FROM clinic.migration_map m
LEFT JOIN staging.run r ON r.id = m.run_id
LEFT JOIN (
    SELECT u.run_id, s.source_file, s.source_table, s.route, s.export_name, s.sha256
    FROM staging.run_source u
    JOIN staging.source s ON s.id = u.source_id
) e ON e.run_id = m.run_id AND e.source_file = m.source_file AND e.source_table = m.source_table
