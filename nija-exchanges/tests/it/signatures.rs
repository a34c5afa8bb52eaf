//! What an authenticator signs, the simulator's own verifier accepts; and nothing with any byte of a signed part changed.
//!
//! Each request of a venue is accepted as it was signed, and then every byte of it that is under the signature, or is the signature, or
//! names the key, is changed in turn. `NIJA_SIGNED_REQUESTS` sets how many requests there are (60 of each kind of key unless told otherwise; 1,000
//! take minutes). A kind of key is one line in `kinds!`.
#![allow(clippy::print_stdout)] // Figures for whoever runs it for longer.

use nija_core::{
    Authenticator, Clock, CredentialSecret, Method, RequestBody, RequestPurpose, SignContext, SystemClock,
    UnsignedRequest, sign_request,
};
use nija_exchanges::{
    alpaca::{AlpacaAuthenticator, OAUTH},
    binance::BinanceAuthenticator,
    coinbase::CoinbaseAuthenticator,
    kraken::KrakenAuthenticator,
    okx::OkxAuthenticator,
};
use nija_sim::{Account, NewAccount, Sim, SimHandle, VenueKind};
use rand::{RngExt, SeedableRng, seq::IndexedRandom};
use rand_chacha::ChaCha8Rng;

use crate::support::id;
use crate::{alpaca_verify, binance_verify, coinbase::tokens, okx::verify as okx_verify};

const SEED: u64 = 20_261_126;

/// A kind of key at a venue, and how its requests are told from refused ones.
struct Kind {
    venue: VenueKind,
    authenticator: Box<dyn Authenticator>,
    /// The secret of an account of this kind, where it is not the venue's usual one.
    secret: Option<String>,
    credential: fn(&Account) -> CredentialSecret,
    request: fn(&mut ChaCha8Rng) -> UnsignedRequest,
    signed: fn(&Sent) -> Vec<Spot>,
    /// Whether an answer says that the credential or the signature is wrong.
    refused: fn(u16, &str) -> bool,
}

/// A request as it goes out.
#[derive(Debug, Clone)]
struct Sent {
    method: &'static str,
    target: String,
    headers: Vec<(String, Vec<u8>)>,
    body: Vec<u8>,
}

/// A byte of it.
#[derive(Debug, Clone, Copy)]
enum Spot {
    Target(usize),
    Header(usize, usize),
    Body(usize),
}

impl Sent {
    /// With one byte changed into another that could stand there.
    fn with(&self, spot: Spot, rng: &mut ChaCha8Rng) -> Self {
        let mut changed = self.clone();
        let mut target = changed.target.into_bytes();
        let byte = match spot {
            Spot::Target(at) => &mut target[at],
            Spot::Header(nth, at) => &mut changed.headers[nth].1[at],
            Spot::Body(at) => &mut changed.body[at],
        };
        let before = *byte;
        // Never the same letter in the other case: hexadecimal digits do not tell them apart.
        let others = b"abcdxyzABCXYZ0123456789-_".iter().filter(|other| !other.eq_ignore_ascii_case(&before));
        *byte = *others.copied().collect::<Vec<u8>>().choose(rng).unwrap();
        changed.target = String::from_utf8(target).unwrap();
        changed
    }

    fn headers_from(&self, skip: usize) -> Vec<Spot> {
        let each = self.headers.iter().enumerate();
        each.flat_map(|(nth, (_, value))| (skip..value.len()).map(move |at| Spot::Header(nth, at))).collect()
    }

    fn body(&self) -> Vec<Spot> {
        (0..self.body.len()).map(Spot::Body).collect()
    }

    fn path(&self) -> std::ops::Range<usize> {
        0..self.target.find('?').unwrap_or(self.target.len())
    }

    fn query(&self) -> std::ops::Range<usize> {
        self.target.find('?').map_or(0..0, |at| at + 1..self.target.len())
    }
}

