package nija

import java.io.File
import java.nio.file.Files
import java.nio.file.Path
import java.util.concurrent.CompletableFuture
import java.util.concurrent.TimeUnit
import kotlin.concurrent.thread

/** A real `nija serve --demo` on a port of its own and a data directory that goes with it. */
class Server private constructor(private val process: Process, private val dir: Path, ready: String) : AutoCloseable {
    val url = field(ready, "url")
    val email = field(ready, "email")
    val password = field(ready, "password")

    override fun close() {
        process.destroy()
        if (!process.waitFor(20, TimeUnit.SECONDS)) process.destroyForcibly()
        dir.toFile().deleteRecursively()
    }

    companion object {
        private const val START_SECONDS = 60L

        fun start(): Server {
            val binary = System.getenv("NIJA_BIN")?.let(::File) ?: File(System.getProperty("jna.library.path"), "nija")
            check(binary.canExecute()) { "no server at $binary: cargo build -p nija-server" }
            val dir = Files.createTempDirectory("nija-kotlin-")
            val log = dir.resolve("stderr.log").toFile()
            val process = ProcessBuilder(
                binary.path, "serve", "--listen", "127.0.0.1:0", "--data-dir", dir.resolve("data").toString(),
                "--demo", "--json",
            ).redirectError(log).start()
            // Whatever ends the tests ends the server.
            Runtime.getRuntime().addShutdownHook(Thread { process.destroyForcibly() })
            return try {
                Server(process, dir, readyLine(process))
            } catch (error: Exception) {
                process.destroyForcibly()
                throw IllegalStateException("the server did not start:\n${log.readText()}", error)
            }
        }

        /** The first line of standard output; the rest is read too, so that the server never blocks on it. */
        private fun readyLine(process: Process): String {
            val ready = CompletableFuture<String>()
            thread(isDaemon = true) {
                process.inputStream.bufferedReader().forEachLine { line ->
                    if (line.startsWith("{")) ready.complete(line)
                }
                ready.completeExceptionally(IllegalStateException("it exited"))
            }
            return ready.get(START_SECONDS, TimeUnit.SECONDS)
        }

        private fun field(json: String, name: String): String =
            Regex("\"$name\"\\s*:\\s*\"([^\"]*)\"").find(json)?.groupValues?.get(1) ?: error("no $name in the ready line")
    }
}
