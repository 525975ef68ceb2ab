sealed class Shape {
    data class Circle(val radius: Double) : Shape()
    object Nothing : Shape()
}

fun area(shape: Shape): Double = when (shape) {
    is Shape.Circle -> Math.PI * shape.radius * shape.radius
    Shape.Nothing -> 0.0
}
}
