//! The tables, and the rules that the database itself enforces: one step for each version of the schema, in both dialects.
//! A step that was released is never changed; what is new is a new step.

/// What leads from one version of the schema to the next.
pub(super) struct Step {
    pub(super) sqlite: &'static str,
    pub(super) postgres: &'static str,
}

/// Step 1 makes version 1 out of nothing, and so on.
pub(super) const STEPS: &[Step] = &[
    Step {
        sqlite: include_str!("schema/0001-sqlite.sql"),
        postgres: include_str!("schema/0001-postgres.sql"),
    },
    Step {
        sqlite: include_str!("schema/0002-sqlite.sql"),
        postgres: include_str!("schema/0002-postgres.sql"),
    },
    Step {
        sqlite: include_str!("schema/0003-sqlite.sql"),
        postgres: include_str!("schema/0003-postgres.sql"),
    },
    Step {
        sqlite: include_str!("schema/0004-sqlite.sql"),
        postgres: include_str!("schema/0004-postgres.sql"),
    },
    Step {
        sqlite: include_str!("schema/0005-sqlite.sql"),
        postgres: include_str!("schema/0005-postgres.sql"),
    },
    Step {
        sqlite: include_str!("schema/0006-sqlite.sql"),
        postgres: include_str!("schema/0006-postgres.sql"),
    },
    Step {
        sqlite: include_str!("schema/0007-sqlite.sql"),
        postgres: include_str!("schema/0007-postgres.sql"),
    },
    Step {
        sqlite: include_str!("schema/0008-sqlite.sql"),
        postgres: include_str!("schema/0008-postgres.sql"),
    },
    Step {
        sqlite: include_str!("schema/0009-sqlite.sql"),
        postgres: include_str!("schema/0009-postgres.sql"),
    },
];

/// The steps that lead from a version to the newest, or why there are none.
pub(super) fn steps_from(version: i64) -> Result<&'static [Step], nija_core::VaultError> {
    usize::try_from(version).ok().and_then(|done| STEPS.get(done..)).ok_or_else(|| {
        nija_core::VaultError::Storage(format!(
            "the database has schema version {version}; this program knows {}",
            STEPS.len()
        ))
    })
}
