use super::*;
use nija_core::{RequestPurpose, SignedRequest, sign_request};

// OKX's documentation names this secret as what one looks like, and no account; it gives no signature to it. These were made with
// another implementation (Python's `hmac`).
const SECRET: &str = "22582BD0CFF14C41EDBF1AB98506286D";
/// 2020-12-08T09:08:57.715Z, the documentation's example.
const AT: i64 = 1_607_418_537_715_999;

fn venue() -> VenueId {
    VenueId::new("okx").unwrap()
}

fn request(method: Method, path: &str, query: &[(&str, &str)], body: Option<&str>) -> UnsignedRequest {
    UnsignedRequest {
        venue: venue(),
        method,
        path: path.to_owned(),
        query: query.iter().map(|(name, value)| ((*name).to_owned().into(), (*value).to_owned())).collect(),
        body: body.map_or(RequestBody::Empty, |text| RequestBody::Json(text.to_owned())),
        purpose: RequestPurpose::Read,
    }
}

fn secret(passphrase: Option<&str>) -> CredentialSecret {
    let key = "6d1b345e-2821-40e2-ad83-4ecb18a06876";
    CredentialSecret::new(key.to_owned(), SECRET.to_owned(), passphrase.map(str::to_owned))
}

fn signed_at(request: UnsignedRequest, micros: i64) -> Result<SignedRequest, AuthError> {
    let context = SignContext { now: Timestamp::from_micros(micros), nonce: 0 };
    sign_request(&OkxAuthenticator::new(venue()), request, &secret(Some("pass words1!")), &context)
}

fn header_of(signed: &SignedRequest, name: &str) -> Option<String> {
    signed.headers().iter().find(|(header, _)| *header == name).map(|(_, value)| value.clone())
}

#[test]
fn signatures_are_those_of_another_implementation() {
    let body = r#"{"instId":"BTC-USDT","lever":"5","mgnMode":"isolated"}"#;
    let list = [("instType", "SPOT"), ("ordType", "a,b"), ("after", "/ ü")];
    for (request, at, stamp, sign) in [
        (
            request(Method::Get, "/api/v5/account/balance", &[("ccy", "BTC")], None),
            AT,
            "2020-12-08T09:08:57.715Z",
            "HiZhvSfMtWJA3uUIVXV3a/bSXNPCWvYFXoGCVS8V4zY=",
        ),
        (
            request(Method::Get, "/api/v5/account/balance", &[], None),
            AT - 715_999,
            "2020-12-08T09:08:57.000Z",
            "47lOZ9e8H4foBu7YtJGvBW1IZFQDkL78n4R74Jje0eQ=",
        ),
        (
            request(Method::Post, "/api/v5/trade/order", &[], Some(body)),
            AT,
            "2020-12-08T09:08:57.715Z",
            "B1CIgFITj5o4lMDG+Uz5juzEGMCIDXO9bxM4MBgQ62g=",
        ),
        (
            request(Method::Get, LOGIN, &[], None),
            1_704_876_947_999_999,
            "1704876947",
            "5/36BgGV6m/6pmdc20zdqk0mzF5ZalmzzPD2fo3wavU=",
        ),
        (
            request(Method::Get, "/api/v5/trade/orders-pending", &list, None),
            AT,
            "2020-12-08T09:08:57.715Z",
            "vrfN7f/wmgk6Dfto4Chh2BqCerfiPDLMbcSXIblS6yo=",
        ),
    ] {
        let signed = signed_at(request, at).unwrap();
        assert_eq!(header_of(&signed, TIMESTAMP).unwrap(), stamp);
        assert_eq!(header_of(&signed, SIGN).unwrap(), sign, "{}", signed.path_and_query());
        assert_eq!(header_of(&signed, PASSPHRASE).unwrap(), "pass words1!");
    }
}

#[test]
fn what_is_signed_is_what_is_sent() {
    let list = [("instType", "SPOT"), ("ordType", "a,b"), ("after", "/ ü")];
    let signed = signed_at(request(Method::Get, "/api/v5/trade/orders-pending", &list, None), AT).unwrap();
    assert_eq!(
        signed.path_and_query(),
        "/api/v5/trade/orders-pending?instType=SPOT&ordType=a,b&after=%2F%20%C3%BC"
    );
    let signed = signed_at(request(Method::Post, "/api/v5/trade/order", &[], Some("{}")), AT).unwrap();
    assert_eq!(signed.body(), Some((&b"{}"[..], "application/json")));
}

