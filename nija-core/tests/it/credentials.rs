//! Secrets: the form in which they are enveloped, and what they never show.

use nija_core::{
    CredentialSecret, Method, NoSigner, OpenPurpose, RequestBody, RequestPurpose, SignError, Signer,
    UnsignedRequest, VenueAccount, sealing_aad,
};
use std::sync::Arc;

use crate::support::{of, user};

fn secret(passphrase: Option<&str>) -> CredentialSecret {
    CredentialSecret::new("key".to_owned(), "s\u{fc}\u{df}".to_owned(), passphrase.map(str::to_owned))
}

#[test]
fn a_secret_comes_out_of_its_envelope_as_it_went_in() {
    for passphrase in [None, Some(""), Some("open")] {
        let bytes = secret(passphrase).to_bytes("to test it");
        let read = CredentialSecret::from_bytes(&bytes).unwrap();
        assert_eq!(read.expose_key("to test it"), "key");
        assert_eq!(read.expose_secret("to test it"), "s\u{fc}\u{df}");
        assert_eq!(read.expose_passphrase("to test it"), passphrase);
    }
}

#[test]
fn anything_else_is_no_secret() {
    let whole = secret(Some("open")).to_bytes("to test it").to_vec();
    let without = secret(None).to_bytes("to test it").len();
    for length in 0..whole.len() {
        // Cut before the passphrase it is one without.
        let read = CredentialSecret::from_bytes(&whole[..length]);
        assert_eq!(read.is_some(), length == without, "{length} bytes");
    }
    let longer = [whole.as_slice(), &[0]].concat();
    assert!(CredentialSecret::from_bytes(&longer).is_none());
    let mut other_version = whole.clone();
    other_version[0] = 2;
    assert!(CredentialSecret::from_bytes(&other_version).is_none());
    let mut endless = whole.clone();
    endless[1..5].copy_from_slice(&u32::MAX.to_be_bytes());
    assert!(CredentialSecret::from_bytes(&endless).is_none());
    let mut no_text = whole;
    no_text[5] = 0xff;
    assert!(CredentialSecret::from_bytes(&no_text).is_none());
}

#[test]
fn a_sealed_secret_is_a_key_a_secret_perhaps_a_passphrase_and_nothing_more() {
    let read = |text: &str| serde_json::from_str::<CredentialSecret>(text);
    assert_eq!(read(r#"{"key":"k","secret":"s"}"#).unwrap().expose_passphrase("to test it"), None);
    for odd in [r#"{"key":"k"}"#, r#"{"key":"k","secret":"s","seed":"x"}"#, r#"["k","s",null,1]"#] {
        assert!(read(odd).is_err(), "{odd}");
    }
}

#[test]
fn nothing_of_a_secret_is_shown() {
    assert_eq!(format!("{:?}", secret(Some("open"))), "CredentialSecret { .. }");
    let account = VenueAccount { user: user(), signer: Arc::new(NoSigner) };
    assert_eq!(format!("{account:?}"), format!("VenueAccount {{ user: {:?}, .. }}", user()));
}

#[test]
fn what_is_sealed_opens_for_its_user_venue_and_key_alone() {
    let sealed = sealing_aad(user(), &of("kraken"), "k1");
    assert_eq!(sealed, format!("{}\0kraken\0k1", user()).into_bytes());
    assert_ne!(sealed, sealing_aad(user(), &of("kraken"), "k2"));
    assert_ne!(sealed, sealing_aad(user(), &of("kraken2"), "k1"));
}

#[tokio::test]
async fn where_no_key_is_needed_nothing_is_signed() {
    let request = UnsignedRequest {
        venue: of("paper"),
        method: Method::Post,
        path: "/order".to_owned(),
        query: Vec::new(),
        body: RequestBody::Empty,
        purpose: RequestPurpose::CancelOrder,
    };
    assert_eq!(NoSigner.sign(request).await.unwrap_err(), SignError::NoKey);
    assert!(NoSigner.credential().as_uuid().is_nil());
}

#[test]
fn the_log_names_why_a_key_was_opened() {
    let names = [OpenPurpose::Trade, OpenPurpose::Verify, OpenPurpose::Reconcile, OpenPurpose::Stream];
    assert_eq!(names.map(OpenPurpose::as_str), ["trade", "verify", "reconcile", "stream"]);
}
