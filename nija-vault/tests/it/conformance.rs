mod memory {
    use nija_core::Vault;
    use nija_vault::testing::Setup;
    use nija_vault::{MemoryVault, MemoryVaultConfig};
    use std::sync::Arc;

    async fn make(setup: &Setup) -> Option<(Arc<dyn Vault>, ())> {
        let vault = MemoryVault::open(MemoryVaultConfig {
            clock: Arc::new(setup.clock.clone()),
            entropy: setup.entropy.clone(),
            nonces: setup.nonces.clone(),
            authenticators: setup.authenticators.clone(),
        });
        Some((Arc::new(vault.unwrap()), ()))
    }

    nija_vault::conformance_suite!(make);
}

mod sqlite {
    use nija_core::Vault;
    use nija_vault::testing::Setup;
    use std::sync::Arc;

    async fn make(setup: &Setup) -> Option<(Arc<dyn Vault>, tempfile::TempDir)> {
        let folder = tempfile::tempdir().unwrap();
        let vault = crate::common::open(setup, folder.path());
        Some((Arc::new(vault), folder))
    }

    nija_vault::conformance_suite!(make);
}

mod postgres {
    use nija_core::Vault;
    use nija_vault::testing::Setup;
    use std::sync::Arc;

    use crate::common::PostgresDatabase;

    async fn make(setup: &Setup) -> Option<(Arc<dyn Vault>, PostgresDatabase)> {
        let database = PostgresDatabase::make()?;
        let vault = database.open_vault(setup);
        Some((Arc::new(vault), database))
    }

    nija_vault::conformance_suite!(make);
}

mod openbao {
    use nija_core::Vault;
    use nija_vault::testing::Setup;
    use std::sync::Arc;

    use crate::openbao::Space;

    async fn make(setup: &Setup) -> Option<(Arc<dyn Vault>, Space)> {
        let space = Space::make().await?;
        let vault = space.open(setup).await;
        Some((Arc::new(vault), space))
    }

    nija_vault::conformance_suite!(make);
}
