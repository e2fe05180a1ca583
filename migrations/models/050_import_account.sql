-- What became of each FileMaker table in the latest import that ended: read, loaded, rejected, and why.
-- inputs: clinic.clinic, clinic.migration_map, staging.reject, staging.run, staging.run_source, staging.source
-- output: read_model.import_account
-- key: clinic_id, source_file, source_table
-- tests:
--   not_null: run_id, imported_at, read_records, loaded_records
--   relationships: run_id -> staging.run.id
--   accepted_values: route = file, odata, data_api
--   holds: read_records = loaded_records + rejected_records
WITH latest AS (
    -- Through the clinic: schema staging knows nothing of who sees which.
    SELECT DISTINCT ON (r.clinic_id) r.clinic_id, r.id, r.finished_at, r.report
    FROM staging.run r
    JOIN clinic.clinic c ON c.clinic_id = r.clinic_id
    WHERE r.finished_at IS NOT NULL AND EXISTS (SELECT FROM staging.run_source u WHERE u.run_id = r.id)
    ORDER BY r.clinic_id, r.id DESC
)
SELECT
    l.clinic_id,
    s.source_file,
    s.source_table,
    l.id AS run_id,
    l.finished_at AS imported_at,
    s.route,
    s.export_name,
    (l.report -> 'tables' -> s.source_table ->> 'read')::bigint AS read_records,
    (l.report -> 'tables' -> s.source_table ->> 'loaded')::bigint AS loaded_records,
    coalesce(j.records, 0) AS rejected_records,
    coalesce(j.reasons, '{}') AS rejects,
    coalesce(m.target_rows, 0) AS target_rows
FROM latest l
JOIN staging.run_source u ON u.run_id = l.id
JOIN staging.source s ON s.id = u.source_id
LEFT JOIN (
    -- Counted anew, not believed of the report.
    SELECT run_id, source_table, sum(records)::bigint AS records, jsonb_object_agg(code, records) AS reasons
    FROM (
        SELECT run_id, source_table, code, count(*) AS records
        FROM staging.reject
        GROUP BY run_id, source_table, code
    ) AS by_code
    GROUP BY run_id, source_table
) j ON j.run_id = l.id AND j.source_table = s.source_table
LEFT JOIN (
    SELECT clinic_id, source_file, source_table, count(*) AS target_rows
    FROM clinic.migration_map
    GROUP BY clinic_id, source_file, source_table
) m ON m.clinic_id = l.clinic_id AND m.source_file = s.source_file AND m.source_table = s.source_table
