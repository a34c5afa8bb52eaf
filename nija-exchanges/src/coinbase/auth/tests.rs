//! Tokens: what they say, whose they are, and what gets none.

use super::*;
use aws_lc_rs::{
    encoding::{AsDer, EcPrivateKeyRfc5915Der},
    signature::{
        ECDSA_P256_SHA256_FIXED, ECDSA_P256_SHA256_FIXED_SIGNING, ED25519, EcdsaKeyPair, Ed25519KeyPair,
        KeyPair, UnparsedPublicKey,
    },
};
use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use nija_core::{RequestPurpose, SignedRequest, Timestamp, sign_request};
use serde_json::Value;

const NAME: &str = "organizations/test-organization/apiKeys/test-api-key";
const AT: Timestamp = Timestamp::from_micros(1_700_000_000_123_000);

/// A fresh key as Coinbase gives it out, and its public half.
fn pem_key() -> (String, Vec<u8>) {
    let pair = EcdsaKeyPair::generate(&ECDSA_P256_SHA256_FIXED_SIGNING).unwrap();
    let der: EcPrivateKeyRfc5915Der<'_> = pair.private_key().as_der().unwrap();
    let body = STANDARD.encode(der.as_ref());
    let lines: Vec<&str> =
        body.as_bytes().chunks(64).map(|line| std::str::from_utf8(line).unwrap()).collect();
    let pem = format!("-----BEGIN EC PRIVATE KEY-----\n{}\n-----END EC PRIVATE KEY-----\n", lines.join("\n"));
    (pem, pair.public_key().as_ref().to_vec())
}

fn request(method: Method, path: &str) -> UnsignedRequest {
    UnsignedRequest {
        venue: VenueId::new("coinbase").unwrap(),
        method,
        path: path.to_owned(),
        query: Vec::new(),
        body: RequestBody::Empty,
        purpose: RequestPurpose::Read,
    }
}

fn sign(request: UnsignedRequest, secret: &str) -> Result<SignedRequest, AuthError> {
    sign_request(
        &CoinbaseAuthenticator::new(VenueId::new("coinbase").unwrap(), "api.coinbase.com"),
        request,
        &CredentialSecret::new(NAME.into(), secret.into(), None),
        &SignContext { now: AT, nonce: 0 },
    )
}

/// Header and claims of a token whose signature is checked by `verify`.
fn open(signed: &SignedRequest, verify: impl Fn(&[u8], &[u8]) -> bool) -> (Value, Value) {
    let (name, value) = &signed.headers()[0];
    assert_eq!(*name, "Authorization");
    let token = value.strip_prefix("Bearer ").unwrap();
    let (message, signature) = token.rsplit_once('.').unwrap();
    let decode = |text: &str| URL_SAFE_NO_PAD.decode(text).unwrap();
    assert!(verify(message.as_bytes(), &decode(signature)));
    let (header, claims) = message.split_once('.').unwrap();
    (serde_json::from_slice(&decode(header)).unwrap(), serde_json::from_slice(&decode(claims)).unwrap())
}

fn es256(public: &[u8]) -> impl Fn(&[u8], &[u8]) -> bool {
    move |message, signature| {
        UnparsedPublicKey::new(&ECDSA_P256_SHA256_FIXED, public).verify(message, signature).is_ok()
    }
}

#[test]
fn a_token_names_its_key_its_request_and_its_two_minutes() {
    let (secret, public) = pem_key();
    let signed = sign(request(Method::Get, "/api/v3/brokerage/accounts"), &secret).unwrap();
    let (header, claims) = open(&signed, es256(&public));
    assert_eq!(
        (&header["alg"], &header["typ"], &header["kid"]),
        (&"ES256".into(), &"JWT".into(), &NAME.into())
    );
    assert_eq!(header["nonce"].as_str().unwrap().len(), 64);
    let expected = serde_json::json!({"sub": NAME, "iss": "cdp", "nbf": 1_700_000_000, "exp": 1_700_000_120,
        "uri": "GET api.coinbase.com/api/v3/brokerage/accounts"});
    assert_eq!(claims, expected);
    let other = sign(request(Method::Get, "/api/v3/brokerage/accounts"), &secret).unwrap();
    assert_ne!(open(&other, es256(&public)).0["nonce"], header["nonce"], "no two tokens are the same");
}

