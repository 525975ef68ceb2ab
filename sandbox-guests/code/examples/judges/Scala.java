import java.io.*;
import java.util.*;
import scala.tools.nsc.*;
import scala.tools.nsc.reporters.StoreReporter;

/** Judges Scala by the parser of its compiler 2.11: a path a line, `good` or `bad`. */
public class Scala {
    public static void main(String[] args) throws Exception {
        Settings settings = new Settings();
        settings.processArgumentString("-usejavacp -Ystop-after:parser");
        StoreReporter reporter = new StoreReporter();
        Global compiler = new Global(settings, reporter);
        BufferedReader in = new BufferedReader(new InputStreamReader(System.in));
        for (String path; (path = in.readLine()) != null; ) {
            reporter.reset();
            Global.Run run = compiler.new Run();
            run.compile(scala.collection.JavaConversions.asScalaBuffer(List.of(path)).toList());
            System.out.println(reporter.hasErrors() ? "bad" : "good");
        }
    }
}
