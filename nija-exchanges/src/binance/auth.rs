//! How Binance wants private requests signed, and which may be signed at all.
//!
//! The payload is the query and the body exactly as they are sent, percent-encoded; HMAC-SHA256 keys sign it in hexadecimal
//! digits, Ed25519 keys in base64 (rest-api.md, "SIGNED Endpoint security"). On the WebSocket API it is the parameters sorted by
//! name, the API key among them, not percent-encoded (web-socket-api.md, "SIGNED request example").

use aws_lc_rs::{hmac, signature::Ed25519KeyPair};
use base64::{Engine as _, engine::general_purpose::STANDARD};
use nija_core::{
    AuthError, Authenticator, CredentialSecret, Endpoint, Method, OrderReading, RequestBody, SignContext,
    SignedParts, UnsignedRequest, VenueId,
};
use std::borrow::Cow;
use zeroize::Zeroizing;

use crate::transport::query::{UNRESERVED, push};

/// A request that opens the user's own stream on the WebSocket API. It is never sent to this path: its parameters go into a
/// message. Both ways to open it (`session.logon`, `userDataStream.subscribe.signature`) sign the same payload.
pub(super) const STREAM: &str = "/ws-api/v3/userDataStream.subscribe.signature";
/// Listen keys take the API key alone.
pub(super) const LISTEN_KEY: &str = "/api/v3/userDataStream";

/// What the executor asks for, and nothing else: no withdrawal, no transfer, no margin, no sub-account, no key management.
const ENDPOINTS: &[Endpoint] = &[
    at(Method::Get, "/api/v3/account"),
    at(Method::Get, "/api/v3/account/commission"),
    at(Method::Get, "/api/v3/allOrders"),
    at(Method::Get, "/api/v3/myTrades"),
    at(Method::Get, "/api/v3/openOrders"),
    at(Method::Delete, "/api/v3/openOrders"),
    at(Method::Get, "/api/v3/order"),
    at(Method::Post, "/api/v3/order"),
    at(Method::Delete, "/api/v3/order"),
    at(Method::Delete, "/api/v3/orderList"),
    at(Method::Post, "/api/v3/orderList/oco"),
    at(Method::Get, "/sapi/v1/account/apiRestrictions"),
    at(Method::Post, LISTEN_KEY),
    at(Method::Put, LISTEN_KEY),
    at(Method::Post, STREAM),
];

const fn at(method: Method, path: &'static str) -> Endpoint {
    Endpoint { method, path }
}

/// Signs for Binance. Runs inside the signer alone.
#[derive(Debug, Clone)]
pub struct BinanceAuthenticator {
    venue: VenueId,
}

impl BinanceAuthenticator {
    /// Signs for the venue of this id.
    #[must_use]
    pub const fn new(venue: VenueId) -> Self {
        Self { venue }
    }
}

impl Authenticator for BinanceAuthenticator {
    fn venue(&self) -> &VenueId {
        &self.venue
    }

    fn endpoints(&self) -> &[Endpoint] {
        ENDPOINTS
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
        context: &SignContext,
    ) -> Result<SignedParts, AuthError> {
        super::scope::check(request)?;
        let key_id = secret.expose_key("API key of one Binance request").trim();
        if key_id.is_empty() || !are_all(key_id, |byte| byte.is_ascii_alphanumeric()) {
            return Err(AuthError::BadSecret("Binance's API keys are letters and digits"));
        }
        if request.path == STREAM {
            return stream(request, key_id, secret, context);
        }
        let mut query = String::with_capacity(384);
        encode_all(&mut query, &request.query);
        let fields = match &request.body {
            RequestBody::Form(fields) => Some(fields),
            RequestBody::Empty => None,
            RequestBody::Json(_) => return Err(AuthError::BadSecret("Binance takes no JSON bodies")),
        };
        let (form, mut body) = (fields.is_some(), String::new());
        let fields = fields.map_or(&[][..], Vec::as_slice);
        encode_all(&mut body, fields);
        if request.path != LISTEN_KEY {
            if !request.query.iter().chain(fields).any(|(name, _)| name == "timestamp") {
                let last = if form { &mut body } else { &mut query };
                push(last, "timestamp", &(context.now.micros() / 1000).to_string(), UNRESERVED);
            }
            let signature = if form {
                sign(&[query.as_bytes(), body.as_bytes()], secret)?
            } else {
                sign(&[query.as_bytes()], secret)?
            };
            push(if form { &mut body } else { &mut query }, "signature", &signature, UNRESERVED);
        }
        Ok(SignedParts {
            headers: vec![("X-MBX-APIKEY", key_id.to_owned())],
            query,
            body: body.into_bytes(),
            content_type: form.then_some("application/x-www-form-urlencoded"),
        })
    }
}

