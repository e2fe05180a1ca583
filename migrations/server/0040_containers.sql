-- fm-migrate brings documents out of FileMaker with their bytes: it says where they are as the server does, in nobody's name,
-- and sees only such rows. It writes their keys plain, as everything that an import brings, and the server seals them behind it.

ALTER TABLE clinic.document_blob ALTER COLUMN made_by DROP NOT NULL;
CREATE POLICY migrator_here ON clinic.document_blob TO wattle_migrator
    USING (clinic_id = (SELECT sync.current_clinic()) AND made_by IS NULL);
-- What never came to be stored may be taken back.
CREATE POLICY migrator_unstored ON clinic.document_blob AS RESTRICTIVE FOR DELETE TO wattle_migrator
    USING (stored_at IS NULL);
GRANT SELECT, INSERT, UPDATE, DELETE ON clinic.document_blob TO wattle_migrator;
