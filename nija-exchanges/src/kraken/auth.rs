//! How Kraken wants private requests signed, and which may be signed at all.
//!
//! `API-Sign = base64(HMAC-SHA512(base64decode(secret), path + SHA256(nonce + body)))`, the body form-encoded with the nonce in
//! it (docs.kraken.com, Guides: Spot REST authentication).

use aws_lc_rs::{digest, hmac};
use base64::{Engine as _, engine::general_purpose::STANDARD};
use nija_core::{
    AuthError, Authenticator, CredentialSecret, Endpoint, Method, OrderReading, RequestBody, SignContext,
    SignedParts, UnsignedRequest, VenueId,
};
use std::fmt::Write as _;
use zeroize::Zeroizing;

/// What the executor asks for, and nothing else: no withdrawal, no transfer, no staking, no subaccount, no key management.
const ENDPOINTS: &[Endpoint] = &[
    post("/0/private/AddOrder"),
    post("/0/private/BalanceEx"),
    post("/0/private/CancelAll"),
    post("/0/private/CancelOrder"),
    post("/0/private/ClosedOrders"),
    post("/0/private/GetApiKeyInfo"),
    post("/0/private/GetWebSocketsToken"),
    post("/0/private/OpenOrders"),
    post("/0/private/QueryOrders"),
    post("/0/private/TradeVolume"),
    post("/0/private/TradesHistory"),
];

const fn post(path: &'static str) -> Endpoint {
    Endpoint { method: Method::Post, path }
}

/// Signs for Kraken. Runs inside the signer alone.
#[derive(Debug, Clone)]
pub struct KrakenAuthenticator {
    venue: VenueId,
}

impl KrakenAuthenticator {
    /// Signs for the venue of this id.
    #[must_use]
    pub const fn new(venue: VenueId) -> Self {
        Self { venue }
    }
}

impl Authenticator for KrakenAuthenticator {
    fn venue(&self) -> &VenueId {
        &self.venue
    }

    fn endpoints(&self) -> &[Endpoint] {
        ENDPOINTS
    }

    fn needs_nonce(&self) -> bool {
        true
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
        let encoded = secret.expose_secret("HMAC key of one Kraken request");
        let key = Zeroizing::new(
            STANDARD
                .decode(encoded.trim())
                .map_err(|_| AuthError::BadSecret("Kraken's private keys are base64"))?,
        );
        if key.is_empty() {
            return Err(AuthError::BadSecret("the private key is empty"));
        }
        let body = body(request, context.nonce);
        let sign = api_sign(&key, &request.path, NonceText::new(context.nonce).as_bytes(), body.as_bytes());
        let key_id = secret.expose_key("API-Key header of one Kraken request").trim();
        if key_id.is_empty() || !key_id.bytes().all(|b| b.is_ascii_graphic()) {
            return Err(AuthError::BadSecret("the API key has characters that no key has"));
        }
        Ok(SignedParts {
            headers: vec![("API-Key", key_id.to_owned()), ("API-Sign", sign)],
            query: String::new(),
            body: body.into_bytes(),
            content_type: Some("application/x-www-form-urlencoded"),
        })
    }
}

fn api_sign(key: &[u8], path: &str, nonce: &[u8], body: &[u8]) -> String {
    let mut inner = digest::Context::new(&digest::SHA256);
    inner.update(nonce);
    inner.update(body);
    let mut outer = hmac::Context::with_key(&hmac::Key::new(hmac::HMAC_SHA512, key));
    outer.update(path.as_bytes());
    outer.update(inner.finish().as_ref());
    STANDARD.encode(outer.sign().as_ref())
}

/// The very bytes that are signed and sent.
fn body(request: &UnsignedRequest, nonce: u64) -> String {
    let mut body = String::with_capacity(256);
    body.push_str("nonce=");
    body.push_str(NonceText::new(nonce).as_str());
    if let RequestBody::Form(fields) = &request.body {
        for (name, value) in fields.iter().filter(|(name, _)| name != "nonce") {
            body.push('&');
            encode(&mut body, name);
            body.push('=');
            encode(&mut body, value);
        }
    }
    body
}

/// Percent-encodes for a form, as every parser of forms reads it.
fn encode(out: &mut String, text: &str) {
    for byte in text.bytes() {
        match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => out.push(char::from(byte)),
            b' ' => out.push('+'),
            other => {
                // Writing to a string does not fail.
                let _ = write!(out, "%{other:02X}");
            }
        }
    }
}

/// A nonce in decimal digits, without an allocation.
struct NonceText {
    digits: [u8; 20],
    from: usize,
}

impl NonceText {
    fn new(mut number: u64) -> Self {
        let mut digits = [b'0'; 20];
        let mut from = digits.len() - 1;
        while number >= 10 {
            digits[from] = digit(number);
            number /= 10;
            from -= 1;
        }
        digits[from] = digit(number);
        Self { digits, from }
    }

    fn as_bytes(&self) -> &[u8] {
        &self.digits[self.from..]
    }

    fn as_str(&self) -> &str {
        std::str::from_utf8(self.as_bytes()).unwrap_or_default()
    }
}

#[allow(clippy::cast_possible_truncation)] // The rest of a division by ten.
const fn digit(number: u64) -> u8 {
    b'0' + (number % 10) as u8
}

#[cfg(test)]
mod tests {
    use super::*;
    use nija_core::{RequestPurpose, Timestamp, sign_request};

