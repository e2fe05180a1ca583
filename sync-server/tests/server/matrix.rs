//! Every role against every table, through SQL as the app's role, and against every route and every command, over HTTP. What
//! is expected is worked out from the table of grants; a table, a command or a route that has no rule here fails the test.

mod http;
mod malformed;
mod pull;
mod sql;
