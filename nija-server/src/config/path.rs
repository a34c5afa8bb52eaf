//! Where data lives when nobody says.

use std::path::PathBuf;

use super::ConfigError;

/// `$XDG_DATA_HOME/nija`, else `$HOME/.local/share/nija`.
///
/// # Errors
/// [`ConfigError`] when neither variable is set: pass `--data-dir`.
pub fn default_data_dir() -> Result<PathBuf, ConfigError> {
    let from = |name: &str| std::env::var_os(name).filter(|value| !value.is_empty()).map(PathBuf::from);
    from("XDG_DATA_HOME")
        .or_else(|| from("HOME").map(|home| home.join(".local/share")))
        .map(|base| base.join("nija"))
        .ok_or_else(|| ConfigError("neither XDG_DATA_HOME nor HOME is set; pass --data-dir FOLDER".into()))
}
