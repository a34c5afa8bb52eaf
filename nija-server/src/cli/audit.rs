//! `nija audit`.

use nija::vault::{
    VaultDatabase, checkpoints_of_log, each_audit_record, prove_audit_entry, verify_audit, verify_audit_log,
};
use nija_client::AuditProof;
use std::error::Error;
use std::io::Write as _;
use std::path::PathBuf;

use super::say;
use super::vault::{At, bar};

/// What to do with the audit log, in `vault.db` or on PostgreSQL. All of it reads alone; the server may be running.
#[derive(Debug, clap::Subcommand)]
pub(super) enum Command {
    /// Walk the chain from its start and say whether it is whole and is what the vault signed.
    Verify {
        #[command(flatten)]
        at: At,
        /// The vault's public key as it was pinned (`nija vault status`), hexadecimal. Without it any key is taken that signed
        /// all of the log.
        #[arg(long, value_name = "KEY")]
        pin: Option<String>,
        /// A log file (`audit.log`), to compare with the database; the data folder's own where there is one.
        #[arg(long, value_name = "FILE")]
        log: Option<PathBuf>,
    },
    /// Print a proof that an entry is in the log, for `--check` or for a phone that pinned the key.
    Prove {
        #[command(flatten)]
        at: At,
        /// The entry's number.
        #[arg(required_unless_present = "check")]
        entry: Option<u64>,
        /// Check a proof from standard input against this key instead.
        #[arg(long, value_name = "KEY", conflicts_with = "entry")]
        check: Option<String>,
    },
    /// Print every entry as a line of JSON.
    Export(At),
}

pub(super) fn run(command: Command) -> Result<(), Box<dyn Error>> {
    match command {
        Command::Verify { at, pin, log } => verify(&at, pin.as_deref(), log),
        Command::Prove { check: Some(key), .. } => check(&key),
        Command::Prove { at, entry, .. } => {
            let proof = prove_audit_entry(&database(&at)?, entry.unwrap_or_default())?;
            say(&serde_json::to_string(&proof)?);
            Ok(())
        }
        Command::Export(at) => {
            let mut out = std::io::BufWriter::new(std::io::stdout());
            let mut failed: Option<std::io::Error> = None;
            each_audit_record(&database(&at)?, &mut |record| {
                if failed.is_none() {
                    let line = serde_json::to_string(&record).map_err(std::io::Error::from);
                    failed = line.and_then(|line| writeln!(out, "{line}")).err();
                }
            })?;
            failed.map_or(Ok(()), Err)?;
            Ok(out.flush()?)
        }
    }
}

fn database(at: &At) -> Result<VaultDatabase, Box<dyn Error>> {
    at.place()?.existing()
}

fn key(text: &str) -> Result<[u8; 32], Box<dyn Error>> {
    let mut key = [0; 32];
    hex::decode_to_slice(text, &mut key).map_err(|_| "the key is not 64 hexadecimal digits")?;
    Ok(key)
}

fn verify(at: &At, pin: Option<&str>, log: Option<PathBuf>) -> Result<(), Box<dyn Error>> {
    let database = database(at)?;
    let pinned = pin.map(key).transpose()?;
    let own = at.folder()?.join("audit.log");
    let log = log.or_else(|| own.is_file().then_some(own));
    let kept = log.as_deref().map(checkpoints_of_log).transpose()?.unwrap_or_default();
    let bar = bar("entries");
    let report = verify_audit(&database, pinned.as_ref(), &kept, &mut |walked| {
        bar.set_length(walked);
        bar.set_position(walked);
    })?;
    bar.finish_and_clear();
    say(&format!("the audit chain is whole: {} entries", report.entries));
    match &report.signer {
        None => say("no checkpoint was signed yet"),
        Some(signer) => {
            let behind = report.entries - report.signed_entries;
            say(&format!(
                "{} of them behind {} checkpoints signed by {signer}{}",
                report.signed_entries,
                report.checkpoints,
                if pinned.is_some() { ", the pinned key" } else { "; compare that with the key you pinned" }
            ));
            if behind > 0 {
                say(&format!("the last {behind} are not signed for yet"));
            }
        }
    }
    if let Some(log) = log {
        let report = verify_audit_log(&log, pinned.as_ref())?;
        say(&format!("{} agrees: {} entries", log.display(), report.entries));
    }
    Ok(())
}

fn check(pinned: &str) -> Result<(), Box<dyn Error>> {
    let proof: AuditProof = serde_json::from_reader(std::io::stdin().lock())?;
    proof.verify(&key(pinned)?)?;
    say(&format!(
        "entry {} is in the log of {} entries that the vault signed",
        proof.entry.seq, proof.checkpoint.entries
    ));
    Ok(())
}
