class Node<Value> {
    weak var parent: Node?
    var children: [Node] = []
    let value: Value

    init(_ value: Value) {
        self.value = value
    }

    deinit { print("gone") }

    subscript(index: Int) -> Node { children[index] }
}

var n = 0
repeat { n += 1 } while n < 10
let text = """
    many lines
    """
