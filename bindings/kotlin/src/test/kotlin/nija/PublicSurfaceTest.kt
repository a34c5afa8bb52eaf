package nija

import java.io.File
import kotlin.reflect.KClass
import kotlin.reflect.KFunction
import kotlin.reflect.KProperty
import kotlin.reflect.KVisibility
import kotlin.reflect.full.declaredMembers
import kotlin.reflect.full.primaryConstructor
import kotlin.reflect.jvm.kotlinFunction
import kotlin.reflect.jvm.kotlinProperty
import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.api.Test

/** What apps can call. A change shows in review as a change of `api/nija.api.txt` (NIJA_UPDATE_API=1 rewrites it). */
class PublicSurfaceTest {
    private val snapshot = File("api/nija.api.txt")

    /** UniFFI's own machinery, which is public for the compiler's sake and no part of the SDK. */
    private val machinery = Regex("(Ffi|Uniffi|uniffi|RustBuffer|ForeignBytes|Rust|Internal|NoHandle|Disposable|Interface).*")

    @Test
    fun `the public surface is the one on record`() {
        val surface = surface()
        if (System.getenv("NIJA_UPDATE_API") == "1") snapshot.writeText(surface)
        assertEquals(snapshot.readText(), surface, "the public surface changed: NIJA_UPDATE_API=1 ./test.sh if that is meant")
    }

    private fun surface(): String {
        val classes = File(NijaClient::class.java.protectionDomain.codeSource.location.path, "nija")
            .listFiles { file -> file.extension == "class" }!!
            .map { Class.forName("nija.${it.nameWithoutExtension}") }
        val lines = classes.filter { !it.isSynthetic && !it.isAnonymousClass && !it.isLocalClass }.flatMap { type ->
            if (type.name.endsWith("Kt")) functionsOfFile(type) else membersOf(type.kotlin)
        }
        return lines.distinct().sorted().joinToString("\n", postfix = "\n")
    }

    private fun functionsOfFile(file: Class<*>): List<String> =
        file.declaredMethods.mapNotNull { it.kotlinFunction ?: it.kotlinGetter(file) }
            .filter { it.visibility == KVisibility.PUBLIC && !machinery.matches(it.name) }
            .map { it.describe() }

    private fun java.lang.reflect.Method.kotlinGetter(file: Class<*>): KProperty<*>? {
        if (!name.startsWith("get")) return null
        val property = name.removePrefix("get").replaceFirstChar(Char::lowercase)
        return file.kotlinFileProperties().find { it.name == property }
    }

    private fun Class<*>.kotlinFileProperties(): List<KProperty<*>> = declaredFields.mapNotNull { it.kotlinProperty }

    private fun membersOf(type: KClass<*>): List<String> {
        val name = type.qualifiedName?.removePrefix("nija.") ?: return emptyList()
        val hidden = type.visibility != KVisibility.PUBLIC || name.split('.').any(machinery::matches)
        if (hidden || name.endsWith("Companion") && type.declaredMembers.none { it.isSurface() }) return emptyList()
        val made = type.primaryConstructor?.takeIf { it.visibility == KVisibility.PUBLIC && isRecord(type) }
        val constants = type.java.enumConstants?.map { "$name.$it" }.orEmpty()
        val members = type.declaredMembers.filter { it.isSurface() }.map { "$name.${(it as? KFunction<*>)?.describe() ?: (it as KProperty<*>).describe()}" }
        return listOf("class $name") + listOfNotNull(made?.let { "$name${it.parameterList()}" }) + constants + members
    }

    private fun isRecord(type: KClass<*>) = type.isData || type.java.superclass?.name?.endsWith("Exception") == true

    private fun kotlin.reflect.KCallable<*>.isSurface() = visibility == KVisibility.PUBLIC &&
        !machinery.matches(name) && !Regex("component\\d+|copy|equals|hashCode|toString|destroy|entries|values|valueOf").matches(name)

    private fun kotlin.reflect.KCallable<*>.describe(): String = when (this) {
        is KFunction<*> -> "${if (isSuspend) "suspend " else ""}$name${parameterList()}: ${returnType.short()}"
        else -> "$name: ${returnType.short()}"
    }

    private fun KFunction<*>.parameterList() = parameters.filter { it.name != null }
        .joinToString(", ", "(", ")") { "${it.name}: ${it.type.short()}${if (it.isOptional) " = ..." else ""}" }

    private fun kotlin.reflect.KType.short() = toString().replace("nija.", "").replace("kotlin.", "").replace("collections.", "")
}
