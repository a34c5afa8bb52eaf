mod memory {
    use nija_core::{Custody, Vault};
    use nija_vault::testing::{Replacing, Rotating, Setup, Tampering};
    use nija_vault::{MemoryVault, MemoryVaultConfig};
    use std::sync::Arc;

    fn made(setup: &Setup) -> Arc<MemoryVault> {
        let vault = MemoryVault::open(MemoryVaultConfig {
            clock: Arc::new(setup.clock.clone()),
            entropy: setup.entropy.clone(),
            nonces: setup.nonces.clone(),
            authenticators: setup.authenticators.clone(),
        });
        Arc::new(vault.unwrap())
    }

    async fn make(setup: &Setup) -> Option<(Arc<dyn Vault>, ())> {
        Some((made(setup), ()))
    }

    async fn make_custody(setup: &Setup) -> Option<(Arc<dyn Custody>, ())> {
        Some((made(setup), ()))
    }

    async fn make_rotating(setup: &Setup) -> Option<(Arc<dyn Rotating>, ())> {
        Some((made(setup), ()))
    }

    async fn make_replacing(setup: &Setup) -> Option<(Arc<dyn Replacing>, ())> {
        Some((made(setup), ()))
    }

    async fn make_tampering(setup: &Setup) -> Option<(Arc<dyn Tampering>, ())> {
        Some((made(setup), ()))
    }

    nija_vault::conformance_suite!(make);
    nija_vault::custody_suite!(make_custody);
    nija_vault::rotation_suite!(make_rotating);
    nija_vault::replacement_suite!(make_replacing);
    nija_vault::locked_suite!(make_replacing);
    nija_vault::status_suite!(make_tampering);
}

mod sqlite {
    use nija_core::{Custody, Vault};
    use nija_vault::testing::{Replacing, Rotating, Setup, Tampering};
    use std::sync::Arc;

    async fn make(setup: &Setup) -> Option<(Arc<dyn Vault>, tempfile::TempDir)> {
        let folder = tempfile::tempdir().unwrap();
        let vault = crate::common::open(setup, folder.path());
        Some((Arc::new(vault), folder))
    }

    async fn make_custody(setup: &Setup) -> Option<(Arc<dyn Custody>, tempfile::TempDir)> {
        let folder = tempfile::tempdir().unwrap();
        let vault = crate::common::open(setup, folder.path());
        Some((Arc::new(vault), folder))
    }

    async fn make_rotating(setup: &Setup) -> Option<(Arc<dyn Rotating>, tempfile::TempDir)> {
        let folder = tempfile::tempdir().unwrap();
        let vault = crate::common::open(setup, folder.path());
        Some((Arc::new(vault), folder))
    }

    async fn make_replacing(setup: &Setup) -> Option<(Arc<dyn Replacing>, tempfile::TempDir)> {
        let folder = tempfile::tempdir().unwrap();
        let vault = crate::common::open(setup, folder.path());
        Some((Arc::new(vault), folder))
    }

    async fn make_tampering(setup: &Setup) -> Option<(Arc<dyn Tampering>, tempfile::TempDir)> {
        let folder = tempfile::tempdir().unwrap();
        let vault = crate::common::open(setup, folder.path());
        Some((Arc::new(vault), folder))
    }

    nija_vault::conformance_suite!(make);
    nija_vault::custody_suite!(make_custody);
    nija_vault::rotation_suite!(make_rotating);
    nija_vault::replacement_suite!(make_replacing);
    nija_vault::locked_suite!(make_replacing);
    nija_vault::status_suite!(make_tampering);
}

mod postgres {
    use nija_core::{Custody, Vault};
    use nija_vault::testing::{Replacing, Rotating, Setup, Tampering};
    use std::sync::Arc;

    use crate::common::PostgresDatabase;

    async fn make(setup: &Setup) -> Option<(Arc<dyn Vault>, PostgresDatabase)> {
        let database = PostgresDatabase::make()?;
        let vault = database.open_vault(setup);
        Some((Arc::new(vault), database))
    }

    async fn make_custody(setup: &Setup) -> Option<(Arc<dyn Custody>, PostgresDatabase)> {
        let database = PostgresDatabase::make()?;
        let vault = database.open_vault(setup);
        Some((Arc::new(vault), database))
    }

    async fn make_rotating(setup: &Setup) -> Option<(Arc<dyn Rotating>, PostgresDatabase)> {
        let database = PostgresDatabase::make()?;
        let vault = database.open_vault(setup);
        Some((Arc::new(vault), database))
    }

    async fn make_replacing(setup: &Setup) -> Option<(Arc<dyn Replacing>, PostgresDatabase)> {
        let database = PostgresDatabase::make()?;
        let vault = database.open_vault(setup);
        Some((Arc::new(vault), database))
    }

    async fn make_tampering(setup: &Setup) -> Option<(Arc<dyn Tampering>, PostgresDatabase)> {
        let database = PostgresDatabase::make()?;
        let vault = database.open_vault(setup);
        Some((Arc::new(vault), database))
    }

    nija_vault::conformance_suite!(make);
    nija_vault::custody_suite!(make_custody);
    nija_vault::rotation_suite!(make_rotating);
    nija_vault::replacement_suite!(make_replacing);
    nija_vault::locked_suite!(make_replacing);
    nija_vault::status_suite!(make_tampering);
}

mod openbao {
    use nija_core::{Custody, Vault};
    use nija_vault::testing::{Replacing, Rotating, Setup, Tampering};
    use std::sync::Arc;

    use crate::openbao::Space;

    async fn make(setup: &Setup) -> Option<(Arc<dyn Vault>, Space)> {
        let space = Space::make().await?;
        let vault = space.open(setup).await;
        Some((Arc::new(vault), space))
    }

    async fn make_custody(setup: &Setup) -> Option<(Arc<dyn Custody>, Space)> {
        let space = Space::make().await?;
        let vault = space.open(setup).await;
        Some((Arc::new(vault), space))
    }

    async fn make_rotating(setup: &Setup) -> Option<(Arc<dyn Rotating>, Space)> {
        let space = Space::make().await?;
        let vault = space.open(setup).await;
        Some((Arc::new(vault), space))
    }

    async fn make_replacing(setup: &Setup) -> Option<(Arc<dyn Replacing>, Space)> {
        let space = Space::make().await?;
        let vault = space.open(setup).await;
        Some((Arc::new(vault), space))
    }

    async fn make_tampering(setup: &Setup) -> Option<(Arc<dyn Tampering>, Space)> {
        let space = Space::make().await?;
        let vault = space.open(setup).await;
        Some((Arc::new(vault), space))
    }

    nija_vault::conformance_suite!(make);
    nija_vault::custody_suite!(make_custody);
    nija_vault::rotation_suite!(make_rotating);
    nija_vault::replacement_suite!(make_replacing);
    nija_vault::locked_suite!(make_replacing);
    nija_vault::status_suite!(make_tampering);
}
