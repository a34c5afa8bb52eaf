package nija

import java.io.File
import java.lang.reflect.Modifier
import kotlin.reflect.KCallable
import kotlin.reflect.KClass
import kotlin.reflect.KFunction
import kotlin.reflect.KType
import kotlin.reflect.KVisibility
import kotlin.reflect.full.declaredMembers
import kotlin.reflect.full.extensionReceiverParameter
import kotlin.reflect.full.valueParameters
import kotlin.reflect.jvm.kotlinFunction
import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.api.Test

/** What apps can call. A change shows in review as a change of `api/nija.api.txt` (NIJA_UPDATE_API=1 rewrites it). */
class PublicSurfaceTest {
    private val snapshot = File("api/nija.api.txt")

    /** UniFFI's own machinery, which is public for the compiler's sake and no part of the SDK. */
    private val machinery =
        Regex("(Ffi|Uniffi|uniffi|RustBuffer|ForeignBytes|NoHandle|Disposable).*|ErrorHandler|DefaultImpls|.+Impl|.+Interface")

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

    /** Top-level functions, and the getters of extension properties, which have no [KFunction]. */
    private fun functionsOfFile(file: Class<*>): List<String> = file.declaredMethods
        .filter { Modifier.isPublic(it.modifiers) && !it.isSynthetic && !machinery.matches(it.name) && it.name != "use" }
        .mapNotNull { method ->
            val function = method.kotlinFunction
            when {
                function == null -> {
                    val on = method.parameterTypes.joinToString { it.simpleName }
                    val name = method.name.removePrefix("get").replaceFirstChar(Char::lowercase)
                    "($on).$name: ${method.returnType.simpleName}".takeUnless { machinery.matches(name) }
                }
                function.visibility == KVisibility.PUBLIC -> function.describe()
                else -> null
            }
        }

    private fun membersOf(type: KClass<*>): List<String> {
        val name = type.qualifiedName?.removePrefix("nija.") ?: return emptyList()
        val hidden = type.visibility != KVisibility.PUBLIC || name.split('.').any(machinery::matches)
        if (hidden || type.isCompanion && type.declaredMembers.none { it.isSurface() }) return emptyList()
        val made = type.constructors.filter { it.visibility == KVisibility.PUBLIC && !type.isAbstract && it.takesNoMachinery() }
            .map { "$name${it.parameterList()}" }
        val constants = type.java.enumConstants?.map { "$name.$it" }.orEmpty()
        val members = type.declaredMembers.filter { it.isSurface() }.map { "$name.${it.describe()}" }
        return listOf("class $name") + made + constants + members
    }

    private fun KFunction<*>.takesNoMachinery() = parameters.none { machinery.matches(it.type.short()) }

    private fun KCallable<*>.isSurface() = visibility == KVisibility.PUBLIC &&
        !machinery.matches(name) && !Regex("component\\d+|copy|equals|hashCode|toString|destroy|entries|values|valueOf").matches(name)

    private fun KCallable<*>.describe(): String = when (this) {
        is KFunction<*> -> "${extensionReceiverParameter?.let { "${it.type.short()}." }.orEmpty()}${if (isSuspend) "suspend " else ""}$name${parameterList()}: ${returnType.short()}"
        else -> "$name: ${returnType.short()}"
    }

    private fun KFunction<*>.parameterList() = valueParameters
        .joinToString(", ", "(", ")") { "${it.name}: ${it.type.short()}${if (it.isOptional) " = ..." else ""}" }

    private fun KType.short() = toString().replace("nija.", "").replace("kotlin.", "").replace("collections.", "")
}
