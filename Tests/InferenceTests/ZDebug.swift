import Foundation
import Testing

@testable import BraidInference

@Test func zdebug() throws {
  guard let p = ProcessInfo.processInfo.environment["DBG_MODEL"] else { return }
  let g = Goldens.Input(
    name: "input", shape: [1, 3, 240, 320], type: "float32", seed: 22, low: -1, high: 1, value: nil)
  var o = SessionOptions(); o.optimisation = ProcessInfo.processInfo.environment["DBG_REF"] != nil ? .reference : .fused
  let s = try InferenceSession(Plan(Model.load(path: p), options: o))
  let v = g.floats
  try s.withInput(0, as: Float.self) { sp in for i in 0..<sp.count { sp[i] = v[i] } }
  try s.run()
  for i in s.outputs.indices {
    let vals = try s.values(i).map { Float($0) }
    let d = unsafe vals.withUnsafeBytes { Data($0) }
    try d.write(to: URL(fileURLWithPath: "/tmp/w/inferdbg/\(i).f32"))
  }
}
