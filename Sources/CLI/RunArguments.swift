import ArgumentParser
import BraidCore
import BraidFeatures
import BraidInference
import BraidIngest
import BraidPipeline

/// The arguments of `braid run`.
struct RunArguments: ParsableArguments {
  @Argument(
    help: ArgumentHelp(
      """
      A file, a URL that FFmpeg opens, '-' for standard input, or a device: alsa:NAME, v4l2:/dev/video0, screen::0,
      lavfi:GRAPH; text:FILE for subtitles and texts, sensor:FILE for readings, one a line. Several make one session on one timeline. 'replay:DIR' repeats a recorded session.
      """,
      valueName: "input"), completion: .file())
  var inputs: [String] = []

  @Option(
    name: .customLong("pipeline"),
    help: ArgumentHelp(
      """
      A YAML file that says all of a session: sources, models, budget, sinks and the rest. What is given beside it, inputs \
      too, takes the place of what it says. docs/pipelines.md has every field.
      """, valueName: "file"), completion: .file())
  var pipelineFile: String?

  @Flag(
    name: .long,
    help: "Print what would run, with every default, as a pipeline file; nothing is opened.")
  var printConfig = false

  @Option(
    name: .long,
    help: ArgumentHelp(
      "A model: an .onnx file, a folder with a braid.json, or the name of an installed one; 'none' for no model.",
      valueName: "name|path"), completion: .file())
  var model: [String] = []

  @Option(
    name: .long,
    help: ArgumentHelp(
      "Features to write, with commas between: see 'braid features --list'; 'none' for none.", valueName: "list"),
    completion: .list(FeatureCatalog.definitions.map(\.name)))
  var features: String?

  @Option(
    name: .long,
    help: ArgumentHelp(
      """
      Tell what streams have at one time: a tick (a stream such as video:0, or every:40ms), then the streams, each with a policy \
      where its kind's own will not do: exact, nearest:20ms, hold:10s, interpolate:1s, window:-500ms..0ms. 'correct=2s' \
      tells moments again that late data has changed.
      """, valueName: "tick,stream…"))
  var moments: String?

  @Option(
    name: .long,
    help: ArgumentHelp("From capture to result, e.g. 50ms. Counts at real-time pace.", valueName: "duration"))
  var budget: DurationArgument?

  @Option(
    name: .long,
    help: ArgumentHelp(
      """
      What the scheduler holds to for a model, at real-time pace: 'weight=2,min-rate=5,priority=1,budget=40ms'. A result \
      counts its weight; its minimum rate, in runs a second, is kept first, then higher priorities. Repeatable.
      """, valueName: "model:settings"))
  var schedule: [String] = []

  @Option(
    name: .long,
    help: ArgumentHelp(
      """
      Run a model only while another says yes: an event of its is under way, or was there within the hold (500ms for \
      instants, else 0), or it detects something (of that label). Repeatable.
      """, valueName: "model=other[:label][,hold=500ms]"))
  var gate: [String] = []

  @Option(
    name: .long,
    help: ArgumentHelp(
      """
      Run a model on what another detects (with that label): on crops of the picture at its full size, the best 16 \
      ('max=8'), 'margin=0.2' of the box wider on each side, 'square=yes'. Repeatable.
      """, valueName: "model=other[:label][,margin=0.2…]"))
  var crops: [String] = []

  @Option(
    name: .long,
    help: ArgumentHelp(
      """
      Feed a model that takes another's last results, such as a wake word on embeddings, from that model (from that \
      output). Needed only where more than one fits. Repeatable.
      """, valueName: "model=other[:output]"))
  var chain: [String] = []

  @Option(
    name: .long,
    help: ArgumentHelp(
      """
      Follow what a model detects from picture to picture: each thing that is seen for 40ms ('birth=40ms') has a \
      number, 'track', and keeps it when it is back after up to 1s ('lost=1s'). Repeatable.
      """, valueName: "model[,lost=1s…]"))
  var track: [String] = []

  @Option(
    name: .long,
    help: ArgumentHelp(
      "Which frames models pass over: adaptive, none, every:N, max-fps:F. (default: adaptive)", valueName: "policy"))
  var skip: SkipArgument?

  @Option(
    name: .long,
    help: ArgumentHelp(
      "What is kept where models pass frames over for want of time: 'content', most motion or energy; 'newest'. (default: content)",
      valueName: "what"))
  var prefer: PreferenceArgument?

