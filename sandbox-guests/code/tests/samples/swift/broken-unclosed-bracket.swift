enum Shape {
    case circle(radius: Double)
    case square(side: Double)

    var area: Double {
        switch self {
        case .circle(let radius:
            return Double.pi * radius * radius
        case let .square(side) where side > 0:
            return side * side
        default:
            return 0
        }
    }
}
