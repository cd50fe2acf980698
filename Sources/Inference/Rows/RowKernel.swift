internal import CKernels

/// A row program with its geometry: what `braid_rows` takes, the memory aside.
// SAFETY: Sendable because nothing changes after `init`.
final class RowKernel: @unchecked Sendable {
  private let stages: [braid_row_stage]
  /// Where rows begin, one operand after the other; nil for operands that lie like the result.
  private let starts: [TensorStorage?]
  private let steps: [Int32]
  private let types: [TensorType]
  private let rows: Int
  private let width: Int
  /// Elements behind the last whole row.
  private let rest: Int
  private let tile: Int
  private let outputCount: Int
  /// Bytes of working memory that a run takes.
  let scratchBytes: Int

  /// Numbers in a register, about: several fit the innermost cache.
  private static let registerSize = 1024

  init(_ program: RowProgram, _ shape: TensorShape, outputs: Int) throws(InferenceError) {
    let shapes = program.operands.map(\.type.shape)
    let geometry =
      program.needsRows
      ? RowGeometry(rowsOf: shape, operands: shapes) : RowGeometry(elementsOf: shape, operands: shapes)
    stages = program.stages
    rows = geometry.rows
    width = geometry.width
    rest = shape.elementCount - geometry.rows * geometry.width
    tile = max(1, Self.registerSize / max(1, geometry.width))
    outputCount = outputs
    types = program.operands.map(\.type)
    steps = geometry.operands.map { $0?.step ?? 1 }
    var starts: [TensorStorage?] = []
    for operand in geometry.operands {
      guard let operand else {
        starts.append(nil)
        continue
      }
      guard let tensor = Tensor(operand.starts, shape: TensorShape([operand.starts.count]) ?? .scalar) else {
        throw .limit("the rows of an operand do not fit the memory")
      }
      starts.append(tensor.storage)
    }
    self.starts = starts
    let register = (tile * max(1, geometry.width) + 15) / 16 * 16
    scratchBytes = max(1, program.registerCount) * register * MemoryLayout<Float>.stride
  }

  /// Computes part `index` of `count` of the rows. Allocates: no.
  func run(_ arguments: KernelArguments, part index: Int, of count: Int) {
    guard let scratch = arguments.scratch else { return }
    let range = DividedKernel.range(of: rows, part: index, of: count)
    unsafe run(
      inputs: { unsafe UnsafeRawPointer(arguments.input($0).pointer) },
      outputs: { unsafe (arguments.outputs[$0].pointer, arguments.outputs[$0].elementType.byteCount) },
      registers: (scratch.pointer + index * scratchBytes).assumingMemoryBound(to: Float.self), rows: range,
      rest: index == count - 1 ? rest : 0)
  }

  @unsafe private func run(
    inputs: (Int) -> UnsafeRawPointer, outputs: (Int) -> (UnsafeMutableRawPointer, Int),
    registers: UnsafeMutablePointer<Float>, rows: Range<Int>, rest: Int
  ) {
    unsafe withUnsafeTemporaryAllocation(of: braid_row_operand.self, capacity: max(1, types.count)) { operands in
      unsafe withUnsafeTemporaryAllocation(of: UnsafeMutableRawPointer?.self, capacity: max(1, outputCount)) {
        results in
        for index in types.indices {
          let rowStarts = unsafe starts[index].map {
            unsafe UnsafePointer($0.pointer.assumingMemoryBound(to: Int64.self)) + rows.lowerBound
          }
          let offset = unsafe rowStarts == nil ? rows.lowerBound * width * types[index].elementType.byteCount : 0
          unsafe operands.initializeElement(
            at: index, to: braid_row_operand(base: inputs(index) + offset, rows: rowStarts, step: steps[index]))
        }
        for index in 0..<outputCount {
          unsafe results.initializeElement(
            at: index, to: outputs(index).0 + rows.lowerBound * width * outputs(index).1)
        }
        unsafe braid_rows(
          stages, stages.count, operands.baseAddress, results.baseAddress, rows.count, width, tile, registers)
        guard rest > 0 else { return }
        for index in types.indices where starts[index] == nil {
          unsafe operands[index].base += rows.count * width * types[index].elementType.byteCount
        }
        for index in 0..<outputCount {
          unsafe results[index] = outputs(index).0 + rows.upperBound * width * outputs(index).1
        }
        unsafe braid_rows(stages, stages.count, operands.baseAddress, results.baseAddress, 1, rest, 1, registers)
      }
    }
  }
}
