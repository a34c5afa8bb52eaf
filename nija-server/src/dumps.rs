//! No core dump of a process that holds keys.

use std::io;

/// From here on this process leaves no core file, and nobody who is not root attaches to it or reads its memory (Linux). A process that
/// it starts has no core files either.
///
/// # Errors
/// What the system said. The process goes on as it was; whoever runs it turns dumps off in another way.
pub fn forbid_dumps() -> io::Result<()> {
    #[cfg(unix)]
    {
        use rustix::process::{Resource, Rlimit, setrlimit};
        setrlimit(Resource::Core, Rlimit { current: Some(0), maximum: Some(0) })?;
    }
    #[cfg(target_os = "linux")]
    {
        use rustix::process::{DumpableBehavior, set_dumpable_behavior};
        // A pattern that pipes dumps to a program is not held by the limit above.
        set_dumpable_behavior(DumpableBehavior::NotDumpable)?;
    }
    Ok(())
}
