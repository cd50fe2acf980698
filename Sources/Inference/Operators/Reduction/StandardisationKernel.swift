/// Takes the mean out of groups of elements and divides them by their deviation, plus 1e-9.
struct StandardisationKernel: RealKernel {
  let geometry: ReductionGeometry

  func run<T: RealElement>(_ arguments: KernelArguments, _: T.Type) {
    let (x, y) = (Elements<T>(arguments.input(0)), Elements<T>(arguments.output))
    guard x.count > 0 else { return }
    let (offsets, run) = (geometry.offsets, geometry.foldedRun)
    let count = Double(geometry.foldedCount)
    geometry.forEachResult { _, base in
      var sum = 0.0
      for offset in offsets {
        for i in 0..<run { sum += Double(x[base + offset + i]) }
      }
      let mean = sum / count
      var squares = 0.0
      for offset in offsets {
        for i in 0..<run {
          let distance = Double(x[base + offset + i]) - mean
          squares += distance * distance
        }
      }
      let deviation = (squares / count).squareRoot() + 1e-9
      for offset in offsets {
        for i in 0..<run {
          let place = base + offset + i
          y[place] = T((Double(x[place]) - mean) / deviation)
        }
      }
    }
  }
}
