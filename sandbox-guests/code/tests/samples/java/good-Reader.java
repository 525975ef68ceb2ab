import java.io.*;

public class Reader {
    @FunctionalInterface
    interface Line<T extends Exception> { void take(String line, int number) throws T; }

    static <T extends Exception> void each(File file, Line<T> line) throws IOException, T {
        try (var in = new BufferedReader(new FileReader(file))) {
            String text;
            int number = 0;
            while ((text = in.readLine()) != null) {
                line.take(text, ++number);
            }
        } catch (FileNotFoundException | EOFException error) {
            throw new IOException("cannot read " + file, error);
        } finally {
            System.out.flush();
        }
    }
}