/// Whether every byte is of a kind. Without a way out in the middle many are checked at once.
fn are_all(text: &str, of_a_kind: impl Fn(u8) -> bool) -> bool {
    text.bytes().fold(true, |all, byte| all & of_a_kind(byte))
}

/// The parameters of a message on the WebSocket API, as `name=value` pairs that are not encoded, the signature last.
fn stream(
    request: &UnsignedRequest,
    key_id: &str,
    secret: &CredentialSecret,
    context: &SignContext,
) -> Result<SignedParts, AuthError> {
    let now = (context.now.micros() / 1000).to_string();
    let mut params: Vec<(&str, &str)> = request.query.iter().map(|(n, v)| (&**n, v.as_str())).collect();
    params.push(("apiKey", key_id));
    if !params.iter().any(|(name, _)| *name == "timestamp") {
        params.push(("timestamp", &now));
    }
    params.sort_unstable();
    let pairs: Vec<String> = params.iter().map(|(name, value)| format!("{name}={value}")).collect();
    let mut query = pairs.join("&");
    let signature = sign(&[query.as_bytes()], secret)?;
    query.push_str("&signature=");
    query.push_str(&signature);
    Ok(SignedParts { headers: Vec::new(), query, body: Vec::new(), content_type: None })
}

/// Signs the concatenation of some bytes, with whichever kind of key the secret is.
fn sign(payload: &[&[u8]], secret: &CredentialSecret) -> Result<String, AuthError> {
    let secret = secret.expose_secret("key of one Binance request").trim();
    // Secrets have 64 signs; a key in PEM is longer than that.
    if secret.len() > 64 && secret.contains("-----BEGIN") {
        return sign_ed25519(&payload.concat(), secret);
    }
    if secret.is_empty() || !are_all(secret, |byte| byte.is_ascii_graphic()) {
        return Err(AuthError::BadSecret(
            "Binance's secrets are letters and digits, or an Ed25519 key in PEM",
        ));
    }
    let mut context = hmac::Context::with_key(&hmac::Key::new(hmac::HMAC_SHA256, secret.as_bytes()));
    payload.iter().for_each(|part| context.update(part));
    Ok(hex(context.sign().as_ref()))
}

/// The 64 digits of a tag; `hex::encode` goes through an iterator of characters.
fn hex(tag: &[u8]) -> String {
    let mut digits = [0_u8; 64];
    match hex::encode_to_slice(tag, &mut digits).ok().and_then(|()| str::from_utf8(&digits).ok()) {
        Some(digits) => digits.to_owned(),
        None => hex::encode(tag),
    }
}

/// Keys as `openssl genpkey -algorithm ed25519` makes them: PKCS#8 in PEM (rest-api.md, "Ed25519 Keys").
fn sign_ed25519(payload: &[u8], pem: &str) -> Result<String, AuthError> {
    const WRONG: AuthError = AuthError::BadSecret("the private key is no Ed25519 key in PKCS#8 PEM");
    let inner = pem
        .split_once("-----BEGIN PRIVATE KEY-----")
        .and_then(|(_, rest)| rest.split_once("-----END PRIVATE KEY-----"))
        .map(|(inner, _)| inner)
        .ok_or(WRONG)?;
    // As long as it gets, so that it never moves and leaves a copy behind.
    let mut base64 = Zeroizing::new(String::with_capacity(inner.len()));
    base64.extend(inner.split_whitespace());
    let der = Zeroizing::new(STANDARD.decode(base64.as_bytes()).map_err(|_| WRONG)?);
    let key = Ed25519KeyPair::from_pkcs8(&der).map_err(|_| WRONG)?;
    Ok(STANDARD.encode(key.sign(payload).as_ref()))
}

