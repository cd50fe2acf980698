/// Objects that one thread hands out and takes back without anybody saying so.
///
/// An object is free again when only the pool refers to it. The pool grows to as many objects as are in use at one time
/// and then allocates nothing. For one thread, the producer's: it is not Sendable.
public final class RecyclingPool<Object: AnyObject> {
  private var objects: [Object] = []
  private var next = 0
  private let make: () -> Object

  /// An empty pool that makes its objects with `make`.
  public init(make: @escaping () -> Object) {
    self.make = make
  }

  /// How many objects there are, free and in use.
  public var count: Int { objects.count }

  /// An object that nobody else refers to. Its contents are what its last user left. O(objects), usually O(1).
  public func take() -> Object {
    for _ in 0..<objects.count {
      next = next + 1 < objects.count ? next + 1 : 0
      if isKnownUniquelyReferenced(&objects[next]) { return objects[next] }
    }
    let object = make()
    objects.append(object)
    return object
  }
}
