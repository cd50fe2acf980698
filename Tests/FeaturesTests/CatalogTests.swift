import BraidCore
import BraidFeatures
import Testing

@Suite("The catalogue of features")
struct CatalogTests {
  @Test("names and aliases lead to the same definition, and none stands for two")
  func names() throws {
    #expect(try FeatureCatalog.definition(named: "mfcc").name == "mfcc:kaldi")
    #expect(try FeatureCatalog.definition(named: "log-mel:kaldi").aliases == ["log-mel"])
    let names = FeatureCatalog.definitions.flatMap { [$0.name] + $0.aliases }
    #expect(Set(names).count == names.count)
    for name in names { #expect(!name.contains { ",= ".contains($0) }) }
  }

  @Test("every definition's extractor is made by its standard settings, at usual rates and channels")
  func extractors() throws {
    for definition in FeatureCatalog.definitions {
      for onStreams in [true, false] {
        let selection = FeatureSelection(definition, onStreams: onStreams)
        if definition.source == .picture {
          let feature = try selection.pictureFeature()
          #expect(feature.dimension > 0)
          #expect(definition.columns.isEmpty || definition.columns.count == feature.dimension, "\(definition.name)")
          continue
        }
        if definition.source == .soundAndPicture {
          #expect(try selection.soundAndPictureFeature().dimension == definition.columns.count)
          continue
        }
        for rate in [8000, 11_025, 16_000, 44_100, 48_000, 192_000] {
          for channels in [1, 2, 16] {
            let format = try #require(selection.format(of: SoundFormat(sampleRate: rate, channelCount: channels)))
            let feature = try selection.soundFeature(format)
            #expect(feature.sampleRate == format.sampleRate && feature.channelCount == format.channelCount)
            #expect(feature.dimension > 0 && feature.windowSamples > 0 && feature.hopSamples >= 0)
            #expect(definition.columns.isEmpty || definition.columns.count == feature.dimension, "\(definition.name)")
            if onStreams { #expect(!feature.keepsWholeClip, "\(definition.name)") }
          }
        }
      }
    }
  }

  @Test("a list is parsed with the settings of each feature, and a name shows what is not standard")
  func lists() throws {
    let list = try FeatureSelection.parse("rms,hop=20,mfcc,coefficients=20,bands=40,energy=off,luma", onStreams: true)
    #expect(list.map(\.name) == ["rms,hop=20", "mfcc:kaldi,coefficients=20,bands=40,energy=off", "luma"])
    let standard = try FeatureSelection.parse("mfcc,bands=23,coefficients=13", onStreams: true)
    #expect(standard.map(\.name) == ["mfcc:kaldi"])
    let format = try #require(list[0].format(of: SoundFormat(sampleRate: 48_000)))
    #expect(try list[0].soundFeature(format).hopSamples == 960)
  }

  @Test(
    "what cannot be is answered with what can",
    arguments: [
      ("mfcc,bands=2", "mfcc:kaldi: '2' cannot be its bands. Take 3 to 256"),
      ("mfcc,energy=maybe", "mfcc:kaldi: 'maybe' cannot be its energy. Take on or off"),
      (
        "mfcc,color=1",
        "mfcc:kaldi: it has no setting called 'color'. There are coefficients, bands, lifter, low, high, "
          + "frame-length, frame-shift, pre-emphasis, window, snip-edges, remove-dc, power, energy, raw-energy, energy-floor, deltas"
      ),
      ("rms,hop=nan", "rms: 'nan' cannot be its hop. Take 1 to 1000 ms"),
      ("luma,x=1", "luma: it has no setting called 'x'. It has no settings"),
      (
        "bands=4",
        "features: the setting 'bands=4' comes before any feature. Write the feature first: mfcc,coefficients=20"
      ),
    ])
  func invalid(list: String, message: String) {
    let error = #expect(throws: FeatureError.self) { try FeatureSelection.parse(list, onStreams: true) }
    #expect(error?.code == .invalidSetting)
    #expect(error?.description == message)
  }

  @Test("an unknown name is answered with the nearest and with all")
  func unknown() throws {
    let all = "There are " + FeatureCatalog.definitions.map(\.name).joined(separator: ", ")
    let error = #expect(throws: FeatureError.self) { try FeatureCatalog.definition(named: "mfc") }
    #expect(error?.code == .unknownFeature)
    #expect(error?.description == "features: there is no feature called 'mfc'. Did you mean mfcc? " + all)
    let far = #expect(throws: FeatureError.self) { try FeatureCatalog.definition(named: "zzzzzzzzzzzzz") }
    #expect(far?.remedy == all)
    let motion = try FeatureSelection.parse("motion", onStreams: true)[0]
    #expect(throws: FeatureError.self) { try motion.soundFeature(SoundFormat(sampleRate: 16_000)) }
  }
}
