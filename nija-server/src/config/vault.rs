//! `[vault]`: where users' exchange keys are kept.

use nija::VaultConfig;
use nija::vault::{AppRole, HashiServer, VaultDatabase};
use serde::Deserialize;
use std::path::{Path, PathBuf};

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
}

impl FileVault {
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

fn read(key: &str, path: &Path) -> Result<String, ConfigError> {
    std::fs::read_to_string(path)
        .map(|text| text.trim().to_owned())
        .map_err(|error| ConfigError(format!("{key} {}: {error}", path.display())))
}
