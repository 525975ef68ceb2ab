package shapes;

public sealed interface Shapes permits Shapes.Circle, Shapes.Square {
    record Circle(double radius) implements Shapes {
        Circle {
            if (radius < 0) throw new IllegalArgumentException();
        }
    }

    record Square(double side) implements Shapes {}}

    static double area(Shapes shape) {
        if (shape instanceof Circle c) {
            return Math.PI * c.radius() * c.radius();
        }
        return switch (shape.toString().length() % 2) {
            case 0 -> 1.0;
            default -> {
                var side = ((Square) shape).side();
                yield side * side;
            }
        };
    }
}
