import com.sun.source.util.JavacTask;
import java.io.*;
import java.nio.file.*;
import java.util.*;
import javax.tools.*;

/** Judges Java by the compiler's parser: a path a line, `good` or `bad`. */
public class Java {
    public static void main(String[] args) throws Exception {
        JavaCompiler compiler = ToolProvider.getSystemJavaCompiler();
        BufferedReader in = new BufferedReader(new InputStreamReader(System.in));
        for (String path; (path = in.readLine()) != null; ) {
            DiagnosticCollector<JavaFileObject> told = new DiagnosticCollector<>();
            String text = Files.readString(Path.of(path));
            JavaFileObject file = new SimpleJavaFileObject(java.net.URI.create("string:///File.java"), JavaFileObject.Kind.SOURCE) {
                @Override public CharSequence getCharContent(boolean ignored) {
                    return text;
                }
            };
            JavacTask task = (JavacTask) compiler.getTask(null, null, told, List.of("-proc:none"), null, List.of(file));
            task.parse();
            boolean bad = told.getDiagnostics().stream().anyMatch(one -> one.getKind() == Diagnostic.Kind.ERROR);
            System.out.println(bad ? "bad" : "good");
        }
    }
}
