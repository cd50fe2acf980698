import BraidCore
import BraidFeatures
import Testing

@Suite("The catalogue of features")
struct CatalogTests {
  @Test("names and aliases lead to the same definition")
  func names() throws {
    #expect(try FeatureCatalog.definition(named: "mfcc").name == "mfcc:kaldi")
    #expect(try FeatureCatalog.definition(named: "log-mel:kaldi").aliases == ["log-mel"])
    #expect(FeatureCatalog.definitions.map(\.name) == ["rms", "log-mel:kaldi", "mfcc:kaldi", "luma", "motion"])
  }

  @Test("what a definition says is what its extractor does")
  func definitionsAreTrue() throws {
    for definition in FeatureCatalog.definitions where definition.source == .sound {
      let feature = try FeatureCatalog.soundFeature(named: definition.name, sampleRate: 16_000)
      #expect(feature.dimension == definition.dimension)
      #expect(definition.shape == "[rows, \(feature.dimension)]")
      #expect(definition.timing?.windowMilliseconds == Double(feature.windowSamples) / 16)
      #expect(definition.timing?.hopMilliseconds == Double(feature.hopSamples) / 16)
    }
  }

  @Test("an unknown name is answered with the nearest and with all")
  func unknown() {
    let error = #expect(throws: FeatureError.self) { try FeatureCatalog.definition(named: "mfc") }
    #expect(error?.code == .unknownFeature)
    #expect(
      error?.description
        == "features: there is no feature called 'mfc'. Did you mean mfcc? "
        + "There are rms, log-mel:kaldi, mfcc:kaldi, luma, motion")
    let far = #expect(throws: FeatureError.self) { try FeatureCatalog.definition(named: "chromagram-of-doom") }
    #expect(far?.remedy == "There are rms, log-mel:kaldi, mfcc:kaldi, luma, motion")
    #expect(throws: FeatureError.self) { try FeatureCatalog.soundFeature(named: "motion", sampleRate: 16_000) }
  }
}
