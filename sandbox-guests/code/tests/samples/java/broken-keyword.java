public class Matrix {
    private final double[][] cells;

    public Matrix(int rows, int columns) {
        cells = new double[rows][columns];
    }

    public static void main(String... args) {
        int[] class = {1, 2, 0x10, 0b11, 1_000};
        outer:
        for (int i = 0; i < sizes.length; i++) {
            do {
                if (sizes[i] % 2 == 0) continue outer;
                sizes[i] >>>= 1;
            } while (sizes[i] > 0);
        }
        String text = """
            a "text" block
            """;
        char quote = '\'';
        System.out.println(text + quote + sizes.length);
    }
}