    // The worked example of Kraken's documentation: a published key that never opened an account.
    const DOCUMENTED_SECRET: &str =
        "kQH5HW/8p1uGOVjbgWA7FunAmGO8lsSUXNsu3eow76sz84Q18fWxnyRzBHCd3pd5nE9qa99HAZtuZuj6F1huXg==";

    fn request(path: &str, fields: &[(&str, &str)]) -> UnsignedRequest {
        UnsignedRequest {
            venue: VenueId::new("kraken").unwrap(),
            method: Method::Post,
            path: path.to_owned(),
            query: Vec::new(),
            body: RequestBody::Form(
                fields.iter().map(|(n, v)| ((*n).to_owned().into(), (*v).to_owned())).collect(),
            ),
            purpose: RequestPurpose::Read,
        }
    }

    fn sign(
        request: UnsignedRequest,
        secret: &str,
        nonce: u64,
    ) -> Result<nija_core::SignedRequest, AuthError> {
        sign_request(
            &KrakenAuthenticator::new(VenueId::new("kraken").unwrap()),
            request,
            &CredentialSecret::new("key".into(), secret.into(), None),
            &SignContext { now: Timestamp::from_micros(0), nonce },
        )
    }

    #[test]
    fn the_documented_example_gives_the_documented_signature() {
        let fields = [
            ("ordertype", "limit"),
            ("pair", "XBTUSD"),
            ("price", "37500"),
            ("type", "buy"),
            ("volume", "1.25"),
        ];
        let signed =
            sign(request("/0/private/AddOrder", &fields), DOCUMENTED_SECRET, 1_616_492_376_594).unwrap();
        let sent = signed.body().unwrap();
        assert_eq!(
            std::str::from_utf8(sent.0).unwrap(),
            "nonce=1616492376594&ordertype=limit&pair=XBTUSD&price=37500&type=buy&volume=1.25"
        );
        assert_eq!(
            signed.headers()[1],
            (
                "API-Sign",
                "4/dpxb3iT4tp/ZCVEwSnEsLxx0bqyhLpdfOpc6fn7OR8+UClSV5n9E6aSS8MPtnRfp32bAb0nmbRn6H8ndwLUQ=="
                    .into()
            )
        );
    }

    #[test]
    fn fixture_signatures_agree_with_the_published_ones_and_with_another_client() {
        let Some(vectors) = crate::fixtures::json("fixture_signatures", "vectors/kraken.json") else {
            return;
        };
        let mut checked = 0;
        for list in ["official", "from_clients"] {
            for vector in vectors[list].as_array().unwrap() {
                let secret = vector["secret"].as_str().or(vectors["keys"]["secret"].as_str()).unwrap();
                let text = |name: &str| vector[name].as_str().unwrap();
                let sign = api_sign(
                    &STANDARD.decode(secret).unwrap(),
                    text("path"),
                    text("nonce").as_bytes(),
                    text("body").as_bytes(),
                );
                assert_eq!(sign, text("expected"), "{}", vector["source"]);
                checked += 1;
            }
        }
        assert!(checked >= 14);
    }

    #[test]
    fn nothing_that_moves_money_out_or_manages_keys_can_be_signed() {
        for path in [
            "/0/private/Withdraw",
            "/0/private/WithdrawInfo",
            "/0/private/WithdrawStatus",
            "/0/private/WithdrawCancel",
            "/0/private/WithdrawMethods",
            "/0/private/WithdrawAddresses",
            "/0/private/WalletTransfer",
            "/0/private/AccountTransfer",
            "/0/private/CreateSubaccount",
            "/0/private/DepositAddresses",
            "/0/private/DepositMethods",
            "/0/private/Earn/Allocate",
            "/0/private/Stake",
            "/0/private/Unstake",
            "/0/private/CreateApiKey",
            "/0/private/AddOrder/",
            "/0/private/AddOrder/../Withdraw",
            "/0/private/addorder",
            "/0/public/Withdraw",
        ] {
            let error = sign(request(path, &[]), DOCUMENTED_SECRET, 1).unwrap_err();
            assert!(matches!(error, AuthError::EndpointNotAllowed { .. }), "{path}: {error}");
        }
        for endpoint in ENDPOINTS {
            let name = endpoint.path.to_ascii_lowercase();
            for word in ["withdraw", "transfer", "stake", "earn", "deposit", "subaccount"] {
                assert!(!name.contains(word), "{name}");
            }
        }
    }

    #[test]
    fn another_method_is_not_signed_either() {
        let mut get = request("/0/private/BalanceEx", &[]);
        get.method = Method::Get;
        assert!(matches!(sign(get, DOCUMENTED_SECRET, 1), Err(AuthError::EndpointNotAllowed { .. })));
    }

    #[test]
    fn special_characters_are_encoded_and_a_callers_nonce_is_ignored() {
        let fields = [("nonce", "1"), ("close[price]", "#5%"), ("oflags", "fciq,post"), ("x", "a b~ü")];
        let signed = sign(request("/0/private/AddOrder", &fields), DOCUMENTED_SECRET, u64::MAX).unwrap();
        assert_eq!(
            std::str::from_utf8(signed.body().unwrap().0).unwrap(),
            "nonce=18446744073709551615&close%5Bprice%5D=%235%25&oflags=fciq%2Cpost&x=a+b~%C3%BC"
        );
    }

    #[test]
    fn a_secret_of_another_form_is_refused_in_words_that_do_not_repeat_it() {
        let error = sign(request("/0/private/BalanceEx", &[]), "not base64!", 1).unwrap_err();
        assert!(matches!(error, AuthError::BadSecret(_)));
        assert!(!error.to_string().contains("not base64!"));
    }
}
