import BraidCore
import Testing

@Suite("Sizes as text")
struct ByteCountTests {
  @Test(
    "What people write is read",
    arguments: [
      ("0", 0), ("4096", 4096), ("64KB", 64_000), ("64k", 64_000), ("256MB", 256_000_000), ("256 MB", 256_000_000),
      ("1.5GiB", 1_610_612_736), ("2gib", 2_147_483_648), ("1T", 1_000_000_000_000), ("0.5KiB", 512), ("7B", 7),
    ])
  func read(text: String, bytes: Int) {
    #expect(ByteCount(text: text)?.bytes == bytes)
  }

  @Test(
    "What is no size is refused",
    arguments: [
      "", "B", "MB", "-1", "+1", "1.5", "1.5B", "1e3", "1 0MB", "nan", "inf", "10XB", "1..5MB", "99999999999GiB", "１MB",
      "9223372036854775808",
    ])
  func refused(text: String) {
    #expect(ByteCount(text: text) == nil)
  }

  @Test("What is shown is read as the same", arguments: [0, 1, 999, 1000, 1024, 4097, 1_048_576, 256_000_000, 3 << 30])
  func round(bytes: Int) {
    #expect(ByteCount(text: ByteCount(bytes: bytes).description)?.bytes == bytes)
  }
}