/// Kraken signs path, nonce and body.
fn kraken(rng: &mut ChaCha8Rng) -> UnsignedRequest {
    let text = |rng: &mut ChaCha8Rng| -> String {
        let alphabet: Vec<char> = "abcXYZ019 /+%&=?:-_.,~*ü€\u{1F600}".chars().collect();
        (0..rng.random_range(1..20)).map(|_| alphabet[rng.random_range(0..alphabet.len())]).collect()
    };
    let calls = [
        "BalanceEx",
        "TradeVolume",
        "GetApiKeyInfo",
        "GetWebSocketsToken",
        "AddOrder",
        "CancelOrder",
        "OpenOrders",
        "ClosedOrders",
        "QueryOrders",
        "TradesHistory",
    ];
    let fields =
        (0..rng.random_range(0..4)).map(|nth| (format!("{nth}{}", text(rng)).into(), text(rng))).collect();
    UnsignedRequest {
        venue: id("kraken"),
        method: Method::Post,
        path: format!("/0/private/{}", calls.choose(rng).unwrap()),
        query: Vec::new(),
        body: RequestBody::Form(fields),
        purpose: RequestPurpose::Read,
    }
}

fn pair(account: &Account) -> CredentialSecret {
    CredentialSecret::new(account.key.clone(), account.secret.clone(), None)
}

fn ed25519_pem() -> String {
    use base64::Engine as _;
    let der = aws_lc_rs::signature::Ed25519KeyPair::generate().unwrap().to_pkcs8().unwrap();
    let der = base64::engine::general_purpose::STANDARD.encode(der.as_ref());
    format!("-----BEGIN PRIVATE KEY-----\n{der}\n-----END PRIVATE KEY-----\n")
}

fn ed25519_seed() -> String {
    use base64::Engine as _;
    let mut rng = ChaCha8Rng::seed_from_u64(SEED);
    let seed: Vec<u8> = (0..32).map(|_| rng.random()).collect();
    base64::engine::general_purpose::STANDARD.encode(seed)
}

fn kraken_kind() -> Kind {
    Kind {
        venue: VenueKind::Kraken,
        authenticator: Box::new(KrakenAuthenticator::new(id("kraken"))),
        secret: None,
        credential: pair,
        request: kraken,
        // The path but for what makes it private, both headers, the body.
        signed: |sent| {
            let path = ("/0/private/".len()..sent.path().end).map(Spot::Target);
            path.chain(sent.headers_from(0)).chain(sent.body()).collect()
        },
        refused: |status, body| {
            status == 404 || body.contains("\"EAPI:Invalid") || body.contains("\"EGeneral:Unknown method")
        },
    }
}

fn coinbase_kind(secret: Option<String>) -> Kind {
    Kind {
        venue: VenueKind::Coinbase,
        authenticator: Box::new(CoinbaseAuthenticator::new(id("coinbase"), "api.coinbase.com")),
        secret,
        credential: pair,
        request: tokens::request,
        // The token, and the path that it names. Query and body are under no signature of Coinbase's.
        signed: |sent| {
            let path = ("/api/v3/brokerage/".len()..sent.path().end).map(Spot::Target);
            path.chain(sent.headers_from("Bearer ".len())).collect()
        },
        refused: |status, _| status == 401,
    }
}

fn binance_kind(secret: Option<String>) -> Kind {
    Kind {
        venue: VenueKind::Binance,
        authenticator: Box::new(BinanceAuthenticator::new(id("binance"))),
        secret,
        credential: pair,
        request: binance_verify::request,
        // Query, body and key. The path is under no signature of Binance's.
        signed: |sent| {
            sent.query().map(Spot::Target).chain(sent.headers_from(0)).chain(sent.body()).collect()
        },
        refused: |_, body| {
            let answer: serde_json::Value = serde_json::from_str(body).unwrap_or_default();
            let about = answer["msg"].as_str().unwrap_or_default();
            match answer["code"].as_i64() {
                Some(-1021 | -1022 | -2014 | -2015) => true,
                // The change hit what makes it a signed request at all.
                Some(-1108..=-1100) => {
                    about.contains("signature") || about.contains("timestamp") || about.contains("characters")
                }
                _ => false,
            }
        },
    }
}

