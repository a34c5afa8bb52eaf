//! `nija vault`: the vault of a data folder, from the command line.
//!
//! All of it but `restore` works beside a running server: the database and the vault's own transactions keep them apart.

use indicatif::{ProgressBar, ProgressStyle};
use nija::VaultRoot;
use nija::vault::{
    LocalVault, LocalVaultConfig, Point, RootKey, VaultDatabase, backup_time, deal_root, restore,
    verify_audit,
};
use nija_core::{
    Authenticator, Clock, CredentialId, LedgerError, NonceSource, OsEntropy, SystemClock, Timestamp,
};
use nija_server::config;
use std::error::Error;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::root::{self, Kind};
use super::say;

/// Where the vault is.
#[derive(Debug, Clone, clap::Args)]
pub(super) struct At {
    /// The server's data folder; that of its configuration, or its default, when missing.
    #[arg(long, value_name = "FOLDER")]
    data_dir: Option<PathBuf>,
    /// The server's configuration, which says whether the vault is on PostgreSQL; `./nija.toml` where there is one.
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
}

/// A vault's folder and database.
pub(super) struct Place {
    pub(super) folder: PathBuf,
    pub(super) database: VaultDatabase,
    root: VaultRoot,
}

impl At {
    /// As the server finds it.
    pub(super) fn place(&self) -> Result<Place, Box<dyn Error>> {
        let environment =
            std::env::vars_os().filter_map(|(k, v)| Some((k.into_string().ok()?, v.into_string().ok()?)));
        let config = config::load(self.config.as_deref(), environment)?;
        let folder = self.data_dir.clone().or(config.data_dir).map_or_else(config::default_data_dir, Ok)?;
        let database = config.vault.database.unwrap_or_else(|| folder.join("vault.db").into());
        Ok(Place { folder, database, root: config.vault.root })
    }

    pub(super) fn folder(&self) -> Result<PathBuf, Box<dyn Error>> {
        Ok(self.place()?.folder)
    }
}

impl Place {
    /// The database, where there is a vault in it as far as can be seen from here.
    pub(super) fn existing(&self) -> Result<VaultDatabase, Box<dyn Error>> {
        if matches!(&self.database, VaultDatabase::Sqlite(file) if !file.is_file()) {
            let folder = self.folder.display();
            return Err(
                format!("there is no vault in {folder}; pass --data-dir, or make one with init").into()
            );
        }
        Ok(self.database.clone())
    }

    async fn ask(&self) -> Result<RootKey, Box<dyn Error>> {
        root::ask(&self.folder, &self.root).await
    }

    /// For people: where the vault is. A connection string may hold a password.
    fn shown(&self) -> String {
        match &self.database {
            VaultDatabase::Sqlite(file) => file.display().to_string(),
            _ => "PostgreSQL".to_owned(),
        }
    }
}

/// What to do with the vault.
#[derive(Debug, clap::Subcommand)]
pub(super) enum Command {
    /// Say what is in it: keys, credentials, the audit log. Needs the root.
    Status(At),
    /// Make a new one, under a root of this kind.
    Init {
        #[command(flatten)]
        at: At,
        /// A key file (0600), a passphrase, five shares of which any three open it, or Transit of the key server that the configuration
        /// names. Without it: `transit` where one is named, else `file`.
        #[arg(long, value_enum)]
        root: Option<Kind>,
    },
    /// Give a share of the root to a server that waits for it. The share comes on standard input.
    Unseal(At),
    /// Make a new key-encryption key and a new sealing key, and move everything to them.
    Rotate(At),
    /// Go on with a move to the newest key-encryption key that was cut off.
    Rewrap(At),
    /// Write an encrypted backup of it with its audit log.
    Backup {
        #[command(flatten)]
        at: At,
        /// The file to write, or a folder to put one named by its time in.
        #[arg(long, value_name = "PATH")]
        to: PathBuf,
    },
    /// Make it again from a backup, in a data folder that has none.
    Restore {
        #[command(flatten)]
        at: At,
        #[command(flatten)]
        source: Source,
    },
    /// Restore a backup into a temporary folder, verify its audit log, and open every credential in it.
    Drill {
        #[command(flatten)]
        at: At,
        #[command(flatten)]
        source: Source,
    },
}

/// Which backup.
#[derive(Debug, clap::Args)]
pub(super) struct Source {
    /// A backup, or a folder of them: the newest, where no point is given.
    #[arg(long, value_name = "PATH")]
    from: PathBuf,
    /// The vault as it was at this moment (RFC 3339), by the audit log of the first backup that is not earlier.
    #[arg(long, value_name = "TIME")]
    point: Option<Timestamp>,
    /// The vault as it was after this entry of its audit log, by the newest backup.
    #[arg(long, value_name = "NUMBER", conflicts_with = "point")]
    entry: Option<u64>,
}

