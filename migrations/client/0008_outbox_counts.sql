-- How much waits and what awaits a pull is asked after every change: answered from the index alone, so that a thousand
-- commands that were made in an outage are not read, and decrypted, at each step of sending them.
DROP INDEX outbox_state;
CREATE INDEX outbox_state ON outbox (state, n, command_id, issued_at);
