-- Results that nobody has acted on. What they say rests sealed and is not here.
-- inputs: clinic.inbox_item, clinic.patient, clinic.practitioner, clinic.restriction
-- output: read_model.unactioned_results
-- key: clinic_id, inbox_item_id
-- tests:
--   not_null: received_at, abnormal, patient_id
--   relationships: inbox_item_id -> clinic.inbox_item.id
--   relationships: patient_id -> clinic.patient.id
--   rows: = clinic.inbox_item where deleted_at is null and action is null
SELECT
    i.clinic_id,
    i.id AS inbox_item_id,
    i.received_at,
    i.abnormal,
    i.document_id,
    i.practitioner_id,
    CASE WHEN d.id IS NOT NULL THEN concat_ws(' ', d.title, d.given_name, d.family_name) END AS practitioner,
    i.patient_id,
    p.record_number,
    p.family_name,
    p.given_name,
    coalesce(r.active, false) AS restricted
FROM clinic.inbox_item i
JOIN clinic.patient p ON p.clinic_id = i.clinic_id AND p.id = i.patient_id
LEFT JOIN clinic.practitioner d ON d.clinic_id = i.clinic_id AND d.id = i.practitioner_id
LEFT JOIN clinic.restriction r ON r.clinic_id = i.clinic_id AND r.patient_id = i.patient_id AND r.deleted_at IS NULL
WHERE i.deleted_at IS NULL AND i.action IS NULL
