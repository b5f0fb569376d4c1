import Foundation

let maxItems = 100
typealias Handler = (Event) -> Void

/// Something that happened.
enum Event: String, Codable {
    case added
    case removed, cleared
    indirect case both(Event, Event)

    var label: String { rawValue }
}

protocol Priced: AnyObject {
    associatedtype Unit
    var price: Int { get }
    func discounted(by percent: Int) -> Int
    init(price: Int)
}

// A thing to buy.
@available(iOS 15, *)
public struct Item<T>: Equatable where T: Hashable {
    public let name: String
    var price = 0 {
        didSet { print(price) }
    }

    init?(name: String) {
        self.name = name
    }

    static func == (lhs: Item, rhs: Item) -> Bool { lhs.name == rhs.name }

    subscript(index: Int) -> Int { index }

    mutating func raise(by amount: Int) {
        func inner() {}
        price += amount
    }
}

/// Holds items.
@objc
final class Basket: NSObject {
    private(set) var items: [Item<Int>] = []
    lazy var total: Int = { 0 }()

    override init() {
        super.init()
    }

    deinit {}

    @discardableResult
    func add(
        _ item: Item<Int>,
        count: Int = 1
    ) async throws -> Bool {
        let local = count
        return local > 0
    }

    class Line {}
}

extension Basket: Priced {
    var price: Int { 1 }
    func discounted(by percent: Int) -> Int { price }
}

actor Store {
    func load() async {}
}

func checkout<T>(_ item: Item<T>) -> Int { item.price }

infix operator **
