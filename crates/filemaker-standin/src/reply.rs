//! A reply before it is sent, and the FileMaker errors.

/// What goes back.
#[derive(Debug, Default)]
pub(crate) struct Reply {
    pub(crate) status: u16,
    pub(crate) headers: Vec<(&'static str, String)>,
    pub(crate) body: Vec<u8>,
}

impl Reply {
    pub(crate) fn json(status: u16, body: String) -> Self {
        Self {
            status,
            headers: vec![("content-type", "application/json;charset=utf-8".into())],
            body: body.into_bytes(),
        }
    }

    pub(crate) fn text(body: String) -> Self {
        Self {
            status: 200,
            headers: vec![("content-type", "text/plain;charset=utf-8".into())],
            body: body.into_bytes(),
        }
    }

    /// What a proxy says when the server behind it does not.
    pub(crate) fn bad_gateway() -> Self {
        let body = "<!DOCTYPE html><html><head><title>502 Proxy Error</title></head><body><h1>Proxy Error</h1>\
                    <p>The proxy server received an invalid response from an upstream server.</p></body></html>";
        Self { status: 502, headers: vec![("content-type", "text/html".into())], body: body.into() }
    }

    /// The Data API's error. Which HTTP status goes with a code differs between versions: clients must go by the code.
    pub(crate) fn data_api_error(code: u32) -> Self {
        let status = match code {
            10 | 212 | 952 => 401,
            105 | 401 => 404,
            812 | 956 | 1701 => 503,
            958 | 960 | 1708 => 400,
            _ => 500,
        };
        let message = message(code);
        Self::json(
            status,
            format!("{{\"messages\":[{{\"code\":\"{code}\",\"message\":\"{message}\"}}],\"response\":{{}}}}"),
        )
    }

    /// OData's error.
    pub(crate) fn odata_error(status: u16, code: &str, message: &str) -> Self {
        let message = crate::json::quoted(message);
        Self::json(status, format!("{{\"error\":{{\"code\":\"{code}\",\"message\":{message}}}}}"))
    }
}

fn message(code: u32) -> &'static str {
    match code {
        9 => "Insufficient privileges",
        10 => "Requested data is missing",
        101 => "Record is missing",
        102 => "Field is missing",
        104 => "Script is missing",
        105 => "Layout is missing",
        106 => "Table is missing",
        212 => "Invalid user account and/or password; please try again",
        301 => "Record is in use by another user",
        400 => "Find criteria are empty",
        401 => "No records match the request",
        802 => "Unable to open the file",
        812 => "Exceeded host's capacity",
        952 => "Invalid FileMaker Data API token (*)",
        953 => "Exceeded data transmission limit for this server",
        956 => "Maximum number of Data API sessions exceeded",
        958 => "Parameter missing",
        960 => "Parameter is invalid",
        1701 => "Host unable to process the request",
        1708 => "Parameter value is invalid",
        _ => "Unknown error",
    }
}
