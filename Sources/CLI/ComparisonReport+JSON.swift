import BraidCore
import BraidInference
import BraidPipeline

extension ComparisonReport {
  /// One object and the end of its line.
  var json: [UInt8] {
    var writer = JSONWriter()
    writer.beginObject()
    writer.field("first", comparison.paths.first)
    writer.field("second", comparison.paths.second)
    if let mode { writer.field("mode", mode) }
    writer.field("verdict", verdict)
    writer.field("agreement", comparison.agreement.value, decimals: 6)
    writer.field("agreement_is", comparison.agreement.name)
    writer.field("faster", comparison.times.backToBack.speedUp, decimals: 4)
    writer.array("missed", missed) { $0.value($1) }
    writeMachine(to: &writer)
    writeOutputs(to: &writer)
    if let report { Self.write(report, to: &writer) }
    writer.endObject()
    writer.endLine()
    return writer.bytes
  }

  private func writeMachine(to writer: inout JSONWriter) {
    writer.array("bytes", [comparison.bytes.first, comparison.bytes.second]) { $0.value($1) }
    writer.field("cpu", comparison.processor)
    writer.array("cpu_features", comparison.features) { $0.value($1) }
    writer.field("int8_path", comparison.int8Path)
    writer.field("threads", comparison.times.threads)
    writer.objects("times", duels) { writer, way in
      writer.field("way", way.name)
      writer.field("faster", way.duel.speedUp, decimals: 4)
      let both: [(StaticString, ModelContest.Times)] = [("first", way.duel.first), ("second", way.duel.second)]
      for (key, times) in both {
        writer.key(key)
        writer.beginObject()
        let columns: [(StaticString, MediaDuration)] = [
          ("p50_ms", times.p50), ("p95_ms", times.p95), ("p99_ms", times.p99), ("load_ms", times.load),
        ]
        for (key, time) in columns { writer.field(key, Columns.milliseconds(time), decimals: 4) }
        writer.field("runs", times.runs)
        writer.endObject()
      }
    }
  }

  private func writeOutputs(to writer: inout JSONWriter) {
    writer.field("samples", comparison.outputs.samples)
    writer.objects("outputs", comparison.outputs.outputs) { writer, output in
      writer.field("name", output.name)
      writer.field("cosine", output.cosine, decimals: 6)
      writer.field("identity", output.identity, decimals: 6)
      writer.field("signal_to_noise_db", output.signalToNoise, decimals: 2)
      if let top = output.topClass { writer.field("same_class_first", top, decimals: 6) }
    }
    if let decoded = comparison.decoded {
      writer.key("decoded")
      writer.beginObject()
      writer.field("measure", decoded.measure.rawValue)
      writer.field("value", decoded.value, decimals: 6)
      writer.field("count", decoded.count)
      writer.endObject()
    }
    if let accuracy = comparison.accuracy {
      writer.key("accuracy")
      writer.beginObject()
      writer.field("first", accuracy.first, decimals: 6)
      writer.field("second", accuracy.second, decimals: 6)
      writer.field("count", accuracy.count)
      writer.endObject()
    }
  }

  private static func write(_ report: QuantisationReport, to writer: inout JSONWriter) {
    if let method = report.method { writer.field("method", method.rawValue) }
    writer.field("equalised", report.isEqualised)
    writer.field("bias_corrected", report.isBiasCorrected)
    writer.objects("attempts", report.attempts) { writer, attempt in
      writer.field("name", attempt.name)
      writer.field("signal_to_noise_db", attempt.signalToNoise, decimals: 2)
      if let agreement = attempt.agreement { writer.field("agreement", agreement, decimals: 6) }
    }
    if let taken = report.taken { writer.field("taken", taken) }
    writer.key("calibration")
    writer.beginObject()
    writer.field("ranges", report.samples.calibration)
    writer.field("choices", report.samples.selection)
    writer.field("held_out", report.samples.heldOut)
    writer.endObject()
    writer.objects("layers", report.layers) { writer, layer in
      writer.field("name", layer.name)
      writer.field("operator", layer.operation)
      writer.field("multiply_adds", layer.multiplyAdds)
      if let ratio = layer.signalToNoise { writer.field("alone_db", ratio, decimals: 2) }
      if let kept = layer.kept { writer.field("floating_point", kept.rawValue) }
    }
    writer.objects("activations", report.activations) { writer, activation in
      writer.field("name", activation.name)
      let numbers: [(StaticString, Float)] = [
        ("least", activation.seen.low), ("greatest", activation.seen.high), ("low", activation.stored.low),
        ("high", activation.stored.high), ("scale", activation.quantization.scale),
      ]
      for (key, number) in numbers {
        writer.key(key)
        writer.value(number)
      }
      writer.field("zero_point", Int(activation.quantization.zeroPoint))
    }
  }
}
