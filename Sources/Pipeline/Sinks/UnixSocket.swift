internal import Glibc

/// Stream sockets with a path for a name: unix(7). None of them blocks, none is inherited by children.
enum UnixSocket {
  /// One that is connected to who listens at `path`, or an error number below zero.
  static func connected(to path: String) -> Int32 {
    unsafe made(at: path) { unsafe connect($0, $1, $2) }
  }

  /// One that listens at `path`, which must not exist, or an error number below zero.
  static func listening(at path: String) -> Int32 {
    unsafe made(at: path) { descriptor, address, length in
      unsafe bind(descriptor, address, length) == 0 ? listen(descriptor, 16) : -1
    }
  }

  /// A new socket with which `body` has done what it should; -1 of that is an error, as errno says.
  private static func made(
    at path: String, _ body: (Int32, UnsafePointer<sockaddr>, socklen_t) -> Int32
  ) -> Int32 {
    var address = sockaddr_un()
    address.sun_family = sa_family_t(AF_UNIX)
    let bytes = Array(path.utf8)
    guard bytes.count < MemoryLayout.size(ofValue: address.sun_path) else { return -ENAMETOOLONG }
    unsafe withUnsafeMutableBytes(of: &address.sun_path) { unsafe $0.copyBytes(from: bytes) }
    let kind = Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue | SOCK_NONBLOCK.rawValue)
    let descriptor = socket(AF_UNIX, kind, 0)
    guard descriptor >= 0 else { return -errno }
    let status = unsafe withUnsafePointer(to: &address) { pointer in
      unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { pointer in
        unsafe body(descriptor, pointer, socklen_t(MemoryLayout<sockaddr_un>.size))
      }
    }
    guard status != 0 else { return descriptor }
    let error = errno
    close(descriptor)
    return -error
  }
}
