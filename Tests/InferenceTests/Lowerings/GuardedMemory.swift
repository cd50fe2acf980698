import Foundation
import Glibc

@testable import BraidInference

/// Memory for the slots of a plan, each between two pages that cannot be touched: whoever reads or writes further than a
/// line behind a slot, or a page before it, ends the process.
@safe final class GuardedMemory {
  private var mappings: [(base: UnsafeMutableRawPointer, length: Int)] = unsafe []
  private(set) var addresses: [UnsafeMutableRawPointer] = unsafe []

  init?(_ plan: Plan) {
    let page = sysconf(Int32(_SC_PAGESIZE))
    for slot in plan.slots {
      let size = max(64, (slot.byteCount + 63) / 64 * 64)
      let length = (size + page - 1) / page * page + 2 * page
      guard
        let base = unsafe mmap(nil, length, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0),
        unsafe base != MAP_FAILED
      else { return nil }
      unsafe mappings.append((base, length))
      guard unsafe mprotect(base, page, PROT_NONE) == 0,
        unsafe mprotect(base + length - page, page, PROT_NONE) == 0
      else { return nil }
      let address = unsafe base + length - page - size
      if let constant = slot.constant {
        unsafe address.copyMemory(from: constant.pointer, byteCount: constant.byteCount)
      }
      unsafe addresses.append(address)
    }
  }

  deinit {
    for index in unsafe mappings.indices { unsafe munmap(mappings[index].base, mappings[index].length) }
  }
}
