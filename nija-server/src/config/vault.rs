//! `[vault]`: where users' exchange keys are kept.

use nija::vault::{AppRole, HashiServer, VaultDatabase};
use nija::{Upkeep, VaultConfig};
use serde::Deserialize;
use std::path::{Path, PathBuf};
use std::time::Duration;

use super::ConfigError;

/// As it is written. Secrets are in files of their own.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct FileVault {
    postgres_file: Option<PathBuf>,
    openbao: Vec<String>,
    openbao_namespace: Option<String>,
    openbao_role_id: Option<String>,
    openbao_secret_id_file: Option<PathBuf>,
    openbao_ca_file: Option<PathBuf>,
    rotate_after_days: Option<u32>,
    check_keys_every_hours: Option<u32>,
    remind_after_days: Option<u32>,
}

impl FileVault {
    /// How often what is due is done.
    pub(super) fn upkeep(&self) -> Result<Upkeep, ConfigError> {
        let mut upkeep = Upkeep::default();
        for (key, given, unit, to) in [
            ("rotate_after_days", self.rotate_after_days, 24 * 3600, &mut upkeep.rotate_after),
            ("check_keys_every_hours", self.check_keys_every_hours, 3600, &mut upkeep.check_keys_every),
            ("remind_after_days", self.remind_after_days, 24 * 3600, &mut upkeep.remind_after),
        ] {
            match given {
                None => {}
                Some(1..=3650) => *to = Duration::from_secs(unit * u64::from(given.unwrap_or(1))),
                Some(other) => {
                    return Err(ConfigError(format!("vault.{key} is {other}; it must be 1 to 3650")));
                }
            }
        }
        Ok(upkeep)
    }

    pub(super) fn into_config(self) -> Result<VaultConfig, ConfigError> {
        let database =
            self.postgres_file.as_deref().map(|path| read("vault.postgres_file", path)).transpose()?;
        let key_server = match (&self.openbao_role_id, &self.openbao_secret_id_file) {
            (Some(role_id), Some(path)) if !self.openbao.is_empty() => {
                let secret_id = read("vault.openbao_secret_id_file", path)?.into();
                let app_role = AppRole { role_id: role_id.clone(), secret_id };
                let mut server = HashiServer::new(self.openbao.clone(), app_role);
                server.namespace = self.openbao_namespace;
                if let Some(path) = self.openbao_ca_file {
                    server.root_certificates.push(read("vault.openbao_ca_file", &path)?.into_bytes());
                }
                Some(server)
            }
            (None, None) if self.openbao.is_empty() => None,
            _ => {
                let what = "vault: give openbao, openbao_role_id and openbao_secret_id_file, or none of them";
                return Err(ConfigError(what.into()));
            }
        };
        Ok(VaultConfig {
            database: database.map(|url| VaultDatabase::Postgres(url.into())),
            key_server,
            ..VaultConfig::default()
        })
    }
}

pub(super) fn read(key: &str, path: &Path) -> Result<String, ConfigError> {
    std::fs::read_to_string(path)
        .map(|text| text.trim().to_owned())
        .map_err(|error| ConfigError(format!("{key} {}: {error}", path.display())))
}
