//! Databases on the PostgreSQL server that the set-up started.

use postgres::{Client, NoTls, SimpleQueryMessage};

use crate::service;

/// A database of a test, dropped with it.
#[derive(Debug)]
pub struct Database {
    server: String,
    name: String,
}

impl Database {
    /// An empty one; `None`, said aloud, where there is no server.
    #[must_use]
    pub fn make() -> Option<Self> {
        let server = service("NIJA_TEST_POSTGRES")?;
        Some(Self::from_template(server, "template1"))
    }

    /// Another one with the same in it. Nobody may be connected to this one.
    #[must_use]
    pub fn copy(&self) -> Self {
        Self::from_template(self.server.clone(), &self.name)
    }

    fn from_template(server: String, template: &str) -> Self {
        let name = format!("test_{}", uuid::Uuid::new_v4().simple());
        run(&server, &format!("CREATE DATABASE {name} TEMPLATE {template}")).unwrap();
        Self { server, name }
    }

    /// Its connection string.
    #[must_use]
    pub fn url(&self) -> String {
        self.server.replace("dbname=postgres", &format!("dbname={}", self.name))
    }

    /// Someone else at the database: runs a script, and answers with the first column of what it finds.
    ///
    /// # Errors
    /// What the database says.
    pub fn run(&self, script: &str) -> Result<Vec<String>, String> {
        run(&self.url(), script)
    }

    /// The server lets nobody new in, or lets them in again; who is in stays. With `cut` those that listen are put out.
    pub fn admits(&self, admits: bool, cut: bool) {
        let (server, name) = (&self.server, &self.name);
        run(server, &format!("ALTER DATABASE {name} ALLOW_CONNECTIONS {admits}")).unwrap();
        if cut {
            let listeners =
                format!("FROM pg_stat_activity WHERE datname = '{name}' AND query LIKE 'LISTEN%'");
            let put_out = run(server, &format!("SELECT pg_terminate_backend(pid) {listeners}")).unwrap();
            assert!(!put_out.is_empty(), "nobody listens");
        }
    }
}

impl Drop for Database {
    fn drop(&mut self) {
        run(&self.server, &format!("DROP DATABASE {} WITH (FORCE)", self.name)).unwrap();
    }
}

/// On a connection and a thread of its own: the blocking client must not run where a runtime runs.
pub(crate) fn run(url: &str, script: &str) -> Result<Vec<String>, String> {
    let run = || {
        let mut client = Client::connect(url, NoTls).map_err(|error| error.to_string())?;
        let found = client.simple_query(script).map_err(|error| {
            error.as_db_error().map_or_else(|| error.to_string(), |error| error.message().to_owned())
        })?;
        let rows = found.iter().filter_map(|message| match message {
            SimpleQueryMessage::Row(row) => row.get(0).map(ToOwned::to_owned),
            _ => None,
        });
        Ok(rows.collect())
    };
    std::thread::scope(|scope| scope.spawn(run).join()).unwrap()
}
