-- A patient at a glance: who, last and next visit, and how much there is of what a clinician asks about. Of what rests
-- sealed only the number: no note, no allergy, no alert is said here.
-- inputs: clinic.alert, clinic.allergy, clinic.appointment, clinic.clinic, clinic.clinical_note, clinic.condition,
--   clinic.inbox_item, clinic.medication, clinic.patient, clinic.practitioner, clinic.recall, clinic.restriction
-- output: read_model.patient_summary
-- key: clinic_id, patient_id
-- tests:
--   not_null: family_name, sex, appointments, alerts
--   relationships: patient_id -> clinic.patient.id
--   accepted_values: sex = female, male, other, unknown
--   rows: = clinic.patient where deleted_at is null and merged_into is null
--   holds: did_not_attend <= appointments
SELECT
    p.clinic_id,
    p.id AS patient_id,
    p.record_number,
    p.title,
    p.family_name,
    p.given_name,
    p.preferred_name,
    p.birth_date,
    p.sex,
    p.deceased_on,
    CASE WHEN d.id IS NOT NULL THEN concat_ws(' ', d.title, d.given_name, d.family_name) END AS usual_practitioner,
    coalesce(r.active, false) AS restricted,
    a.last_visit_at,
    a.next_appointment_at,
    coalesce(a.appointments, 0) AS appointments,
    coalesce(a.did_not_attend, 0) AS did_not_attend,
    coalesce(w.alerts, 0) AS alerts,
    coalesce(g.allergies, 0) AS allergies,
    coalesce(g.nil_known, false) AS nil_known_allergies,
    coalesce(o.conditions, 0) AS conditions,
    coalesce(m.medications, 0) AS medications,
    n.last_note_at,
    coalesce(k.recalls_due, 0) AS recalls_due,
    coalesce(i.results_waiting, 0) AS results_waiting
FROM clinic.patient p
LEFT JOIN clinic.practitioner d ON d.clinic_id = p.clinic_id AND d.id = p.usual_practitioner_id
LEFT JOIN clinic.restriction r ON r.clinic_id = p.clinic_id AND r.patient_id = p.id AND r.deleted_at IS NULL
LEFT JOIN (
    SELECT
        clinic_id,
        patient_id,
        count(*) FILTER (WHERE status <> 'cancelled') AS appointments,
        count(*) FILTER (WHERE status = 'did_not_attend') AS did_not_attend,
        max(start_at) FILTER (WHERE status IN ('arrived', 'in_consult', 'done')) AS last_visit_at,
        min(start_at) FILTER (WHERE status IN ('booked', 'confirmed') AND start_at >= now()) AS next_appointment_at
    FROM clinic.appointment
    WHERE deleted_at IS NULL
    GROUP BY clinic_id, patient_id
) a ON a.clinic_id = p.clinic_id AND a.patient_id = p.id
LEFT JOIN (
    -- On its last day an alert still holds.
    SELECT x.clinic_id, x.patient_id, count(*) AS alerts
    FROM clinic.alert x
    JOIN clinic.clinic c ON c.clinic_id = x.clinic_id
    WHERE x.deleted_at IS NULL
      AND (x.expires_on IS NULL OR x.expires_on >= (now() AT TIME ZONE c.time_zone)::date)
    GROUP BY x.clinic_id, x.patient_id
) w ON w.clinic_id = p.clinic_id AND w.patient_id = p.id
LEFT JOIN (
    SELECT
        clinic_id,
        patient_id,
        count(*) FILTER (WHERE kind <> 'nil_known') AS allergies,
        bool_or(kind = 'nil_known') AS nil_known
    FROM clinic.allergy
    WHERE deleted_at IS NULL AND status = 'active'
    GROUP BY clinic_id, patient_id
) g ON g.clinic_id = p.clinic_id AND g.patient_id = p.id
LEFT JOIN (
    SELECT clinic_id, patient_id, count(*) AS conditions
    FROM clinic.condition
    WHERE deleted_at IS NULL AND status = 'active'
    GROUP BY clinic_id, patient_id
) o ON o.clinic_id = p.clinic_id AND o.patient_id = p.id
LEFT JOIN (
    SELECT clinic_id, patient_id, count(*) AS medications
    FROM clinic.medication
    WHERE deleted_at IS NULL AND status = 'active'
    GROUP BY clinic_id, patient_id
) m ON m.clinic_id = p.clinic_id AND m.patient_id = p.id
LEFT JOIN (
    SELECT clinic_id, patient_id, max(signed_at) AS last_note_at
    FROM clinic.clinical_note
    GROUP BY clinic_id, patient_id
) n ON n.clinic_id = p.clinic_id AND n.patient_id = p.id
LEFT JOIN (
    SELECT x.clinic_id, x.patient_id, count(*) AS recalls_due
    FROM clinic.recall x
    JOIN clinic.clinic c ON c.clinic_id = x.clinic_id
    WHERE x.deleted_at IS NULL AND x.status = 'due' AND x.due_on <= (now() AT TIME ZONE c.time_zone)::date
    GROUP BY x.clinic_id, x.patient_id
) k ON k.clinic_id = p.clinic_id AND k.patient_id = p.id
LEFT JOIN (
    SELECT clinic_id, patient_id, count(*) AS results_waiting
    FROM clinic.inbox_item
    WHERE deleted_at IS NULL AND action IS NULL
    GROUP BY clinic_id, patient_id
) i ON i.clinic_id = p.clinic_id AND i.patient_id = p.id
WHERE p.deleted_at IS NULL AND p.merged_into IS NULL