  @Option(
    name: .long,
    help: ArgumentHelp(
      "'fast': as fast as possible; 'realtime': as if the file were live. (default: fast)", valueName: "pace"))
  var pace: PaceArgument?

  @Option(
    name: .long,
    help: ArgumentHelp("How far parts of a moment may be from its tick. (default: 20ms)", valueName: "duration"))
  var tolerance: DurationArgument?

  @Option(
    name: .long,
    help: ArgumentHelp(
      "How long a moment waits for a late part, at real-time pace. (default: 40ms)", valueName: "duration"))
  var wait: DurationArgument?

  @Option(name: .long, help: ArgumentHelp("Begin there, exactly: 12.5, 90s, 1:30.", valueName: "time"))
  var start: DurationArgument?

  @Option(name: .long, help: ArgumentHelp("Take only that much.", valueName: "duration"))
  var duration: DurationArgument?

  @Option(
    name: [.long, .short],
    help: ArgumentHelp(
      "Write records there; '-' is stdout. With --each, a folder. (default: -)", valueName: "file"),
    completion: .file())
  var output: String?

  @Option(
    name: .long,
    help: ArgumentHelp(
      """
      Write records elsewhere too, on a thread of its own: jsonl:FILE, fifo:PATH, unix:SOCKET, http://…; events as vtt:FILE, \
      srt:FILE, rttm:FILE; a film of what was found as video:FILE.mp4; sound that a model makes as wav:FILE. \
      Settings follow with commas: 'types=result,event', 'models=NAME', 'drop=oldest', 'rotate=100MB'; see docs/sinks.md. \
      'none' takes a pipeline's away. Repeatable.
      """, valueName: "kind:target[,setting…]"), completion: .file())
  var sink: [String] = []

  @Option(
    name: .long,
    help: ArgumentHelp(
      "Write each decision of the scheduler with the numbers behind it, a line of JSON each; '-' is stderr.",
      valueName: "file"), completion: .file())
  var explainSkips: String?

  @Option(
    name: .long,
    help: ArgumentHelp(
      "Write a trace of what every thread does, for ui.perfetto.dev or chrome://tracing.", valueName: "file"),
    completion: .file())
  var trace: String?

  @Option(
    name: .long,
    help: ArgumentHelp(
      "Write stats records that often; 0 for never. (default: 1s at real-time pace and live, else never)",
      valueName: "duration"))
  var statsEvery: DurationArgument?

  @Flag(
    name: .long, inversion: .prefixedNo,
    help: "Leave out all measured times: the same input gives the same bytes, whatever the machine's load.")
  var deterministic: Bool?

  @Option(
    name: .long,
    help: ArgumentHelp(
      """
      Threads that models run on, in all: different models run side by side, and what is left, or what a budget needs, divides \
      large runs. (default: 1)
      """, valueName: "n"))
  var threads: Int?

  @OptionGroup var transforms: TransformArguments

  @OptionGroup var kernels: KernelArguments

  @OptionGroup(title: "Input Options")
  var container: ContainerFormatArgument

  @OptionGroup(title: "Input Options")
  var input: InputArguments

  @OptionGroup(title: "Live Inputs")
  var live: LiveArguments

  @OptionGroup(title: "Many Files")
  var job: JobArguments

  @Flag(name: [.long, .short], help: "No progress line and no notes on stderr; errors are still shown.")
  var quiet = false
}

/// A duration as an argument.
struct DurationArgument: ExpressibleByArgument {
  let duration: MediaDuration

  init(duration: MediaDuration) { self.duration = duration }

  init?(argument: String) {
    guard let duration = MediaDuration(text: argument), duration >= .zero else { return nil }
    self.duration = duration
  }

  var defaultValueDescription: String { "\(duration.nanoseconds / 1_000_000)ms" }
}

/// A skip policy as an argument.
struct SkipArgument: ExpressibleByArgument {
  let policy: SkipPolicy

  init(policy: SkipPolicy) { self.policy = policy }

  init?(argument: String) {
    guard let policy = SkipPolicy(argument) else { return nil }
    self.policy = policy
  }

  var defaultValueDescription: String { policy.description }
}

/// Which frames are kept, as an argument.
enum PreferenceArgument: String, ExpressibleByArgument, CaseIterable {
  case content
  case newest
}

/// A pace as an argument.
enum PaceArgument: String, ExpressibleByArgument, CaseIterable {
  case fast
  case realtime

  var pace: SessionConfiguration.Pace { self == .fast ? .fast : .realtime }
}
