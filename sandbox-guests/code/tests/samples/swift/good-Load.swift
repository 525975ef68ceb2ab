protocol Loader: AnyObject {
    func load(_ url: URL) async throws -> Data
}

final class Web: Loader {
    func load(_ url: URL) async throws -> Data {
        let (data, _) = try await URLSession.shared.data(from: url)
        return data
    }
}

let names = ["b", "a"].sorted { $0 < $1 }.map { "name: \($0)" }
for (index, name) in names.enumerated() where index > 0 {
    print(index, name)
}
