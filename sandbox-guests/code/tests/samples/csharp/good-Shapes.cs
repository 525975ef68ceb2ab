namespace Shapes;

public abstract record Shape;
public record Circle(double Radius) : Shape;
public record Square(double Side) : Shape { public double Diagonal => Side * Math.Sqrt(2); }

public static class Areas
{
    public static double Of(Shape shape) => shape switch
    {
        Circle { Radius: > 0 } circle => Math.PI * circle.Radius * circle.Radius,
        Square(var side) when side > 0 => side * side,
        null => throw new ArgumentNullException(nameof(shape)),
        _ => 0,
    };
}
