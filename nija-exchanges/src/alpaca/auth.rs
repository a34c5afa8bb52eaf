//! How Alpaca wants to know who asks, and which requests may carry a key at all.
//!
//! Two headers with key id and secret, or a bearer token (docs.alpaca.markets, "Authentication" and "Using OAuth2 and Trading
//! API"). Nothing is computed over the request.

use nija_core::{
    AuthError, Authenticator, CredentialSecret, Endpoint, Method, OrderReading, Params, RequestBody,
    SignContext, SignedParts, UnsignedRequest, VenueId,
};
use std::fmt;
use url::form_urlencoded::Serializer;

/// In place of the key id: the secret is an OAuth access token.
pub const OAUTH: &str = "oauth";

/// The account stream takes its key in a message. This path is never sent: a request for it is signed, and the stream takes the
/// credential from its headers, so that the stream too goes through the signer and its policy.
pub(super) const STREAM: &str = "/stream";

/// What is asked for under a user's key, and nothing else: no transfer, no bank link, no wallet, no journal, no account setting.
const ENDPOINTS: &[Endpoint] = &[
    get("/v2/account"),
    get("/v2/account/activities/FILL"),
    get("/v2/assets"),
    get("/v2/clock"),
    get("/v2/orders"),
    get("/v2/orders/*"),
    get("/v2/orders:by_client_order_id"),
    get("/v2/positions"),
    // Prices of stocks, for hosts without a key of the operator's.
    get("/v2/stocks/quotes/latest"),
    get(STREAM),
    Endpoint { method: Method::Post, path: "/v2/orders" },
    Endpoint { method: Method::Delete, path: "/v2/orders" },
    Endpoint { method: Method::Delete, path: "/v2/orders/*" },
];

/// What is asked for under the operator's key: facts that are nobody's account. It can place nothing.
const DATA_ENDPOINTS: &[Endpoint] = &[
    get("/v2/assets"),
    get("/v2/clock"),
    get("/v2/stocks/bars"),
    get("/v2/stocks/quotes/latest"),
    get("/v1beta3/crypto/us/bars"),
    get("/v1beta3/crypto/us/latest/orderbooks"),
    get("/v1beta3/crypto/us/latest/quotes"),
    get(STREAM),
];

const fn get(path: &'static str) -> Endpoint {
    Endpoint { method: Method::Get, path }
}

/// Signs for Alpaca. Runs inside the signer alone.
#[derive(Debug, Clone)]
pub struct AlpacaAuthenticator {
    venue: VenueId,
    endpoints: &'static [Endpoint],
}

impl AlpacaAuthenticator {
    /// Signs for the venue of this id.
    #[must_use]
    pub const fn new(venue: VenueId) -> Self {
        Self { venue, endpoints: ENDPOINTS }
    }

    /// Signs market data for the operator.
    pub(super) const fn for_data(venue: VenueId) -> Self {
        Self { venue, endpoints: DATA_ENDPOINTS }
    }
}

impl Authenticator for AlpacaAuthenticator {
    fn venue(&self) -> &VenueId {
        &self.venue
    }

    fn endpoints(&self) -> &[Endpoint] {
        self.endpoints
    }

    fn needs_nonce(&self) -> bool {
        false
    }

    fn order_in(&self, request: &UnsignedRequest) -> OrderReading {
        super::stated::read(request)
    }

    fn authenticate(
        &self,
        request: &UnsignedRequest,
        secret: &CredentialSecret,
        _: &SignContext,
    ) -> Result<SignedParts, AuthError> {
        let key = secret.expose_key("header of one Alpaca request").trim();
        let value = secret.expose_secret("header of one Alpaca request").trim();
        for text in [key, value] {
            if text.is_empty() || !text.bytes().all(|b| b.is_ascii_graphic()) {
                return Err(AuthError::BadSecret(
                    "Alpaca's keys and tokens are plain letters, digits and signs",
                ));
            }
        }
        let headers = if key.eq_ignore_ascii_case(OAUTH) {
            vec![("Authorization", format!("Bearer {value}"))]
        } else {
            vec![("APCA-API-KEY-ID", key.to_owned()), ("APCA-API-SECRET-KEY", value.to_owned())]
        };
        let (body, content_type) = match &request.body {
            RequestBody::Empty => (Vec::new(), None),
            RequestBody::Json(json) => (json.clone().into_bytes(), Some("application/json")),
            RequestBody::Form(fields) => {
                (encoded(fields).into_bytes(), Some("application/x-www-form-urlencoded"))
            }
        };
        Ok(SignedParts { headers, query: encoded(&request.query), body, content_type })
    }
}

fn encoded(fields: &Params) -> String {
    if fields.is_empty() {
        return String::new();
    }
    Serializer::new(String::new()).extend_pairs(fields).finish()
}

