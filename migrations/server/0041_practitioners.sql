-- Who sees patients is seen to by commands, of those whom the table of grants lets; everybody holds the rows.

DO $$
DECLARE
    tbl text;
    kept constant text := '(clinic_id = (SELECT sync.current_clinic()) AND (SELECT sync.acting_may(''practitioner'', ''write'')))';
BEGIN
    FOREACH tbl IN ARRAY ARRAY['practitioner', 'practitioner_location'] LOOP
        EXECUTE format('CREATE POLICY app_insert ON clinic.%I FOR INSERT TO wattle_app WITH CHECK %s', tbl, kept);
        EXECUTE format('CREATE POLICY app_update ON clinic.%I FOR UPDATE TO wattle_app USING %s WITH CHECK %s', tbl, kept, kept);
        EXECUTE format('GRANT INSERT, UPDATE ON clinic.%I TO wattle_app', tbl);
    END LOOP;
END $$;
