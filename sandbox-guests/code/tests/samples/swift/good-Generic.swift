extension Array where Element: Comparable {
    func second() -> Element? {
        if count > 1, let last = self.last {
            return self[1] < last ? self[1] : last
        }
        return nil
    }
}

func swap<T>(_ a: inout T, _ b: inout T) {
    let old = a
    a = b
    b = old
}