#[test]
fn fixture_tokens_say_what_the_official_clients_say() {
    let Some(vectors) = crate::fixtures::json("fixture_tokens", "vectors/coinbase.json") else { return };
    let (secret, public) = pem_key();
    let key = SigningKey::parse(&secret).unwrap();
    let name = vectors["keys"]["key_name"].as_str().unwrap();
    let now = Timestamp::from_micros(vectors["frozen_time"]["unix_ms"].as_i64().unwrap() * 1000);
    let mut checked = 0;
    for vector in vectors["from_clients"].as_array().unwrap() {
        let method = match vector["method"].as_str() {
            Some("GET") => Some(Method::Get),
            Some("POST") => Some(Method::Post),
            None => None,
            other => panic!("{other:?}"),
        };
        let path = vector["target"].as_str().unwrap_or_default().split('?').next().unwrap();
        let uri = vector["claims"]["uri"].as_str();
        let host = uri.map_or("none", |uri| uri.split_once(' ').unwrap().1.split_once('/').unwrap().0);
        let request = method.map(|method| (method, path));
        let token = Token { key_name: name, host, request, now, expires: None }.sign(&key).unwrap();
        let parts: Vec<&str> = token.split('.').collect();
        let decode =
            |text: &str| serde_json::from_slice::<Value>(&URL_SAFE_NO_PAD.decode(text).unwrap()).unwrap();
        let (header, expected) = (decode(parts[0]), &vector["header"]);
        for field in ["alg", "kid", "typ"] {
            assert_eq!(header[field], expected[field], "{}", vector["source"]);
        }
        let length = |header: &Value| header["nonce"].as_str().unwrap().len();
        assert_eq!(length(&header), length(expected), "{}", vector["source"]);
        assert_eq!(decode(parts[1]), vector["claims"], "{}", vector["source"]);
        let signature = URL_SAFE_NO_PAD.decode(parts[2]).unwrap();
        assert!(es256(&public)(format!("{}.{}", parts[0], parts[1]).as_bytes(), &signature));
        checked += 1;
    }
    assert!(checked >= 31);
}

#[test]
fn an_orders_token_ends_early_and_never_late() {
    let (secret, public) = pem_key();
    for (asked, ends) in [(1_700_000_014, 1_700_000_014), (1_700_009_999, 1_700_000_120)] {
        let mut order = request(Method::Post, "/api/v3/brokerage/orders");
        order.query = vec![(EXPIRES.into(), asked.to_string())];
        order.body = RequestBody::Json("{}".to_owned());
        let signed = sign(order, &secret).unwrap();
        assert_eq!(open(&signed, es256(&public)).1["exp"], ends);
        assert_eq!(signed.path_and_query(), "/api/v3/brokerage/orders", "the wish is not sent");
        assert_eq!(signed.body(), Some((b"{}".as_slice(), "application/json")));
    }
}

#[test]
fn tokens_follow_the_venues_clock() {
    let (secret, public) = pem_key();
    let clock = Arc::new(ClockOffset::default());
    clock.measure(AT, AT.plus(std::time::Duration::from_secs(300)), AT, 1000);
    let authenticator =
        CoinbaseAuthenticator::with_clock(VenueId::new("coinbase").unwrap(), "api.coinbase.com", clock);
    let secret = CredentialSecret::new(NAME.into(), secret, None);
    let context = SignContext { now: AT, nonce: 0 };
    let signed =
        sign_request(&authenticator, request(Method::Get, "/api/v3/brokerage/accounts"), &secret, &context);
    assert_eq!(open(&signed.unwrap(), es256(&public)).1["nbf"], 1_700_000_300);
}

#[test]
fn a_streams_token_names_no_request() {
    let (secret, public) = pem_key();
    let signed = sign(request(Method::Get, STREAM), &secret).unwrap();
    assert_eq!(open(&signed, es256(&public)).1.get("uri"), None);
}

#[test]
fn keys_are_read_in_every_form_that_coinbase_gives_out() {
    let (pem, public) = pem_key();
    let escaped = pem.replace('\n', "\\n");
    for secret in [pem.as_str(), escaped.as_str(), &format!("  {pem}\r\n"), &pem.replace('\n', "\r\n")] {
        let signed = sign(request(Method::Get, STREAM), secret).unwrap();
        open(&signed, es256(&public));
    }
    let pkcs8 =
        EcdsaKeyPair::generate_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, &aws_lc_rs::rand::SystemRandom::new())
            .unwrap();
    let pem = format!(
        "-----BEGIN PRIVATE KEY-----\n{}\n-----END PRIVATE KEY-----",
        STANDARD.encode(pkcs8.as_ref())
    );
    assert!(sign(request(Method::Get, STREAM), &pem).is_ok());
    let seed = [7_u8; 32];
    let pair = Ed25519KeyPair::from_seed_unchecked(&seed).unwrap();
    let public = pair.public_key().as_ref();
    let both = STANDARD.encode([&seed, public].concat());
    for secret in [both.as_str(), &format!("{both}\n"), &STANDARD.encode(seed)] {
        let signed = sign(request(Method::Get, STREAM), secret).unwrap();
        let (header, _) = open(&signed, |message, signature| {
            UnparsedPublicKey::new(&ED25519, public).verify(message, signature).is_ok()
        });
        assert_eq!(header["alg"], "EdDSA");
    }
}

