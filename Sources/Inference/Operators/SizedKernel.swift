/// A kernel that moves elements without looking inside them, so that only their size matters.
protocol SizedKernel: Sendable {
  func run<T: BitwiseCopyable>(_ arguments: KernelArguments, _: T.Type)
}

/// The size of an element in storage.
enum ByteSize {
  case one, two, four, eight

  init(of type: ElementType) {
    switch type.byteCount {
    case 1: self = .one
    case 2: self = .two
    case 4: self = .four
    default: self = .eight
    }
  }

  /// `sized` for elements of this size.
  func kernel(_ sized: some SizedKernel) -> Kernel {
    switch self {
    case .one: Kernel { sized.run($0, UInt8.self) }
    case .two: Kernel { sized.run($0, UInt16.self) }
    case .four: Kernel { sized.run($0, UInt32.self) }
    case .eight: Kernel { sized.run($0, UInt64.self) }
    }
  }
}
