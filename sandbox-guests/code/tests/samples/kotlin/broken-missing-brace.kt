import java.io.File

fun read(path: String): List<String> {
    val lines = try {
        File(path).readLines()
    } catch (error: Exception) {
        println("cannot read ${error.message}")
        emptyList<String>()
    }
    for ((index, line) in lines.withIndex()) {
        if (line.isEmpty()) continue
        println("$index: $line")
    return lines.filter { it.length in 1..80 }
}