fn encode_all(out: &mut String, fields: &[(Cow<'static, str>, String)]) {
    for (name, value) in fields {
        push(out, name, value, UNRESERVED);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use aws_lc_rs::signature::{ED25519, KeyPair, UnparsedPublicKey};
    use nija_core::{RequestPurpose, SignedRequest, Timestamp, sign_request};

    // The keys of Binance's worked examples, which never opened an account, are in the fixtures; this one is made of digits.
    fn secret() -> String {
        (0..64).map(|n| char::from(b'a' + n % 26)).collect()
    }

    fn request(method: Method, path: &str, query: &[(&str, &str)], body: &[(&str, &str)]) -> UnsignedRequest {
        let own = |list: &[(&str, &str)]| {
            list.iter().map(|(n, v)| ((*n).to_owned().into(), (*v).to_owned())).collect()
        };
        UnsignedRequest {
            venue: VenueId::new("binance").unwrap(),
            method,
            path: path.to_owned(),
            query: own(query),
            body: if body.is_empty() { RequestBody::Empty } else { RequestBody::Form(own(body)) },
            purpose: RequestPurpose::Read,
        }
    }

    fn signed(request: UnsignedRequest, key: &str, secret: &str) -> Result<SignedRequest, AuthError> {
        sign_request(
            &BinanceAuthenticator::new(VenueId::new("binance").unwrap()),
            request,
            &CredentialSecret::new(key.into(), secret.into(), None),
            &SignContext { now: Timestamp::from_micros(1_700_000_000_123_456), nonce: 0 },
        )
    }

    fn fields(encoded: &str) -> Vec<(String, String)> {
        url::form_urlencoded::parse(encoded.as_bytes()).into_owned().collect()
    }

    #[test]
    fn fixture_signatures_agree_with_the_published_ones_and_with_another_client() {
        let Some(vectors) = crate::fixtures::json("fixture_binance_signatures", "vectors/binance.json")
        else {
            return;
        };
        let text = |value: &serde_json::Value| value.as_str().unwrap_or_default().to_owned();
        let (key, own) = (text(&vectors["keys"]["api_key"]), text(&vectors["keys"]["secret"]));
        let mut checked = 0;
        for vector in vectors["official"].as_array().unwrap() {
            let secret = CredentialSecret::new(text(&vector["api_key"]), text(&vector["secret"]), None);
            let payload = text(&vector["string_to_sign"]);
            assert_eq!(
                sign(&[payload.as_bytes()], &secret).unwrap(),
                text(&vector["expected"]),
                "{}",
                vector["source"]
            );
            checked += 1;
        }
        // What the other client sent is built here from the same parameters, byte for byte.
        for vector in vectors["from_clients"].as_array().unwrap() {
            let target = text(&vector["target"]);
            let (path, query) = target.split_once('?').unwrap();
            let method = match vector["method"].as_str().unwrap() {
                "GET" => Method::Get,
                "DELETE" => Method::Delete,
                _ => Method::Post,
            };
            let mut query = fields(query);
            query.retain(|(name, _)| name != "signature");
            let mut request = request(method, path, &[], &[]);
            request.query = query.into_iter().map(|(name, value)| (name.into(), value)).collect();
            // The dry run is not on our list: its bytes are checked as an order's.
            if path == "/api/v3/order/test" {
                request.path = "/api/v3/order".to_owned();
            }
            let sent = signed(request, &key, &own).unwrap().path_and_query();
            assert_eq!(
                sent.split_once('?').unwrap().1,
                target.split_once('?').unwrap().1,
                "{}",
                vector["source"]
            );
            checked += 1;
        }
        assert!(checked >= 19, "{checked}");
    }

    #[test]
    fn fixture_the_websocket_payload_is_sorted_and_holds_the_key() {
        let Some(vectors) = crate::fixtures::json("fixture_websocket_payload", "vectors/binance.json") else {
            return;
        };
        // The parameters of the documented order, which this path would never carry, in another order.
        let query = [
            ("symbol", "BTCUSDT"),
            ("side", "SELL"),
            ("type", "LIMIT"),
            ("timeInForce", "GTC"),
            ("quantity", "0.01000000"),
            ("price", "52000.00"),
            ("recvWindow", "100"),
            ("timestamp", "1645423376532"),
        ];
        let text = |name: &str| vectors["official"][2][name].as_str().unwrap();
        let secret = CredentialSecret::new(text("api_key").into(), text("secret").into(), None);
        let context = SignContext { now: Timestamp::from_micros(0), nonce: 0 };
        let order = request(Method::Post, STREAM, &query, &[]);
        let sent = stream(&order, text("api_key"), &secret, &context).unwrap();
        assert_eq!(sent.query, format!("{}&signature={}", text("string_to_sign"), text("expected")));
        assert!(sent.headers.is_empty());
    }

    /// The signature is over the parameters alone: it would be good for the call that they are really for.
    #[test]
    fn the_parameters_of_one_call_are_not_signed_as_those_of_another() {
        let order = [("symbol", "BTCUSDT"), ("side", "BUY"), ("type", "MARKET"), ("quantity", "100")];
        let withdrawal = [("coin", "BTC"), ("address", "bc1q"), ("amount", "100")];
        let transfer = [("type", "MAIN_UMFUTURE"), ("asset", "USDT"), ("amount", "100")];
        for fields in [&order[..], &withdrawal[..], &transfer[..]] {
            for endpoint in ENDPOINTS {
                if (endpoint.method, endpoint.path, fields[0].0) == (Method::Post, "/api/v3/order", "symbol")
                {
                    continue;
                }
                for (query, body) in [(fields, &[][..]), (&[][..], fields)] {
                    let asked = request(endpoint.method, endpoint.path, query, body);
                    let error = signed(asked, "key", &secret()).unwrap_err();
                    assert!(matches!(error, AuthError::ParameterNotAllowed { .. }), "{endpoint:?}: {error}");
                }
            }
        }
        let hidden = [("recvWindow", "5000&side=BUY&symbol=BTCUSDT&type=MARKET&quantity=1")];
        let error = signed(request(Method::Post, STREAM, &hidden, &[]), "key", &secret()).unwrap_err();
        assert!(matches!(error, AuthError::ParameterNotAllowed { .. }), "{error}");
    }

    #[test]
    fn query_and_body_are_signed_together_and_the_signature_is_last() {
        let mixed = request(
            Method::Post,
            "/api/v3/order",
            &[("symbol", "LTCBTC"), ("side", "BUY")],
            &[("quantity", "1"), ("timestamp", "1499827319559")],
        );
        let sent = signed(mixed, "key", &secret()).unwrap();
        let body = std::str::from_utf8(sent.body().unwrap().0).unwrap();
        let expected = sign(
            &[b"symbol=LTCBTC&side=BUYquantity=1&timestamp=1499827319559"],
            &CredentialSecret::new("key".into(), secret(), None),
        )
        .unwrap();
        assert_eq!(sent.path_and_query(), "/api/v3/order?symbol=LTCBTC&side=BUY");
        assert_eq!(body, format!("quantity=1&timestamp=1499827319559&signature={expected}"));
    }

    #[test]
    fn a_timestamp_is_added_where_there_is_none_and_special_characters_are_encoded() {
        let sent =
            signed(request(Method::Get, "/api/v3/order", &[("symbol", "１&=+ %")], &[]), "key", &secret());
        let target = sent.unwrap().path_and_query();
        assert!(
            target.starts_with(
                "/api/v3/order?symbol=%EF%BC%91%26%3D%2B%20%25&timestamp=1700000000123&signature="
            ),
            "{target}"
        );
    }

    #[test]
    fn an_ed25519_key_signs_what_its_public_key_verifies() {
        let pair = Ed25519KeyPair::generate().unwrap();
        for der in [pair.to_pkcs8().unwrap(), pair.to_pkcs8v1().unwrap()] {
            let pem = format!(
                "-----BEGIN PRIVATE KEY-----\n{}\n-----END PRIVATE KEY-----\n",
                STANDARD.encode(der.as_ref())
            );
            let sent =
                signed(request(Method::Get, "/api/v3/account", &[("timestamp", "1")], &[]), "key", &pem)
                    .unwrap();
            let target = sent.path_and_query();
            let sent = fields(target.split_once('?').unwrap().1);
            assert_eq!(sent[0], ("timestamp".to_owned(), "1".to_owned()));
            let signature = STANDARD.decode(&sent[1].1).unwrap();
            UnparsedPublicKey::new(&ED25519, pair.public_key().as_ref())
                .verify(b"timestamp=1", &signature)
                .unwrap();
        }
    }

    #[test]
    fn a_listen_key_is_asked_for_with_the_api_key_alone() {
        let sent = signed(request(Method::Post, LISTEN_KEY, &[], &[]), "key", &secret()).unwrap();
        assert_eq!(sent.path_and_query(), LISTEN_KEY);
        assert_eq!(sent.headers(), [("X-MBX-APIKEY", "key".to_owned())]);
        assert!(sent.body().is_none());
    }

    #[test]
    fn nothing_that_moves_money_out_or_manages_keys_can_be_signed() {
        for path in [
            "/sapi/v1/capital/withdraw/apply",
            "/sapi/v1/localentity/withdraw/apply",
            "/sapi/v1/asset/transfer",
            "/sapi/v1/futures/transfer",
            "/sapi/v1/margin/transfer",
            "/sapi/v1/margin/loan",
            "/sapi/v1/sub-account/universalTransfer",
            "/sapi/v1/sub-account/transfer/subToMaster",
            "/sapi/v1/account/apiRestrictions",
            "/sapi/v1/capital/deposit/address",
            "/sapi/v1/convert/acceptQuote",
            "/sapi/v1/simple-earn/flexible/subscribe",
            "/wapi/v3/withdraw.html",
            "/api/v3/order/",
            "/api/v3/order/../../../sapi/v1/asset/transfer",
            "/api/v3/Order",
            "/api/v3/order/oco",
            "/ws-api/v3/order.place",
            "/ws-api/v3/session.logon",
        ] {
            for method in [Method::Post, Method::Put, Method::Delete] {
                let error = signed(request(method, path, &[], &[]), "key", &secret()).unwrap_err();
                assert!(matches!(error, AuthError::EndpointNotAllowed { .. }), "{path}: {error}");
            }
        }
        for endpoint in ENDPOINTS {
            let name = endpoint.path.to_ascii_lowercase();
            for word in
                ["withdraw", "transfer", "capital", "margin", "sub-account", "loan", "earn", "convert"]
            {
                assert!(!name.contains(word), "{name}");
            }
        }
    }

    #[test]
    fn secrets_of_another_form_are_refused_in_words_that_do_not_repeat_them() {
        let rsa = "-----BEGIN RSA PRIVATE KEY-----\nAAAA\n-----END RSA PRIVATE KEY-----";
        let broken = "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----";
        for secret in [rsa, broken, "", "with space", "-----BEGIN PRIVATE KEY-----"] {
            let error = signed(request(Method::Get, "/api/v3/account", &[], &[]), "key", secret).unwrap_err();
            assert!(matches!(error, AuthError::BadSecret(_)), "{error}");
            assert!(!error.to_string().contains("AAAA"));
        }
        for key in ["", "a b", "a\r\nX: y"] {
            let error =
                signed(request(Method::Get, "/api/v3/account", &[], &[]), key, &secret()).unwrap_err();
            assert!(matches!(error, AuthError::BadSecret(_)), "{error}");
        }
    }
}
