//! What may be signed, and what is handed to a transport.

use nija_core::{
    AuthError, Authenticator, ClaimedOrder, CredentialSecret, Endpoint, Method, Notional, OrderPolicy,
    OrderReading, PolicyRefusal, RequestBody, RequestPurpose, Side, SignContext, SignedParts, StatedOrder,
    UnsignedRequest, VenueId, check_request, claimed_order, sign_request,
};
use rust_decimal::Decimal;

use crate::support::{START, dec, of};

/// Signs with the key's name, and reads orders as it was told to.
struct Plain {
    venue: VenueId,
    endpoints: Vec<Endpoint>,
    reading: Option<OrderReading>,
}

impl Plain {
    fn reading(reading: OrderReading) -> Self {
        Self { reading: Some(reading), ..Self::new() }
    }

    fn new() -> Self {
        let endpoints = vec![
            Endpoint { method: Method::Get, path: "/balance" },
            Endpoint { method: Method::Post, path: "/order" },
        ];
        Self { venue: of("kraken"), endpoints, reading: None }
    }
}

/// A venue that does not read its requests back.
struct Unread(Plain);

impl Authenticator for Unread {
    fn venue(&self) -> &VenueId {
        &self.0.venue
    }

    fn endpoints(&self) -> &[Endpoint] {
        &self.0.endpoints
    }

    fn needs_nonce(&self) -> bool {
        false
    }

    fn authenticate(
        &self,
        request: &UnsignedRequest,
        secret: &CredentialSecret,
        context: &SignContext,
    ) -> Result<SignedParts, AuthError> {
        self.0.authenticate(request, secret, context)
    }
}

impl Authenticator for Plain {
    fn venue(&self) -> &VenueId {
        &self.venue
    }

    fn endpoints(&self) -> &[Endpoint] {
        &self.endpoints
    }

    fn needs_nonce(&self) -> bool {
        true
    }

    fn order_in(&self, _: &UnsignedRequest) -> OrderReading {
        self.reading.clone().unwrap()
    }

    fn authenticate(
        &self,
        request: &UnsignedRequest,
        secret: &CredentialSecret,
        context: &SignContext,
    ) -> Result<SignedParts, AuthError> {
        if secret.expose_secret("to sign").is_empty() {
            return Err(AuthError::BadSecret("it is empty"));
        }
        let query: Vec<String> =
            request.query.iter().map(|(name, value)| format!("{name}={value}")).collect();
        let (body, content_type) = match &request.body {
            RequestBody::Json(text) => (text.clone().into_bytes(), Some("application/json")),
            _ => (Vec::new(), None),
        };
        let headers = vec![
            ("X-Key", secret.expose_key("to name it").to_owned()),
            ("X-Nonce", context.nonce.to_string()),
        ];
        Ok(SignedParts { headers, query: query.join("&"), body, content_type })
    }
}

fn request(method: Method, path: &str) -> UnsignedRequest {
    UnsignedRequest {
        venue: of("kraken"),
        method,
        path: path.to_owned(),
        query: Vec::new(),
        body: RequestBody::Empty,
        purpose: RequestPurpose::Read,
    }
}