fn okx_kind() -> Kind {
    Kind {
        venue: VenueKind::Okx,
        authenticator: Box::new(OkxAuthenticator::new(id("okx"))),
        secret: None,
        credential: |account| {
            CredentialSecret::new(account.key.clone(), account.secret.clone(), account.passphrase.clone())
        },
        request: okx_verify::request,
        // The path but for what makes it private, query, body, and all four headers.
        signed: |sent| {
            let path = ("/api/v5/".len()..sent.path().end).map(Spot::Target);
            let query = sent.query().map(Spot::Target);
            path.chain(query).chain(sent.headers_from(0)).chain(sent.body()).collect()
        },
        refused: |status, body| {
            let answer: serde_json::Value = serde_json::from_str(body).unwrap_or_default();
            // API class, or no such call.
            status == 404 || answer["code"].as_str().is_some_and(|code| code.starts_with("501"))
        },
    }
}

fn alpaca_kind(credential: fn(&Account) -> CredentialSecret, signed: fn(&Sent) -> Vec<Spot>) -> Kind {
    Kind {
        venue: VenueKind::Alpaca,
        authenticator: Box::new(AlpacaAuthenticator::new(id("alpaca"))),
        secret: None,
        credential,
        request: alpaca_verify::request,
        // There is no signature: the credential itself is sent.
        signed,
        refused: |status, _| status == 401,
    }
}

/// One request after another, each with every byte changed in turn and then as it was signed.
async fn check(kind: Kind) {
    let requests =
        std::env::var("NIJA_SIGNED_REQUESTS").ok().and_then(|text| text.parse().ok()).unwrap_or(60);
    let mut rng = ChaCha8Rng::seed_from_u64(SEED);
    let builder = Sim::builder().venues([kind.venue]).accounts(1).no_limits().paused(true);
    let sim: SimHandle = builder.start().await.unwrap();
    let venue = sim.venue(kind.venue);
    let account = venue.add_account(NewAccount { secret: kind.secret.clone(), ..NewAccount::default() });
    let secret = (kind.credential)(&account);
    let mut changes = 0;
    for nth in 0..requests {
        let context = SignContext { now: SystemClock.now(), nonce: 1_700_000_000_000_000 + nth };
        let request = (kind.request)(&mut rng);
        let signed = sign_request(kind.authenticator.as_ref(), request, &secret, &context).unwrap();
        let headers = signed.headers().iter();
        let sent = Sent {
            method: signed.method().as_str(),
            target: signed.path_and_query(),
            headers: headers.map(|(name, value)| ((*name).to_owned(), value.clone().into_bytes())).collect(),
            body: signed.body().map(|(body, _)| body.to_vec()).unwrap_or_default(),
        };
        let ask = |sent: &Sent| venue.request(sent.method, &sent.target, &sent.headers, &sent.body).unwrap();
        for spot in (kind.signed)(&sent) {
            let changed = sent.with(spot, &mut rng);
            let (status, body) = ask(&changed);
            assert!(
                (kind.refused)(status, &body),
                "{nth}: {spot:?} of {sent:?} was changed: {status} {body:.300}"
            );
            changes += 1;
        }
        let (status, body) = ask(&sent);
        assert!(!(kind.refused)(status, &body) && status < 500, "{nth}: {sent:?}: {status} {body:.300}");
    }
    println!("{requests} requests, {changes} changes refused");
    assert!(changes > requests * 10);
}

/// A kind of key is one line.
macro_rules! kinds {
    ($($name:ident: $kind:expr;)*) => {
        $(
            #[tokio::test]
            async fn $name() {
                check($kind).await;
            }
        )*
    };
}

kinds! {
    kraken_hmac: kraken_kind();
    coinbase_es256: coinbase_kind(None);
    coinbase_eddsa: coinbase_kind(Some(ed25519_seed()));
    binance_hmac: binance_kind(None);
    binance_ed25519: binance_kind(Some(ed25519_pem()));
    okx_hmac: okx_kind();
    alpaca_key_pair: alpaca_kind(pair, |sent| sent.headers_from(0));
    alpaca_oauth: alpaca_kind(
        |account| CredentialSecret::new(OAUTH.to_owned(), account.secret.clone(), None),
        |sent| sent.headers_from("Bearer ".len()),
    );
}
