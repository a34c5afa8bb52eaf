//! `nija seal`: what a phone or browser does on its own, for scripts.

use nija_client::{
    parse_pin, seal_credential,
    wire::{CredentialPlaintext, SealingKeys},
};
use nija_core::{Clock, SystemClock};
use std::{
    error::Error,
    io::{IsTerminal as _, Read as _},
};

use super::say;

/// Flags of `nija seal`. The key pair itself comes on standard input, so that it is in no process list.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// The answer of `GET /v1/credentials/sealing-key`.
    #[arg(long, value_name = "JSON")]
    sealing_key: String,
    /// The vault's public key (`nija vault status`): sealing keys that it did not sign are refused. Without it they must be
    /// signed by whom they name themselves.
    #[arg(long, value_name = "KEY")]
    pin: Option<String>,
    /// Whose key it is: the `user.id` of the session.
    #[arg(long, value_name = "ID")]
    user: String,
    /// The venue it is for.
    #[arg(long)]
    venue: String,
    /// A name to know it by.
    #[arg(long, default_value = "my key")]
    label: String,
}

pub(super) fn run(args: &Args) -> Result<(), Box<dyn Error>> {
    let mut input = std::io::stdin().lock();
    if input.is_terminal() {
        return Err(r#"give the key on standard input: {"key": "...", "secret": "..."}"#.into());
    }
    let mut text = String::new();
    input.read_to_string(&mut text)?;
    let keys: SealingKeys = serde_json::from_str(&args.sealing_key)
        .map_err(|_| "--sealing-key is not the answer of GET /v1/credentials/sealing-key")?;
    let pin = args.pin.as_deref().map_or_else(|| keys.signed.claimed_signer(), parse_pin)?;
    let keys = keys.signed.verify(&pin, SystemClock.now().micros())?;
    let key = keys.first().ok_or("the vault published no key")?;
    // The parser's words could quote the secret.
    let pair: CredentialPlaintext = serde_json::from_str(&text)
        .map_err(|_| r#"standard input is not {"key": "...", "secret": "..."} (and perhaps "passphrase")"#)?;
    let sealed = seal_credential(&args.user, &args.venue, &args.label, key, &pair)?;
    say(&serde_json::to_string(&sealed)?);
    Ok(())
}
