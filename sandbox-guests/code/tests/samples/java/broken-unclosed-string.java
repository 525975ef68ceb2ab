import java.util.List;
import java.util.stream.Collectors;

class Streams {
    enum Level {
        LOW(1), HIGH(10) {
            @Override
            int weight() { return value * 2; }
        };

        final int value;

        Level(int value) { this.value = value; }

        int weight() { return value; }
    }

    static String join(List<? extends CharSequence> words) {
        return words.stream()
                .filter(word -> word.length() > 2)
                .map(Object::toString)
                .collect(Collectors.joining(", ", "[", "]));
    }
}
