@main
struct Braid {
  static func main() {}
}