/// The operator's own key for market data. It is not a user's: it is configured, and can sign nothing that concerns an account.
#[derive(Clone)]
pub struct DataKey(pub(super) CredentialSecret);

impl DataKey {
    /// From a key id and its secret, of a live or a paper account without money.
    #[must_use]
    pub const fn new(key: String, secret: String) -> Self {
        Self(CredentialSecret::new(key, secret, None))
    }
}

impl fmt::Debug for DataKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("DataKey { .. }")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use nija_core::{RequestPurpose, Timestamp, sign_request};

    const CONTEXT: SignContext = SignContext { now: Timestamp::from_micros(0), nonce: 0 };

    fn request(method: Method, path: &str) -> UnsignedRequest {
        UnsignedRequest {
            venue: VenueId::new("alpaca").unwrap(),
            method,
            path: path.to_owned(),
            query: Vec::new(),
            body: RequestBody::Empty,
            purpose: RequestPurpose::Read,
        }
    }

    fn secret(key: &str, secret: &str) -> CredentialSecret {
        CredentialSecret::new(key.into(), secret.into(), None)
    }

    fn venue() -> VenueId {
        VenueId::new("alpaca").unwrap()
    }

    #[test]
    fn a_key_pair_goes_into_two_headers_and_a_token_into_one() {
        let sign = |secret: &CredentialSecret| {
            let mut request = request(Method::Get, "/v2/orders");
            request.query = vec![("symbols".into(), "BTC/USD,AAPL".into())];
            sign_request(&AlpacaAuthenticator::new(venue()), request, secret, &CONTEXT).unwrap()
        };
        let pair = sign(&secret(" PK1 ", "s/1+=\n"));
        assert_eq!(
            pair.headers(),
            [("APCA-API-KEY-ID", "PK1".to_owned()), ("APCA-API-SECRET-KEY", "s/1+=".to_owned())]
        );
        assert_eq!(pair.path_and_query(), "/v2/orders?symbols=BTC%2FUSD%2CAAPL");
        assert_eq!(pair.body(), None);
        for name in ["oauth", "OAuth"] {
            let token = sign(&secret(name, "79500537-5796"));
            assert_eq!(token.headers(), [("Authorization", "Bearer 79500537-5796".to_owned())]);
        }
    }

    #[test]
    fn what_moves_money_or_changes_an_account_cannot_be_signed() {
        let authenticator = AlpacaAuthenticator::new(venue());
        let key = secret("PK1", "s");
        for (method, path) in [
            (Method::Post, "/v2/account/transfers"),
            (Method::Post, "/v2/transfers"),
            (Method::Post, "/v2/ach_relationships"),
            (Method::Post, "/v2/wallets/transfers"),
            (Method::Post, "/v2/wallets/whitelists"),
            (Method::Get, "/v2/wallets"),
            (Method::Post, "/v2/journals"),
            (Method::Post, "/v1/journals"),
            (Method::Put, "/v2/account/configurations"),
            (Method::Post, "/v2/account/configurations"),
            (Method::Delete, "/v2/positions"),
            (Method::Delete, "/v2/positions/AAPL"),
            (Method::Post, "/v2/orders/../wallets/transfers"),
            (Method::Delete, "/v2/orders/.."),
            (Method::Post, "/v2/orders:by_client_order_id"),
        ] {
            let error = sign_request(&authenticator, request(method, path), &key, &CONTEXT).unwrap_err();
            assert!(matches!(error, AuthError::EndpointNotAllowed { .. }), "{path}: {error}");
        }
    }

    #[test]
    fn the_operators_key_can_place_nothing() {
        let operator = AlpacaAuthenticator::for_data(venue());
        let key = secret("PK1", "s");
        for endpoint in ENDPOINTS.iter().filter(|endpoint| !DATA_ENDPOINTS.contains(endpoint)) {
            let asked = request(endpoint.method, &endpoint.path.replace('*', "1"));
            assert!(sign_request(&operator, asked, &key, &CONTEXT).is_err(), "{endpoint:?}");
        }
        assert!(DATA_ENDPOINTS.iter().all(|endpoint| endpoint.method == Method::Get));
    }

    #[test]
    fn secrets_that_cannot_be_are_refused_before_anything_is_sent() {
        let authenticator = AlpacaAuthenticator::new(venue());
        for (key, value) in [("", "s"), ("PK1", ""), ("PK 1", "s"), ("PK1", "s\r\nX: y"), ("PK1", "ü")] {
            let signed = sign_request(
                &authenticator,
                request(Method::Get, "/v2/account"),
                &secret(key, value),
                &CONTEXT,
            );
            assert!(matches!(signed, Err(AuthError::BadSecret(_))), "{key:?} {value:?}");
        }
        assert_eq!(format!("{:?}", DataKey::new("PK1".into(), "hush".into())), "DataKey { .. }");
    }
}