pub(super) async fn run(command: Command) -> Result<(), Box<dyn Error>> {
    match command {
        Command::Status(at) => status(&at.place()?).await,
        Command::Init { at, root } => init(&at.place()?, root).await,
        Command::Unseal(at) => super::root::give_share(&at.folder()?).await,
        Command::Rotate(at) => {
            let vault = open(&at.place()?).await?;
            vault.rotate().await?;
            say("a new key-encryption key and a new sealing key are in use");
            rewrap(&vault).await
        }
        Command::Rewrap(at) => rewrap(&open(&at.place()?).await?).await,
        Command::Backup { at, to } => backup(&at.place()?, &to).await,
        Command::Restore { at, source } => restore_into(&at.place()?, &source).await,
        Command::Drill { at, source } => drill(&at.place()?, &source).await,
    }
}

/// The vault without venues: nothing is signed from here.
async fn open(place: &Place) -> Result<LocalVault, Box<dyn Error>> {
    let database = place.existing()?;
    open_under(&database, place.ask().await?)
}

fn open_under(database: &VaultDatabase, root: RootKey) -> Result<LocalVault, Box<dyn Error>> {
    Ok(LocalVault::open(LocalVaultConfig {
        database: database.clone(),
        root,
        // The server's own follows the database: two that write one file would write everything twice.
        audit_file: None,
        clock: Arc::new(SystemClock),
        entropy: Arc::new(OsEntropy::new()?),
        nonces: Arc::new(NoNonces),
        authenticators: Vec::<Arc<dyn Authenticator>>::new(),
    })?)
}

#[derive(Debug)]
struct NoNonces;

#[async_trait::async_trait]
impl NonceSource for NoNonces {
    async fn reserve(&self, _: CredentialId, _: u64, _: u64) -> Result<u64, LedgerError> {
        Err(LedgerError::Storage("the command line signs nothing".into()))
    }
}

async fn status(place: &Place) -> Result<(), Box<dyn Error>> {
    let vault = open(place).await?;
    let (keys, counts) = (vault.keys(), vault.counts().await?);
    say(&format!("vault       {}", place.shown()));
    say(&format!("root        {}", root::kind(&place.folder)?));
    say(&format!("pin         {}", keys.identity));
    for (name, list) in [("kek", &keys.key_encryption), ("sealing", &keys.sealing)] {
        for key in list {
            let state = if key.in_use { "in use" } else { "replaced" };
            say(&format!("{name:<11} {}  made {}  {state}", key.id, key.made_at));
        }
    }
    if keys.key_encryption.len() > 1 {
        say("            a re-wrap is not done: run `nija vault rewrap`");
    }
    for count in counts {
        say(&format!("credentials {} {}: {}", count.custody, count.status, count.credentials));
    }
    let report = verify_audit(&place.database, None, &[], &mut |_| ())?;
    say(&format!("audit log   {} entries, {} of them signed for", report.entries, report.signed_entries));
    Ok(())
}

async fn init(place: &Place, kind: Option<Kind>) -> Result<(), Box<dyn Error>> {
    let folder = &place.folder;
    let usual = if matches!(place.root, VaultRoot::Transit(_)) { Kind::Transit } else { Kind::File };
    let kind = kind.unwrap_or(usual);
    let is_there = match &place.database {
        VaultDatabase::Sqlite(file) => file.exists(),
        // A database without a vault has no log to read.
        database => verify_audit(database, None, &[], &mut |_| ()).is_ok(),
    };
    if is_there {
        return Err(format!("{} is there already", place.shown()).into());
    }
    std::fs::create_dir_all(folder)?;
    let mut shares = Vec::new();
    let root = match kind {
        Kind::File => RootKey::File(folder.join("vault.key")),
        Kind::Passphrase => RootKey::Passphrase(root::passphrase()?),
        Kind::Shamir => {
            let (root, dealt) = deal_root()?;
            shares = dealt;
            RootKey::Unsealed(root)
        }
        Kind::Transit => root::create_under_transit(folder, &place.root).await?,
    };
    root::remember(folder, kind)?;
    let vault = open_under(&place.database, root)?;
    say(&format!("made {}", place.shown()));
    for share in &shares {
        say(share.expose("shown once, to be handed to its keeper"));
    }
    if !shares.is_empty() {
        say(
            "any three of these five open the vault; they are shown this once, so hand each to another keeper",
        );
    }
    say(&format!("devices pin {}", vault.keys().identity));
    vault.close().await;
    Ok(())
}

async fn rewrap(vault: &LocalVault) -> Result<(), Box<dyn Error>> {
    let bar = bar("users");
    let shown = bar.clone();
    let done = vault
        .rewrap(move |at| {
            shown.set_length(at.total);
            shown.set_position(at.done);
        })
        .await?;
    bar.finish_and_clear();
    say(&format!("{} of {} user keys moved, {} old keys retired", done.moved, done.total, done.retired));
    vault.close().await;
    Ok(())
}

