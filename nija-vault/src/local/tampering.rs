//! For tests: someone who can write the database, and has no key.

use async_trait::async_trait;
use nija_core::{UserId, VaultError};

use super::LocalVault;
use crate::MemoryVault;
use crate::store::{in_transaction, values};
use crate::testing::{Kept, Tampering};

#[async_trait]
impl Tampering for LocalVault {
    async fn kept(&self, user: UserId) -> Result<Kept, VaultError> {
        let rows = self
            .inner
            .read(move |sql| {
                sql.all(
                    r#"SELECT id, status, version FROM credentials WHERE "user" = ?1"#,
                    values![user.as_uuid().as_bytes()],
                    |row| Ok((row.get::<[u8; 16]>(0)?, row.get::<String>(1)?, row.get::<u32>(2)?)),
                )
            })
            .await?;
        serde_json::to_value(rows).map(Kept).map_err(|error| VaultError::Storage(error.to_string()))
    }

    async fn put_back(&self, _: UserId, kept: &Kept) -> Result<(), VaultError> {
        let rows: Vec<([u8; 16], String, u32)> =
            serde_json::from_value(kept.0.clone()).map_err(|error| VaultError::Storage(error.to_string()))?;
        let database = std::sync::Arc::clone(&self.inner.database);
        let write = move || {
            in_transaction(database.writer()?.as_mut(), |sql| {
                for (id, status, version) in &rows {
                    let put = "UPDATE credentials SET status = ?2, version = ?3 WHERE id = ?1";
                    sql.run(put, values![id, status, *version])?;
                }
                Ok(())
            })
        };
        tokio::task::spawn_blocking(write).await.map_err(|error| VaultError::Storage(error.to_string()))?
    }
}

#[async_trait]
impl Tampering for MemoryVault {
    async fn kept(&self, user: UserId) -> Result<Kept, VaultError> {
        self.local().kept(user).await
    }

    async fn put_back(&self, user: UserId, kept: &Kept) -> Result<(), VaultError> {
        self.local().put_back(user, kept).await
    }
}
