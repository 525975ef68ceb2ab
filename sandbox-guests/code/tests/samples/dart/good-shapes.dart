abstract class Shape {
  double get area;
}

class Circle extends Shape {
  final double radius;
  Circle(this.radius) : assert(radius > 0);

  @override
  double get area => 3.14 * radius * radius;
}

enum Level { low, high }