async fn backup(place: &Place, to: &Path) -> Result<(), Box<dyn Error>> {
    let vault = open(place).await?;
    let file = if to.is_dir() { to.join(name_of(SystemClock.now())) } else { to.to_owned() };
    let bar = bar("bytes");
    let shown = bar.clone();
    let info = vault
        .back_up(&file, move |done, total| {
            shown.set_length(total);
            shown.set_position(done);
        })
        .await?;
    bar.finish_and_clear();
    vault.close().await;
    say(&format!("{}: {} bytes as of {}, encrypted under the root", file.display(), info.bytes, info.at));
    say("keep the root apart from it: without the root it cannot be restored");
    Ok(())
}

fn name_of(at: Timestamp) -> String {
    let time: String = at.to_string().chars().filter(char::is_ascii_alphanumeric).collect();
    format!("vault-{time}.backup")
}

/// The backup that is meant: the first that is not earlier than the point, since its log says how it was then; else the newest.
fn chosen(source: &Source) -> Result<PathBuf, Box<dyn Error>> {
    if !source.from.is_dir() {
        return Ok(source.from.clone());
    }
    let mut found = Vec::new();
    for file in std::fs::read_dir(&source.from)? {
        let path = file?.path();
        // Other files in the folder are none of ours.
        if let Ok(at) = backup_time(&path) {
            found.push((at, path));
        }
    }
    found.sort();
    let first = source.point.and_then(|point| found.iter().find(|(at, _)| *at >= point));
    first
        .or(found.last())
        .map(|(_, path)| path.clone())
        .ok_or_else(|| format!("there is no backup in {}", source.from.display()).into())
}

/// Restores into a database, and goes back to the point that is meant.
async fn restored(
    backup: &Path,
    source: &Source,
    place: &Place,
    database: &VaultDatabase,
) -> Result<LocalVault, Box<dyn Error>> {
    let bar = bar("bytes");
    let info = restore(backup, place.ask().await?, database, &mut |done, total| {
        bar.set_length(total);
        bar.set_position(done);
    })?;
    bar.finish_and_clear();
    let report = verify_audit(database, None, &[], &mut |_| ())?;
    say(&format!(
        "{} as of {}: the audit chain is whole, {} entries, {} signed for",
        backup.display(),
        info.at,
        report.entries,
        report.signed_entries
    ));
    let vault = open_under(database, place.ask().await?)?;
    vault.record_restore(info.at).await?;
    let point = match (source.point, source.entry) {
        (Some(moment), _) if moment >= info.at => {
            say(&format!("what changed between {} and {moment} is in no backup", info.at));
            return Ok(vault);
        }
        (Some(moment), _) => Point::Time(moment),
        (None, Some(entry)) => Point::Entry(entry),
        (None, None) => return Ok(vault),
    };
    let rewound = vault.rewind(point).await?;
    say(&format!(
        "put back to entry {}: {} credentials and {} policies changed",
        rewound.entry, rewound.credentials, rewound.policies
    ));
    if !rewound.gone.is_empty() {
        say(&format!("{} credentials of then were destroyed since and stay so", rewound.gone.len()));
    }
    Ok(vault)
}

async fn restore_into(place: &Place, source: &Source) -> Result<(), Box<dyn Error>> {
    let backup = chosen(source)?;
    std::fs::create_dir_all(&place.folder)?;
    restored(&backup, source, place, &place.database).await?.close().await;
    say(
        "what users changed after that moment is gone: a key that was revoked since must be revoked again, and one that was erased after the backup, erased again",
    );
    Ok(())
}

async fn drill(place: &Place, source: &Source) -> Result<(), Box<dyn Error>> {
    let (backup, empty) = (chosen(source)?, tempfile::tempdir()?);
    let database = empty.path().join("vault.db").into();
    let vault = restored(&backup, source, place, &database).await?;
    let counter = ProgressBar::new_spinner();
    let shown = counter.clone();
    let checked = vault.open_everything(move |done| shown.set_message(format!("{done} opened"))).await?;
    counter.finish_and_clear();
    vault.close().await;
    say(&format!(
        "{} versions opened, {} locked by their owners' devices, {} without content",
        checked.opened, checked.locked, checked.without_content
    ));
    if checked.failed.is_empty() {
        return Ok(());
    }
    let failed: Vec<_> = checked.failed.iter().map(ToString::to_string).collect();
    Err(format!("{} versions did not open: {}", failed.len(), failed.join(" ")).into())
}

/// A bar on standard error, where that is a terminal.
pub(super) fn bar(unit: &str) -> ProgressBar {
    let bar = ProgressBar::new(0);
    let template = format!("{{bar:40}} {{pos}}/{{len}} {unit} {{elapsed}}");
    if let Ok(style) = ProgressStyle::with_template(&template) {
        bar.set_style(style);
    }
    bar
}