fn order() -> UnsignedRequest {
    let purpose = RequestPurpose::PlaceOrder {
        symbol: of("BTC-USD"),
        side: Side::Buy,
        notional: of::<Notional>("100"),
    };
    let body = RequestBody::Json(r#"{"volume":"1"}"#.to_owned());
    UnsignedRequest { purpose, body, ..request(Method::Post, "/order") }
}

fn secret(secret: &str) -> CredentialSecret {
    CredentialSecret::new("key-id".to_owned(), secret.to_owned(), None)
}

const CONTEXT: SignContext = SignContext { now: START, nonce: 7 };

#[test]
fn what_the_venues_list_does_not_name_is_never_signed() {
    let venue = Plain::new();
    for (method, path) in [
        (Method::Post, "/withdraw"),
        (Method::Delete, "/order"),
        (Method::Put, "/order"),
        (Method::Get, "/order"),
    ] {
        let refused = sign_request(&venue, request(method, path), &secret("s"), &CONTEXT).unwrap_err();
        assert_eq!(refused, AuthError::EndpointNotAllowed { method, path: path.to_owned() });
        let words = format!("{} {path} is not an endpoint that may be signed", method.as_str());
        assert_eq!(refused.to_string(), words);
    }
    let elsewhere = UnsignedRequest { venue: of("binance"), ..request(Method::Get, "/balance") };
    let refused = AuthError::WrongVenue { venue: of("binance") };
    assert_eq!(check_request(&venue, &elsewhere), Err(refused.clone()));
    assert_eq!(sign_request(&venue, elsewhere, &secret("s"), &CONTEXT).unwrap_err(), refused);
    let refused = sign_request(&venue, request(Method::Get, "/balance"), &secret(""), &CONTEXT).unwrap_err();
    assert_eq!(refused.to_string(), "the stored secret is not valid for this venue: it is empty");
}

#[test]
fn a_signed_request_goes_out_as_it_was_signed_and_its_debug_tells_no_key() {
    let venue = Plain::new();
    let query = vec![("symbol".into(), "BTC".to_owned()), ("limit".into(), "5".to_owned())];
    let asked = UnsignedRequest { query, ..request(Method::Get, "/balance") };
    let signed = sign_request(&venue, asked, &secret("s"), &CONTEXT).unwrap();
    assert_eq!((signed.venue().as_str(), signed.method()), ("kraken", Method::Get));
    assert_eq!(signed.path_and_query(), "/balance?symbol=BTC&limit=5");
    assert_eq!(signed.headers(), [("X-Key", "key-id".to_owned()), ("X-Nonce", "7".to_owned())]);
    assert_eq!(signed.body(), None);
    assert_eq!(format!("{signed:?}"), "SignedRequest(kraken GET /balance)");

    let signed = sign_request(&venue, order(), &secret("s"), &CONTEXT).unwrap();
    assert_eq!(signed.path_and_query(), "/order");
    assert_eq!(signed.body(), Some((br#"{"volume":"1"}"#.as_slice(), "application/json")));
}

#[test]
fn the_log_names_what_a_request_was_for() {
    let names = [
        (RequestPurpose::Read, "read"),
        (order().purpose, "place_order"),
        (RequestPurpose::CancelOrder, "cancel_order"),
        (RequestPurpose::OpenStream, "open_stream"),
    ];
    for (purpose, name) in names {
        assert_eq!(purpose.as_str(), name);
    }
}

fn stated() -> StatedOrder {
    let (quantity, limit) = (Some(dec("1")), Some(dec("100")));
    StatedOrder { pair: "BTCUSD".to_owned(), side: Side::Buy, quantity, quote: None, limit }
}

#[test]
fn a_request_must_be_what_its_sender_says_it_is() {
    let of_venue = |reading, asked: &UnsignedRequest| {
        claimed_order(&Plain::reading(reading), asked, true).map(|claimed| claimed.is_some())
    };
    let (read, order) = (request(Method::Get, "/balance"), order());
    assert_eq!(of_venue(OrderReading::NoOrder, &read), Ok(false));
    assert_eq!(of_venue(OrderReading::Order(stated()), &order), Ok(true));
    let contradicted = |words| Err(PolicyRefusal::Contradiction(words));
    assert_eq!(of_venue(OrderReading::NoOrder, &order), contradicted("it places no order"));
    assert_eq!(of_venue(OrderReading::Order(stated()), &read), contradicted("it places an order"));
    assert_eq!(of_venue(OrderReading::Unreadable, &order), Err(PolicyRefusal::Unreadable));
    assert_eq!(of_venue(OrderReading::Unreadable, &read), Err(PolicyRefusal::Unreadable));
}

#[test]
fn a_key_that_is_only_being_checked_signs_no_order_nor_what_may_be_one() {
    for reading in [OrderReading::Order(stated()), OrderReading::Unreadable] {
        for asked in [order(), request(Method::Post, "/order")] {
            let claimed = claimed_order(&Plain::reading(reading.clone()), &asked, false);
            assert_eq!(claimed.unwrap_err(), PolicyRefusal::NotStored);
        }
    }
    let read = request(Method::Get, "/balance");
    assert_eq!(claimed_order(&Plain::reading(OrderReading::NoOrder), &read, false), Ok(None));
}

#[test]
fn of_a_venue_that_does_not_read_its_requests_back_only_reading_ones_are_clear() {
    let venue = Unread(Plain::new());
    assert!(!venue.needs_nonce());
    assert_eq!(claimed_order(&venue, &request(Method::Get, "/balance"), true), Ok(None));
    assert_eq!(claimed_order(&venue, &order(), true), Err(PolicyRefusal::Unreadable));
    assert!(
        sign_request(&venue, order(), &secret("s"), &CONTEXT).is_ok(),
        "without a policy it may be signed"
    );
}

#[test]
fn an_order_is_held_against_the_policy_as_the_request_states_it() {
    let (venue, asked) = (Plain::reading(OrderReading::Order(stated())), order());
    let claimed: ClaimedOrder<'_> = claimed_order(&venue, &asked, true).unwrap().unwrap();
    assert_eq!((claimed.symbol.as_str(), claimed.side, claimed.expected), ("BTC-USD", Side::Buy, of("100")));
    let mut policy = OrderPolicy {
        pairs: [(of("BTC-USD"), None)].into(),
        max_order: Some(of("100")),
        max_buys_per_hour: Some(of("150")),
    };
    assert_eq!(claimed.check(&policy, Decimal::ZERO), Ok(dec("100")));
    let refused = claimed.check(&policy, dec("60")).unwrap_err();
    assert_eq!(refused, PolicyRefusal::TooMuchPerHour { spent: dec("60"), most: dec("150") });
    policy.max_order = Some(of("99"));
    let refused = claimed.check(&policy, Decimal::ZERO).unwrap_err();
    assert_eq!(refused.to_string(), "the order is worth 100, and the user's policy allows 99");
}
