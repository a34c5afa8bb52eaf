//! `[vault]`: where users' exchange keys are kept.

use nija::vault::{AppRole, HashiServer, ServerLogin, VaultDatabase};
use nija::{Upkeep, VaultConfig, VaultRoot};
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
    transit: Vec<String>,
    transit_namespace: Option<String>,
    transit_role_id: Option<String>,
    transit_secret_id_file: Option<PathBuf>,
    transit_token_file: Option<PathBuf>,
    transit_ca_file: Option<PathBuf>,
    transit_mount: Option<String>,
    transit_key: Option<String>,
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

    /// The key server that opens the root, where it lies under one.
    fn transit(&self) -> Result<Option<HashiServer>, ConfigError> {
        let role = (&self.transit_role_id, &self.transit_secret_id_file);
        let login = match (role, &self.transit_token_file) {
            _ if self.transit.is_empty() && !self.says_more_of_transit() => return Ok(None),
            ((Some(role_id), Some(path)), None) if !self.transit.is_empty() => {
                let secret_id = read("vault.transit_secret_id_file", path)?.into();
                ServerLogin::AppRole(AppRole { role_id: role_id.clone(), secret_id })
            }
            ((None, None), Some(path)) if !self.transit.is_empty() => ServerLogin::TokenFile(path.clone()),
            _ => {
                let what = "vault: give transit, and either transit_role_id with transit_secret_id_file or transit_token_file";
                return Err(ConfigError(what.into()));
            }
        };
        let mut server = HashiServer::new(self.transit.clone(), login);
        server.namespace.clone_from(&self.transit_namespace);
        if let Some(path) = &self.transit_ca_file {
            server.root_certificates.push(read("vault.transit_ca_file", path)?.into_bytes());
        }
        if let Some(mount) = &self.transit_mount {
            server.transit_mount.clone_from(mount);
        }
        // Not the key of a vault whose keys are kept there: what opens one must not open the other.
        server.transit_key = self.transit_key.clone().unwrap_or_else(|| "nija-root".into());
        Ok(Some(server))
    }

    const fn says_more_of_transit(&self) -> bool {
        let files = self.transit_secret_id_file.is_some() || self.transit_token_file.is_some();
        let words = self.transit_namespace.is_some() || self.transit_role_id.is_some();
        let places = self.transit_mount.is_some() || self.transit_key.is_some();
        files || words || places || self.transit_ca_file.is_some()
    }

    pub(super) fn into_config(self) -> Result<VaultConfig, ConfigError> {
        let root = self.transit()?.map_or_else(VaultRoot::default, VaultRoot::Transit);
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
        let database = database.map(|url| VaultDatabase::Postgres(url.into()));
        Ok(VaultConfig { root, database, key_server })
    }
}

pub(super) fn read(key: &str, path: &Path) -> Result<String, ConfigError> {
    std::fs::read_to_string(path)
        .map(|text| text.trim().to_owned())
        .map_err(|error| ConfigError(format!("{key} {}: {error}", path.display())))
}
