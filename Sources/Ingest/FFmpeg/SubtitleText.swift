/// Plain text out of the ASS events that FFmpeg's subtitle decoders give.
enum SubtitleText {
  /// The text of one event (`order,layer,style,name,left,right,vertical,effect,text`), without override codes; `\N` and `\n`
  /// become newlines, `\h` a space.
  static func plain(event: String) -> String {
    let fields = event.split(separator: ",", maxSplits: 8, omittingEmptySubsequences: false)
    let text = fields.count == 9 ? fields[8] : Substring(event)
    var plain = ""
    var rest = text[...]
    while let character = rest.popFirst() {
      switch character {
      case "{":
        // A brace that nothing closes is text.
        if rest.hasPrefix("\\"), let end = rest.firstIndex(of: "}") {
          rest = rest[rest.index(after: end)...]
        } else {
          plain.append(character)
        }
      case "\\":
        switch rest.first {
        case "N", "n":
          plain.append("\n")
          rest.removeFirst()
        case "h":
          plain.append(" ")
          rest.removeFirst()
        default: plain.append(character)
        }
      case "\r\n": plain.append("\n")
      default: plain.append(character)
      }
    }
    return plain.trimmed()
  }
}

extension String {
  fileprivate func trimmed() -> String {
    var text = self[...]
    while text.first?.isWhitespace == true { text.removeFirst() }
    while text.last?.isWhitespace == true { text.removeLast() }
    return String(text)
  }
}
