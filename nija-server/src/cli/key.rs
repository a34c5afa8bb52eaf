//! `nija key`: a user's exchange keys at a server, from the command line.
//!
//! Secrets come on standard input or in the environment, so that they are in no process list; an exchange key is sealed here.

use nija_client::{
    Client, ClientConfig, SessionTokens, parse_pin,
    wire::{Credential, CredentialPlaintext, KeyRotation},
};
use std::{
    error::Error,
    io::{IsTerminal as _, Read as _},
};

use super::say;

/// Which server, and who is asking: `NIJA_TOKEN` (an access token), or `NIJA_EMAIL` and `NIJA_PASSWORD`.
#[derive(Debug, Clone, clap::Args)]
pub(super) struct At {
    /// The server.
    #[arg(long, value_name = "URL", default_value = "http://127.0.0.1:8080")]
    server: String,
    /// The vault's public key (`nija vault status`): exchange keys are sealed to nothing that it did not sign.
    #[arg(long, value_name = "KEY")]
    pin: Option<String>,
}

/// What to do with one's exchange keys.
#[derive(Debug, clap::Subcommand)]
pub(super) enum Command {
    /// List them, and how each is doing.
    List(At),
    /// Ask the venue now what a key may do.
    Check(OfVenue),
    /// Begin a rotation: the new key (JSON on standard input) is sealed here and verified beside the one in use.
    Rotate(OfVenue),
    /// Put the verified key in place of the old one.
    Switch(OfVenue),
    /// Destroy the old key, if it is proven idle.
    Retire(OfVenue),
    /// Go back to the old key.
    Rollback(OfVenue),
    /// Disconnect a key: nothing is signed with it any more. What the vault stores of it stays, encrypted.
    Revoke(OfKey),
    /// Wipe what the vault stores of a key, for good. Needs `NIJA_PASSWORD`, with `NIJA_TOKEN` as well.
    Destroy(OfKey),
}

/// One key, in use or not: several may have been at a venue.
#[derive(Debug, clap::Args)]
pub(super) struct OfKey {
    #[command(flatten)]
    at: At,
    /// Its id, as `nija key list` shows it.
    id: String,
}

/// The key at a venue.
#[derive(Debug, clap::Args)]
pub(super) struct OfVenue {
    #[command(flatten)]
    at: At,
    /// The venue.
    venue: String,
}

pub(super) async fn run(command: Command) -> Result<(), Box<dyn Error>> {
    match command {
        Command::List(at) => {
            let client = sign_in(&at).await?;
            let (keys, rotations) = (client.credentials().await?, client.key_rotations().await?);
            keys.iter().for_each(show);
            rotations.iter().for_each(show_rotation);
            if keys.is_empty() {
                say("no exchange is connected");
            }
        }
        Command::Check(of) => {
            let client = sign_in(&of.at).await?;
            let keys = client.credentials().await?;
            let key = keys.iter().find(|key| key.venue == of.venue && key.status == "active");
            let key = key.ok_or_else(|| format!("no key is in use at {}", of.venue))?;
            show(&client.check_credential(&key.id).await?);
        }
        Command::Rotate(of) => {
            let pair = key_pair()?;
            let client = sign_in(&of.at).await?;
            let keys = client.credentials().await?;
            let label = keys.iter().find(|key| key.venue == of.venue && key.status == "active");
            let label = label.map_or("my key", |key| key.label.as_str());
            show_rotation(&client.rotate_key(&of.venue, label, &pair).await?);
        }
        Command::Switch(of) => show_rotation(&sign_in(&of.at).await?.switch_key(&of.venue).await?),
        Command::Retire(of) => {
            let rotation = sign_in(&of.at).await?.retire_key(&of.venue).await?;
            show_rotation(&rotation);
            if let Some(problem) = rotation.problem {
                return Err(problem.into());
            }
            say("delete the old key at the venue as well");
        }
        Command::Rollback(of) => show_rotation(&sign_in(&of.at).await?.roll_back_key(&of.venue).await?),
        Command::Revoke(of) => {
            let client = sign_in(&of.at).await?;
            client.revoke_credential(&of.id).await?;
            show(&one(&client, &of.id).await?);
            say("delete the key at the venue as well");
        }
        Command::Destroy(of) => {
            let password = variable("NIJA_PASSWORD").ok_or("set NIJA_PASSWORD: destroying a key needs it")?;
            let client = sign_in(&of.at).await?;
            client.destroy_credential(&of.id, &password).await?;
            show(&one(&client, &of.id).await?);
            say("delete the key at the venue as well; a backup from before has it still, encrypted");
        }
    }
    Ok(())
}

/// A key as it is listed now.
async fn one(client: &Client, id: &str) -> Result<Credential, Box<dyn Error>> {
    let found = client.credentials().await?.into_iter().find(|key| key.id == id);
    Ok(found.ok_or("the key is not listed any more")?)
}

fn variable(name: &str) -> Option<String> {
    std::env::var(name).ok().filter(|value| !value.is_empty())
}

async fn sign_in(at: &At) -> Result<Client, Box<dyn Error>> {
    let mut config = ClientConfig::default();
    config.vault_pin = at.pin.as_deref().map(parse_pin).transpose()?;
    let client = Client::with_config(&at.server, config)?;
    match (variable("NIJA_TOKEN"), variable("NIJA_EMAIL"), variable("NIJA_PASSWORD")) {
        (Some(access_token), ..) => {
            client.restore(SessionTokens { user: None, access_token, refresh_token: None, expires_in: None });
        }
        (None, Some(email), Some(password)) => {
            client.sign_in(&email, &password).await?;
        }
        _ => return Err("set NIJA_TOKEN, or NIJA_EMAIL and NIJA_PASSWORD".into()),
    }
    Ok(client)
}

fn key_pair() -> Result<CredentialPlaintext, Box<dyn Error>> {
    const FORM: &str =
        r#"give the new key on standard input: {"key": "...", "secret": "..."} (and perhaps "passphrase")"#;
    let mut input = std::io::stdin().lock();
    if input.is_terminal() {
        return Err(FORM.into());
    }
    let mut text = zeroize::Zeroizing::new(String::new());
    input.read_to_string(&mut text)?;
    // The parser's words could quote the secret.
    serde_json::from_str(&text).map_err(|_| FORM.into())
}

fn show(key: &Credential) {
    say(&format!("{}  {:?}  version {}  {}  {}", key.venue, key.label, key.version, key.custody, key.status));
    say(&format!("    {}", key.id));
    let Some(health) = key.health.as_ref().filter(|_| key.status == "active") else { return };
    let used = health.last_used_at.as_deref().unwrap_or("never");
    say(&format!("    replace by {}  last used {used}", health.rotate_by));
    for problem in &health.problems {
        say(&format!("    {problem}"));
    }
}

fn show_rotation(it: &KeyRotation) {
    let new = it.new_version.map_or_else(|| "a new key".to_owned(), |version| format!("version {version}"));
    say(&format!("{}  rotation of version {} to {new}: {}", it.venue, it.old_version, it.step));
    if let Some(problem) = &it.problem {
        say(&format!("    {problem}"));
    }
}
