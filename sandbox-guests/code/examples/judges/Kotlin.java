import java.io.*;
import java.nio.file.*;
import org.jetbrains.kotlin.cli.jvm.compiler.*;
import com.intellij.openapi.util.Disposer;
import com.intellij.psi.*;
import com.intellij.psi.util.PsiTreeUtil;
import org.jetbrains.kotlin.config.CompilerConfiguration;
import org.jetbrains.kotlin.idea.KotlinLanguage;

/** Judges Kotlin by the compiler's parser: a path a line, `good` or `bad`. */
public class Kotlin {
    public static void main(String[] args) throws Exception {
        var environment = KotlinCoreEnvironment.createForProduction(
            Disposer.newDisposable(), new CompilerConfiguration(), EnvironmentConfigFiles.JVM_CONFIG_FILES);
        var files = PsiFileFactory.getInstance(environment.getProject());
        BufferedReader in = new BufferedReader(new InputStreamReader(System.in));
        for (String path; (path = in.readLine()) != null; ) {
            String name = path.endsWith(".kts") ? "file.kts" : "file.kt";
            PsiFile file = files.createFileFromText(name, KotlinLanguage.INSTANCE, Files.readString(Path.of(path)));
            boolean bad = PsiTreeUtil.hasErrorElements(file);
            System.out.println(bad ? "bad" : "good");
        }
    }
}