#[test]
fn the_moment_after_which_an_order_is_void_is_a_header_and_no_parameter() {
    let order = request(Method::Post, "/api/v5/trade/order", &[(EXPIRES, "1607418540000")], Some("{}"));
    let signed = signed_at(order, AT).unwrap();
    assert_eq!(signed.path_and_query(), "/api/v5/trade/order");
    assert_eq!(header_of(&signed, "expTime").unwrap(), "1607418540000");
    let read = signed_at(request(Method::Get, "/api/v5/account/config", &[], None), AT).unwrap();
    assert_eq!(header_of(&read, "expTime"), None);
}

#[test]
fn an_algo_order_is_signed_for_a_time_that_makes_it_too_old_when_it_expires() {
    let algo = |expires: &str| {
        signed_at(request(Method::Post, "/api/v5/trade/order-algo", &[(EXPIRES, expires)], Some("{}")), AT)
    };
    // Five seconds from now: OKX takes nothing that is older than thirty.
    let signed = algo("1607418542715").unwrap();
    assert_eq!(header_of(&signed, TIMESTAMP).unwrap(), "2020-12-08T09:08:32.715Z");
    assert_eq!(
        (header_of(&signed, "expTime"), signed.path_and_query().as_str()),
        (None, "/api/v5/trade/order-algo")
    );
    assert_eq!(header_of(&algo("1607418599999").unwrap(), TIMESTAMP).unwrap(), "2020-12-08T09:08:57.715Z");
    assert!(algo("soon").is_err());
}

#[test]
fn the_venues_clock_is_followed() {
    let offset = Arc::new(ClockOffset::default());
    let at = Timestamp::from_micros;
    // Halves of an odd number of microseconds are lost.
    offset.measure(at(AT - 1), at(AT - 1 + 60_000_000), at(AT - 1), 0);
    let authenticator = OkxAuthenticator::with_clock(venue(), offset);
    let context = SignContext { now: at(AT), nonce: 0 };
    let request = request(Method::Get, "/api/v5/account/config", &[], None);
    let signed = sign_request(&authenticator, request, &secret(Some("x")), &context).unwrap();
    assert_eq!(header_of(&signed, TIMESTAMP).unwrap(), "2020-12-08T09:09:57.715Z");
}

#[test]
fn nothing_that_moves_money_is_signed() {
    for (method, path) in [
        (Method::Post, "/api/v5/asset/withdrawal"),
        (Method::Post, "/api/v5/asset/transfer"),
        (Method::Post, "/api/v5/asset/convert/trade"),
        (Method::Post, "/api/v5/users/subaccount/modify-apikey"),
        (Method::Post, "/api/v5/account/set-leverage"),
        (Method::Post, "/api/v5/trade/batch-orders"),
        (Method::Get, "/api/v5/asset/balances"),
        (Method::Post, LOGIN),
    ] {
        let refused = signed_at(request(method, path, &[], Some("{}")), AT);
        assert!(matches!(refused, Err(AuthError::EndpointNotAllowed { .. })), "{path}");
    }
}

#[test]
fn keys_of_another_form_are_refused() {
    let context = SignContext { now: Timestamp::from_micros(AT), nonce: 0 };
    let bad = |key: &str, secret: &str, passphrase: Option<&str>| {
        let secret = CredentialSecret::new(key.to_owned(), secret.to_owned(), passphrase.map(str::to_owned));
        let request = request(Method::Get, "/api/v5/account/config", &[], None);
        sign_request(&OkxAuthenticator::new(venue()), request, &secret, &context).is_err()
    };
    assert!(!bad("key", SECRET, Some("words")));
    assert!(bad("", SECRET, Some("words")) && bad("key", "", Some("words")) && bad("key", SECRET, None));
    assert!(bad("key", SECRET, Some("a\r\nOK-ACCESS-KEY: b")) && bad("kéy", SECRET, Some("words")));
}