#[test]
fn a_secret_of_another_form_is_refused_in_words_that_do_not_repeat_it() {
    let halves = STANDARD.encode([[1_u8; 32], [2_u8; 32]].concat());
    for secret in [
        "",
        "not base64!",
        "c2hvcnQ=",
        &halves,
        "-----BEGIN EC PRIVATE KEY-----",
        "-----BEGIN EC PRIVATE KEY-----\nAAAA\n-----END EC PRIVATE KEY-----",
        "-----BEGIN EC PRIVATE KEY-----\n!!!\n-----END EC PRIVATE KEY-----",
    ] {
        let error = sign(request(Method::Get, STREAM), secret).unwrap_err();
        assert!(matches!(error, AuthError::BadSecret(_)), "{secret}");
        assert!(secret.is_empty() || secret.starts_with("-----") || !error.to_string().contains(secret));
    }
    let (pem, _) = pem_key();
    for name in ["", "  ", "with space", "with\"quote", "with\\"] {
        let secret = CredentialSecret::new(name.into(), pem.clone(), None);
        let authenticator = CoinbaseAuthenticator::new(VenueId::new("coinbase").unwrap(), "h");
        let context = SignContext { now: AT, nonce: 0 };
        let signed = sign_request(&authenticator, request(Method::Get, STREAM), &secret, &context);
        assert!(matches!(signed, Err(AuthError::BadSecret(_))), "{name}");
    }
}

#[test]
fn nothing_that_moves_money_out_or_manages_keys_can_be_signed() {
    let (secret, _) = pem_key();
    for (method, path) in [
        (Method::Post, "/api/v3/brokerage/portfolios/move_funds"),
        (Method::Post, "/api/v3/brokerage/portfolios"),
        (Method::Delete, "/api/v3/brokerage/portfolios/1"),
        (Method::Post, "/api/v3/brokerage/convert/quote"),
        (Method::Post, "/api/v3/brokerage/convert/trade/1"),
        (Method::Get, "/api/v3/brokerage/payment_methods"),
        (Method::Post, "/api/v3/brokerage/intx/allocate"),
        (Method::Post, "/api/v3/brokerage/cfm/sweeps/schedule"),
        (Method::Post, "/api/v3/brokerage/orders/edit"),
        (Method::Post, "/v2/accounts/1/transactions"),
        (Method::Post, "/v2/accounts/1/withdrawals"),
        (Method::Post, "/v2/accounts/1/deposits"),
        (Method::Post, "/api/v3/brokerage/orders/"),
        (Method::Post, "/api/v3/brokerage/orders/../portfolios/move_funds"),
        (Method::Get, "/api/v3/brokerage/orders/historical/a/b"),
        (Method::Get, "/api/v3/brokerage/orders"),
        (Method::Get, "/api/v3/brokerage/orders/historical/a\"b"),
    ] {
        let error = sign(request(method, path), &secret).unwrap_err();
        assert!(matches!(error, AuthError::EndpointNotAllowed { .. }), "{path}: {error}");
    }
    for endpoint in ENDPOINTS {
        for word in
            ["withdraw", "transfer", "move_funds", "portfolio", "convert", "payment", "deposit", "allocate"]
        {
            assert!(!endpoint.path.contains(word), "{}", endpoint.path);
        }
    }
}

#[test]
fn parameters_are_encoded_as_they_are_sent() {
    let (secret, _) = pem_key();
    let mut listing = request(Method::Get, "/api/v3/brokerage/orders/historical/batch");
    listing.query = [
        ("product_ids", "BTC-USD"),
        ("product_ids", "ETH-USD"),
        ("start_date", "2026-01-01T00:00:00.5Z"),
        ("cursor", "a b&c=+ü"),
    ]
    .map(|(name, value)| (name.into(), value.to_owned()))
    .to_vec();
    assert_eq!(
        sign(listing, &secret).unwrap().path_and_query(),
        "/api/v3/brokerage/orders/historical/batch?product_ids=BTC-USD&product_ids=ETH-USD&start_date=2026-01-01T00%3A00%3A00.5Z&cursor=a%20b%26c%3D%2B%C3%BC"
    );
}
