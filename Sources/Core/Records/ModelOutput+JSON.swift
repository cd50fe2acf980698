extension ModelOutput {
  func write(to writer: inout JSONWriter) {
    writer.beginObject()
    switch self {
    case .none: break
    case .detections(let detections):
      writer.array("detections", detections) { detection, writer in detection.writeFields(to: &writer) }
    case .scores(let event, let values):
      writer.key("event")
      writer.value(event)
      writer.key("scores")
      writer.beginArray()
      for value in values { writer.value(Double(value), decimals: 4) }
      writer.endArray()
    case .classes(let classes):
      writer.array("classes", classes) { item, writer in
        writer.key("label")
        writer.value(item.label)
        writer.key("score")
        writer.value(Double(item.score), decimals: 4)
      }
    case .values(let values):
      writer.array("values", values) { item, writer in
        writer.key("name")
        writer.value(item.name)
        writer.key("value")
        writer.value(item.value)
        if let unit = item.unit {
          writer.key("unit")
          writer.value(unit)
        }
      }
    case .embedding(let values):
      writer.key("embedding")
      writer.numbers(values)
    case .masks(let masks):
      writer.array("masks", masks) { mask, writer in mask.writeFields(to: &writer) }
    case .text(let text):
      writer.key("text")
      writer.value(text)
    case .audio(let sampleRate, let samples):
      writer.key("audio")
      writer.beginObject()
      writer.key("rate")
      writer.value(sampleRate)
      writer.key("samples")
      writer.value(samples.count)
      writer.endObject()
    case .raw(let tensors):
      writer.key("tensors")
      writer.beginObject()
      for tensor in tensors {
        writer.key(tensor.name)
        writer.beginObject()
        writer.key("shape")
        writer.beginArray()
        for dimension in tensor.shape { writer.value(dimension) }
        writer.endArray()
        writer.key("values")
        writer.numbers(tensor.values)
        writer.endObject()
      }
      writer.endObject()
    case .crops(let crops, let left):
      writer.array("crops", crops) { crop, writer in
        crop.detection.writeFields(to: &writer)
        writer.key("region")
        writer.box(crop.region.x, crop.region.y, crop.region.width, crop.region.height)
        writer.key("output")
        crop.output.write(to: &writer)
      }
      writer.key("left")
      writer.value(left)
    }
    writer.endObject()
  }
}

extension ModelOutput.Detection {
  fileprivate func writeFields(to writer: inout JSONWriter) {
    writer.key("label")
    writer.value(label)
    writer.key("score")
    writer.value(Double(score), decimals: 4)
    writer.key("box")
    writer.box(x, y, width, height)
    if !landmarks.isEmpty {
      writer.key("landmarks")
      writer.beginArray()
      for point in landmarks {
        writer.beginArray()
        writer.value(Double(point.x), decimals: 5)
        writer.value(Double(point.y), decimals: 5)
        writer.endArray()
      }
      writer.endArray()
    }
    if let track {
      writer.key("track")
      writer.value(track)
    }
  }
}

extension ModelOutput.Mask {
  fileprivate func writeFields(to writer: inout JSONWriter) {
    writer.key("label")
    writer.value(label)
    writer.key("size")
    writer.beginArray()
    writer.value(height)
    writer.value(width)
    writer.endArray()
    writer.key("counts")
    writer.beginArray()
    for count in counts { writer.value(count) }
    writer.endArray()
  }
}

extension JSONWriter {
  /// An array of objects under a key.
  fileprivate mutating func array<Element>(
    _ name: StaticString, _ elements: [Element], _ fields: (Element, inout JSONWriter) -> Void
  ) {
    key(name)
    beginArray()
    for element in elements {
      beginObject()
      fields(element, &self)
      endObject()
    }
    endArray()
  }

  fileprivate mutating func numbers(_ values: [Float]) {
    beginArray()
    for value in values { self.value(value) }
    endArray()
  }

  /// Left edge, upper edge, width and height.
  fileprivate mutating func box(_ x: Float, _ y: Float, _ width: Float, _ height: Float) {
    beginArray()
    value(Double(x), decimals: 5)
    value(Double(y), decimals: 5)
    value(Double(width), decimals: 5)
    value(Double(height), decimals: 5)
    endArray()
  }
}
