-- Record numbers for a whole push in one step: one by one, each was an update of the same counter and a look of its own.

CREATE FUNCTION clinic.next_record_numbers(wanted integer) RETURNS text[] LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    here constant uuid := nullif(current_setting('wattle.clinic', true), '')::uuid;
    newest bigint;
BEGIN
    INSERT INTO clinic.counter AS c (clinic_id, name, value) VALUES (here, 'record_number', wanted)
    ON CONFLICT (clinic_id, name) DO UPDATE SET value = c.value + wanted RETURNING value INTO newest;
    -- A number that came from outside is in the way: on behind the greatest of them.
    -- Each is looked up by the index: to match them all at once would read every patient.
    IF EXISTS (SELECT FROM generate_series(newest - wanted + 1, newest) AS n,
               LATERAL (SELECT FROM clinic.patient WHERE clinic_id = here AND record_number = n::text LIMIT 1) AS taken) THEN
        SELECT greatest(newest - wanted, max(record_number::bigint)) + wanted INTO newest FROM clinic.patient
        WHERE clinic_id = here AND record_number ~ '^[0-9]{1,12}$';
        UPDATE clinic.counter SET value = newest WHERE clinic_id = here AND name = 'record_number';
    END IF;
    RETURN ARRAY(SELECT n::text FROM generate_series(newest - wanted + 1, newest) AS n ORDER BY n);
END $$;
REVOKE ALL ON FUNCTION clinic.next_record_numbers(integer) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION clinic.next_record_numbers(integer) TO wattle_app, wattle_migrator;
DROP FUNCTION clinic.next_record_number();
