//! The root of a vault, as an operator gives it.
//!
//! `vault.root` beside the database says of which kind it is; without that file it is a key file. A passphrase comes from the file
//! that `NIJA_VAULT_PASSPHRASE_FILE` names, else from `NIJA_VAULT_PASSPHRASE`; shares come on standard input, one a line; what opens a
//! root under Transit is in the server's configuration.

use nija::VaultRoot;
use nija::vault::{HashiServer, RootKey, Unseal, create_transit_root, open_transit_root};
use std::error::Error;
use std::fmt;
use std::io::{BufRead as _, IsTerminal as _, Write as _};
use std::path::Path;
use zeroize::Zeroizing;

use super::say;

/// Kinds of roots.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub(super) enum Kind {
    /// `vault.key`, readable by its owner alone.
    File,
    /// Derived from words (Argon2id).
    Passphrase,
    /// Five shares; any three.
    Shamir,
    /// `vault.transit`, a ciphertext that OpenBao or HashiCorp Vault opens.
    Transit,
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::File => "key file",
            Self::Passphrase => "passphrase",
            Self::Shamir => "shares (any 3 of 5)",
            Self::Transit => "under Transit of a key server",
        })
    }
}

const MARK: &str = "vault.root";

/// Of which kind a folder's root is.
pub(super) fn kind(folder: &Path) -> Result<Kind, Box<dyn Error>> {
    let mark = folder.join(MARK);
    match std::fs::read_to_string(&mark).as_deref().map(str::trim) {
        Ok("passphrase") => Ok(Kind::Passphrase),
        Ok("shamir") => Ok(Kind::Shamir),
        Ok("transit") => Ok(Kind::Transit),
        Ok(other) => {
            Err(format!("{} says {other:?}, which this version does not know", mark.display()).into())
        }
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(Kind::File),
        Err(error) => Err(format!("{}: {error}", mark.display()).into()),
    }
}

/// Notes the kind for later.
pub(super) fn remember(folder: &Path, kind: Kind) -> Result<(), Box<dyn Error>> {
    let word = match kind {
        Kind::File => return Ok(()),
        Kind::Passphrase => "passphrase\n",
        Kind::Shamir => "shamir\n",
        Kind::Transit => "transit\n",
    };
    let mut file = std::fs::File::create_new(folder.join(MARK))?;
    file.write_all(word.as_bytes())?;
    Ok(file.sync_all()?)
}

/// The root of a folder's vault. `configured` says where a key server is, where the root lies under one.
pub(super) async fn ask(folder: &Path, configured: &VaultRoot) -> Result<RootKey, Box<dyn Error>> {
    match kind(folder)? {
        Kind::File => Ok(RootKey::File(folder.join("vault.key"))),
        Kind::Passphrase => Ok(RootKey::Passphrase(passphrase()?)),
        Kind::Shamir => shares(),
        Kind::Transit => {
            let transit = key_server(configured)?.connect_transit().await?;
            let root = open_transit_root(&transit, &VaultRoot::transit_file(folder)).await?;
            Ok(RootKey::Unsealed(root))
        }
    }
}

/// A new root under a key server.
pub(super) async fn create_under_transit(
    folder: &Path,
    configured: &VaultRoot,
) -> Result<RootKey, Box<dyn Error>> {
    let transit = key_server(configured)?.connect_transit().await?;
    let root = create_transit_root(&transit, &VaultRoot::transit_file(folder)).await?;
    Ok(RootKey::Unsealed(root))
}

fn key_server(configured: &VaultRoot) -> Result<&HashiServer, Box<dyn Error>> {
    let VaultRoot::Transit(server) = configured else {
        return Err("say where the key server is: vault.transit and the keys beside it, in nija.toml".into());
    };
    Ok(server)
}

/// The passphrase.
pub(super) fn passphrase() -> Result<Zeroizing<String>, Box<dyn Error>> {
    if let Some(file) = std::env::var_os("NIJA_VAULT_PASSPHRASE_FILE") {
        let text =
            Zeroizing::new(std::fs::read_to_string(&file).map_err(|error| {
                format!("NIJA_VAULT_PASSPHRASE_FILE, {}: {error}", file.to_string_lossy())
            })?);
        return Ok(Zeroizing::new(text.trim_end_matches(['\r', '\n']).to_owned()));
    }
    std::env::var("NIJA_VAULT_PASSPHRASE").map(Zeroizing::new).map_err(|_| {
        "set NIJA_VAULT_PASSPHRASE_FILE (or NIJA_VAULT_PASSPHRASE) to the vault's passphrase".into()
    })
}

/// Shares from standard input until there are enough.
fn shares() -> Result<RootKey, Box<dyn Error>> {
    let input = std::io::stdin().lock();
    if input.is_terminal() {
        say("type three shares, one a line");
    }
    let mut unseal = Unseal::new();
    for line in input.lines() {
        let line = Zeroizing::new(line?);
        if line.trim().is_empty() {
            continue;
        }
        if let Some(root) = unseal.add(&line)? {
            return Ok(RootKey::Unsealed(root));
        }
    }
    Err(format!("{} more shares are needed", unseal.missing()).into())
}

/// Hands a share to a server that waits for its root.
pub(super) async fn give_share(folder: &Path) -> Result<(), Box<dyn Error>> {
    let mut line = Zeroizing::new(String::new());
    std::io::stdin().lock().read_line(&mut line)?;
    say(&nija_server::give_share(folder, &line).await?);
    Ok(())
}
