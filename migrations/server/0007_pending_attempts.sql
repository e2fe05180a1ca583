-- A sign-in whose password is still being looked at is neither good nor bad: null.
-- It counts against its account at once (many guesses at the same moment), but not against its address (many desks).
ALTER TABLE clinic.sign_in_attempt ALTER COLUMN succeeded DROP NOT NULL, ALTER COLUMN succeeded DROP DEFAULT;
