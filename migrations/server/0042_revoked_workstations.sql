-- A computer that is none of the clinic's any more, beside one that is stopped and one that is to be wiped: no sign-in at it
-- counts, and nothing that its keys sign, until an admin lets it in again.

ALTER TABLE clinic.workstation DROP CONSTRAINT workstation_state_check;
ALTER TABLE clinic.workstation ADD CONSTRAINT workstation_state_check
    CHECK (state IN ('ok', 'suspended', 'revoked', 'wipe', 'wiped'));
