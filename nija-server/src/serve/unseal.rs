//! A vault whose root nobody has alone: the server waits for its shares before it opens anything.
//!
//! Shares come through a socket in the data folder, which its owner alone can reach: `nija vault unseal` writes one line and
//! reads one. They are in memory until the vault is open and nowhere else.

use nija::VaultRoot;
use nija::vault::Unseal;
use std::path::Path;
use std::time::Duration;
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::{UnixListener, UnixStream};
use zeroize::Zeroizing;

use super::StartError;

const SOCKET: &str = "unseal.sock";
/// A share is about a hundred characters.
const LONGEST: u64 = 1024;
/// Whoever connects and says nothing must not keep the others out.
const PATIENCE: Duration = Duration::from_secs(30);

/// The root of a folder's vault; waits where it takes shares. `configured` is one that a key server opens, or nothing of note.
pub(super) async fn root(folder: &Path, configured: &VaultRoot) -> Result<VaultRoot, StartError> {
    let mark = folder.join("vault.root");
    let kind = match std::fs::read_to_string(&mark) {
        Ok(kind) => kind,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => "file".into(),
        Err(error) => return Err(StartError::Unseal(format!("{}: {error}", mark.display()))),
    };
    let is_transit = matches!(configured, VaultRoot::Transit(_));
    match kind.trim() {
        "transit" if is_transit => Ok(configured.clone()),
        "transit" => Err(StartError::Unseal(
            "the vault's root lies under a key server: say where that is, with vault.transit and the keys beside it".into(),
        )),
        // Another root than the one that was meant must not be made or used in silence.
        _ if is_transit => Err(StartError::Unseal(format!(
            "vault.transit is configured, and {} has no vault under it: make one with `nija vault init --root transit`",
            folder.display()
        ))),
        "file" => Ok(VaultRoot::KeyFile),
        "passphrase" => passphrase().map(VaultRoot::Passphrase),
        "shamir" => shares(folder).await,
        other => {
            Err(StartError::Unseal(format!("{} says {other:?}, which is no kind of root", mark.display())))
        }
    }
}

fn passphrase() -> Result<Zeroizing<String>, StartError> {
    let Some(file) = std::env::var_os("NIJA_VAULT_PASSPHRASE_FILE") else {
        let missing = "set NIJA_VAULT_PASSPHRASE_FILE (or NIJA_VAULT_PASSPHRASE) to the vault's passphrase";
        return std::env::var("NIJA_VAULT_PASSPHRASE")
            .map(Zeroizing::new)
            .map_err(|_| StartError::Unseal(missing.into()));
    };
    let text = std::fs::read_to_string(&file)
        .map_err(|error| StartError::Unseal(format!("{}: {error}", file.to_string_lossy())))?;
    let text = Zeroizing::new(text);
    Ok(Zeroizing::new(text.trim_end_matches(['\r', '\n']).to_owned()))
}

async fn shares(folder: &Path) -> Result<VaultRoot, StartError> {
    let path = folder.join(SOCKET);
    // One that a killed server left behind; the lock on the folder says that no other is running.
    match std::fs::remove_file(&path) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => return Err(error.into()),
        _ => {}
    }
    let listener = UnixListener::bind(&path)?;
    std::fs::set_permissions(&path, std::os::unix::fs::PermissionsExt::from_mode(0o600))?;
    let (mut unseal, mut taken) = (Unseal::new(), Vec::new());
    tracing::warn!(missing = unseal.missing(), "the vault is sealed: give shares with `nija vault unseal`");
    let unsealed = loop {
        let (stream, _) = listener.accept().await?;
        match tokio::time::timeout(PATIENCE, take(stream, &mut unseal, &mut taken)).await {
            Ok(Ok(true)) => break Ok(VaultRoot::Shares(taken)),
            Ok(Ok(false)) => tracing::info!(missing = unseal.missing(), "a share was given"),
            Ok(Err(error)) => tracing::warn!(%error, "whoever came with a share went away"),
            Err(_) => tracing::warn!("whoever came with a share said nothing"),
        }
    };
    std::fs::remove_file(&path)?;
    unsealed
}

/// One share of one connection; whether it was the last.
async fn take(
    stream: UnixStream,
    unseal: &mut Unseal,
    taken: &mut Vec<Zeroizing<String>>,
) -> std::io::Result<bool> {
    let mut stream = BufReader::new(stream);
    let mut line = Zeroizing::new(String::with_capacity(256));
    (&mut stream).take(LONGEST).read_line(&mut line).await?;
    let before = unseal.missing();
    let (answer, is_done) = match unseal.add(&line) {
        Ok(Some(_)) => ("the vault is unsealed".to_owned(), true),
        Ok(None) => (format!("{} more shares are needed", unseal.missing()), false),
        Err(error) => {
            if unseal.missing() > before {
                // Shares that do not belong together: all are asked for again.
                taken.clear();
            }
            (error.to_string(), false)
        }
    };
    if is_done || unseal.missing() < before {
        taken.push(Zeroizing::new(line.trim().to_owned()));
    }
    stream.get_mut().write_all(format!("{answer}\n").as_bytes()).await?;
    Ok(is_done)
}

/// Hands one share to the server of a data folder that waits for it; answers with what it says.
///
/// # Errors
/// When no server waits there.
pub async fn give_share(folder: &Path, share: &str) -> std::io::Result<String> {
    let path = folder.join(SOCKET);
    let mut stream = UnixStream::connect(&path).await.map_err(|error| {
        std::io::Error::new(
            error.kind(),
            format!("no server waits for a share at {}: {error}", path.display()),
        )
    })?;
    let line = Zeroizing::new(format!("{}\n", share.trim()));
    stream.write_all(line.as_bytes()).await?;
    let mut answer = String::new();
    BufReader::new(stream.take(LONGEST)).read_line(&mut answer).await?;
    Ok(answer.trim_end().to_owned())
}
