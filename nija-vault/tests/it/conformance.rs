mod memory {
    use nija_core::Vault;
    use nija_vault::testing::Setup;
    use nija_vault::{MemoryVault, MemoryVaultConfig};
    use std::sync::Arc;

    fn make(setup: &Setup) -> (Arc<dyn Vault>, ()) {
        let vault = MemoryVault::open(MemoryVaultConfig {
            clock: Arc::new(setup.clock.clone()),
            entropy: setup.entropy.clone(),
            nonces: setup.nonces.clone(),
            authenticators: setup.authenticators.clone(),
        });
        (Arc::new(vault.unwrap()), ())
    }

    nija_vault::conformance_suite!(make);
}

mod local {
    use nija_core::Vault;
    use nija_vault::testing::Setup;
    use std::sync::Arc;

    fn make(setup: &Setup) -> (Arc<dyn Vault>, tempfile::TempDir) {
        let folder = tempfile::tempdir().unwrap();
        let vault = crate::common::open(setup, folder.path());
        (Arc::new(vault), folder)
    }

    nija_vault::conformance_suite!(make);
}
