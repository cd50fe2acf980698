/// The JSON Schema (draft 2020-12) of every record that `braid run` writes; `braid schema` prints it.
public enum RecordSchema {
  /// The schema's name, which `session` carries.
  public static let name = "braid/1"

  /// The schema as JSON.
  /// - Parameter featureNames: a regular expression (ECMA 262) that the names of features match.
  /// - Returns: the schema, in JSON.
  public static func json(featureNames: String) -> String {
    #"""
    {
      "$schema": "https://json-schema.org/draft/2020-12/schema",
      "title": "Braid records, schema braid/1: one JSON object a line",
      "description": "Times are seconds on the session's timeline, latencies milliseconds. The first line is a session, the last a summary. With --each every file has a file of records of its own, and standard output has a file record for each and a job record last.",
      "type": "object",
      "required": ["type"],
      "properties": {"type": {"enum": ["session", "result", "event", "features", "gap", "stats", "error", "summary", "file", "job"]}},
      "allOf": [
        {"if": {"properties": {"type": {"const": "session"}}}, "then": {"$ref": "#/$defs/session"}},
        {"if": {"properties": {"type": {"const": "result"}}}, "then": {"$ref": "#/$defs/result"}},
        {"if": {"properties": {"type": {"const": "event"}}}, "then": {"$ref": "#/$defs/event"}},
        {"if": {"properties": {"type": {"const": "features"}}}, "then": {"$ref": "#/$defs/features"}},
        {"if": {"properties": {"type": {"const": "gap"}}}, "then": {"$ref": "#/$defs/gap"}},
        {"if": {"properties": {"type": {"const": "stats"}}}, "then": {"$ref": "#/$defs/stats"}},
        {"if": {"properties": {"type": {"const": "error"}}}, "then": {"$ref": "#/$defs/error"}},
        {"if": {"properties": {"type": {"const": "summary"}}}, "then": {"$ref": "#/$defs/summary"}},
        {"if": {"properties": {"type": {"const": "file"}}}, "then": {"$ref": "#/$defs/file"}},
        {"if": {"properties": {"type": {"const": "job"}}}, "then": {"$ref": "#/$defs/job"}}
      ],
      "$defs": {
        "skips": {
          "type": "object",
          "properties": {
            "budget": {"type": "integer", "minimum": 0},
            "stale": {"type": "integer", "minimum": 0},
            "interval": {"type": "integer", "minimum": 0},
            "gate": {"type": "integer", "minimum": 0},
            "gap": {"type": "integer", "minimum": 0},
            "shed": {"type": "integer", "minimum": 0}
          },
          "required": ["budget", "gap", "gate", "interval", "shed", "stale"]
        },
        "percentiles": {
          "type": "object",
          "properties": {
            "p50": {"type": "number"},
            "p95": {"type": "number"},
            "p99": {"type": "number"},
            "max": {"type": "number"}
          },
          "required": ["max", "p50", "p95", "p99"]
        },
        "miss_ratio": {
          "description": "Of the results that were no probes, the part that came after their deadline, so far.",
          "type": "number", "minimum": 0, "maximum": 1
        },
        "interval": {
          "description": "The scheduler runs the model on one frame in so many at present; 1 is every frame.",
          "type": "number", "minimum": 1
        },
        "rung": {
          "description": "The form of the model that runs at present, 0 the best of its ladder.",
          "type": "integer", "minimum": 0
        },
        "use": {
          "description": "The part of a lane's time that the model's runs took: since the last stats in stats, of the whole session in the summary. A run counts when it has ended.",
          "type": "number", "minimum": 0
        },
        "fairness": {
          "description": "Jain's index over the models, each by the part that it ran on of the frames that the scheduler decided about; 1 when all have the same. Only where there are several, at real-time pace.",
          "type": "number", "minimum": 0, "maximum": 1
        },
        "account": {
          "type": "object",
          "properties": {
            "kind": {"enum": ["video", "audio", "text", "sensor"]},
            "frames": {"type": "integer", "minimum": 0},
            "samples": {"type": "integer", "minimum": 0},
            "delivered": {"type": "integer", "minimum": 0},
            "first_pts": {"type": ["number", "null"]},
            "last_pts": {"type": ["number", "null"]},
            "lost": {
              "type": "object",
              "properties": {
                "decode": {"type": "integer", "minimum": 0},
                "ring": {"type": "integer", "minimum": 0},
                "gap": {"type": "integer", "minimum": 0}
              },
              "required": ["decode", "gap", "ring"]
            },
            "lost_samples": {"type": "integer", "minimum": 0},
            "repaired_stamps": {"type": "integer", "minimum": 0}
          },
          "required": ["kind", "frames", "delivered", "first_pts", "last_pts", "lost"],
          "if": {"properties": {"kind": {"const": "audio"}}},
          "then": {"required": ["samples", "lost_samples"]}
        },
        "moments": {
          "type": "object",
          "properties": {
            "given": {"type": "integer", "minimum": 0},
            "late": {"type": "integer", "minimum": 0},
            "revised": {"type": "integer", "minimum": 0},
            "lost": {"type": "integer", "minimum": 0},
            "wait_ms": {"$ref": "#/$defs/percentiles"},
            "buffer_ms": {"type": "object", "additionalProperties": {"type": "number", "minimum": 0}}
          },
          "required": ["given", "late", "revised", "lost"]
        },
        "sinks": {
          "description": "What became of what each sink was offered, before this record: offered = lines + dropped, and in stats what waits.",
          "type": "object",
          "additionalProperties": {
            "type": "object",
            "properties": {
              "offered": {"type": "integer", "minimum": 0},
              "lines": {"type": "integer", "minimum": 0},
              "dropped": {"type": "integer", "minimum": 0},
              "retries": {"type": "integer", "minimum": 0},
              "bytes": {"type": "integer", "minimum": 0},
              "errors": {"type": "integer", "minimum": 0}
            },
            "required": ["offered", "lines", "dropped", "retries", "bytes", "errors"]
          }
        },
        "model_account": {
          "type": "object",
          "properties": {
            "stream": {"type": "string", "pattern": "^(video|audio|text|sensor):[0-9]+$"},
            "offered": {"type": "integer", "minimum": 0},
            "results": {"type": "integer", "minimum": 0},
            "probes": {"type": "integer", "minimum": 0},
            "missed": {"type": "integer", "minimum": 0},
            "skipped": {"$ref": "#/$defs/skips"},
            "miss_ratio": {"$ref": "#/$defs/miss_ratio"},
            "interval": {"$ref": "#/$defs/interval"},
            "rung": {"$ref": "#/$defs/rung"},
            "use": {"$ref": "#/$defs/use"},
            "latency_ms": {
              "type": "object",
              "properties": {"total": {"$ref": "#/$defs/percentiles"}, "inference": {"$ref": "#/$defs/percentiles"}}
            }
          },
          "required": ["stream", "offered", "results", "probes", "missed", "skipped"]
        },
        "session": {
          "type": "object",
          "properties": {
            "type": {"const": "session"},
            "schema": {"const": "braid/1"},
            "id": {"type": "string"},
            "host": {"type": "string"},
            "started": {"type": "string", "pattern": "^\\d{4}-\\d{2}-\\d{2}T\\d{2}:\\d{2}:\\d{2}\\.\\d{6}Z$"},
            "version": {"type": "string"},
            "pace": {"enum": ["fast", "realtime", "live"]},
            "deterministic": {"type": "boolean"},
            "inputs": {
              "type": "array",
              "items": {
                "type": "object",
                "properties": {
                  "uri": {"type": "string"},
                  "origin": {
                    "type": "object",
                    "properties": {"seconds": {"type": "number"}, "rational": {"type": "string"}},
                    "required": ["rational", "seconds"]
                  },
                  "live": {"type": "boolean"}
                },
                "required": ["live", "origin", "uri"]
              }
            },
            "streams": {
              "type": "object",
              "patternProperties": {
                "^(video|audio|text|sensor):[0-9]+$": {
                  "type": "object",
                  "properties": {
                    "kind": {"enum": ["video", "audio", "text", "sensor"]},
                    "input": {"type": "integer", "minimum": 0},
                    "index": {"type": "integer", "minimum": 0},
                    "codec": {"type": "string"},
                    "time_base": {"type": "string"},
                    "language": {"type": "string"},
                    "width": {"type": "integer", "minimum": 0},
                    "height": {"type": "integer", "minimum": 0},
                    "pixel_format": {"type": "string"},
                    "frame_rate": {"type": "string"},
                    "sample_rate": {"type": "integer", "minimum": 0},
                    "channels": {"type": "integer", "minimum": 0},
                    "values": {
                      "type": "array",
                      "items": {
                        "type": "object",
                        "properties": {"name": {"type": "string"}, "unit": {"type": "string"}},
                        "required": ["name"]
                      }
                    }
                  },
                  "required": ["kind", "input", "index", "codec", "time_base"]
                }
              },
              "additionalProperties": false
            },
            "models": {
              "type": "object",
              "additionalProperties": {
                "type": "object",
                "properties": {
                  "file": {"type": "string"},
                  "sha256": {"type": "string", "pattern": "^[0-9a-f]{64}$"},
                  "isa": {"type": "string"},
                  "threads": {"type": "integer", "minimum": 1},
                  "inputs": {"type": "array", "items": {"type": "string", "pattern": "^(video|audio|text|sensor):[0-9]+$"}},
                  "variants": {
                    "type": "array",
                    "description": "Smaller or faster forms, best first: rung 1, 2 and so on.",
                    "items": {
                      "type": "object",
                      "properties": {"file": {"type": "string"}, "sha256": {"type": "string"}, "value": {"type": "number"}},
                      "required": ["file", "sha256", "value"]
                    }
                  }
                },
                "required": ["file", "inputs", "isa", "sha256", "threads"]
              }
            }
          },
          "required": ["type", "schema", "version", "pace", "deterministic", "inputs", "streams", "models"]
        },
        "result": {
          "type": "object",
          "properties": {
            "type": {"const": "result"},
            "seq": {"type": "integer", "minimum": 0},
            "model": {"type": "string", "pattern": "^.+@.+$"},
            "stream": {"type": "string", "pattern": "^(video|audio|text|sensor):[0-9]+$"},
            "epoch": {"type": "integer", "minimum": 0},
            "pts": {"type": "number"},
            "duration": {"type": "number"},
            "captured": {"type": "string", "pattern": "^\\d{4}-\\d{2}-\\d{2}T\\d{2}:\\d{2}:\\d{2}\\.\\d{6}Z$"},
            "latency_ms": {
              "type": "object",
              "properties": {
                "ring": {"type": "number"},
                "sync": {"type": "number"},
                "cascade": {"type": "number"},
                "features": {"type": "number"},
                "queue": {"type": "number"},
                "inference": {"type": "number"},
                "total": {"type": "number"}
              },
              "required": ["features", "inference", "queue", "ring", "sync", "total"]
            },
            "budget": {
              "type": "object",
              "properties": {"ms": {"type": "number"}, "met": {"type": "boolean"}},
              "required": ["met", "ms"]
            },
            "probe": {"const": true},
            "rung": {"type": "integer", "minimum": 1, "description": "Which form of the model gave it, where it is not the best."},
            "lost": {"$ref": "#/$defs/skips"},
            "skew_ms": {"type": "object", "additionalProperties": {"type": ["number", "null"]}},
            "output": {"$ref": "#/$defs/output"}
          },
          "required": ["type", "seq", "model", "stream", "epoch", "pts", "duration", "lost", "output"]
        },
        "output": {
          "type": "object",
          "properties": {
            "crops": {
              "type": "array",
              "items": {
                "type": "object",
                "properties": {
                  "label": {"type": "string"},
                  "score": {"type": "number"},
                  "box": {"type": "array", "items": {"type": "number"}, "minItems": 4, "maxItems": 4},
                  "landmarks": {"$ref": "#/$defs/points"},
                  "track": {"type": "integer", "minimum": 0},
                  "region": {"type": "array", "items": {"type": "number"}, "minItems": 4, "maxItems": 4},
                  "output": {"$ref": "#/$defs/output"}
                },
                "required": ["label", "score", "box", "region", "output"]
              }
            },
            "left": {"type": "integer", "minimum": 0},
            "detections": {
              "type": "array",
              "items": {
                "type": "object",
                "properties": {
                  "label": {"type": "string"},
                  "score": {"type": "number"},
                  "box": {"type": "array", "items": {"type": "number"}, "minItems": 4, "maxItems": 4},
                  "landmarks": {"$ref": "#/$defs/points"},
                  "track": {"type": "integer", "minimum": 0}
                },
                "required": ["label", "score", "box"]
              }
            },
            "event": {"type": "string"},
            "scores": {"type": "array", "items": {"type": ["number", "null"]}},
            "classes": {
              "type": "array",
              "items": {
                "type": "object",
                "properties": {"label": {"type": "string"}, "score": {"type": "number"}},
                "required": ["label", "score"]
              }
            },
            "values": {
              "type": "array",
              "items": {
                "type": "object",
                "properties": {"name": {"type": "string"}, "value": {"type": ["number", "null"]}, "unit": {"type": "string"}},
                "required": ["name", "value"]
              }
            },
            "embedding": {"type": "array", "items": {"type": ["number", "null"]}},
            "masks": {
              "type": "array",
              "items": {
                "type": "object",
                "properties": {
                  "label": {"type": "string"},
                  "size": {
                    "description": "Height and width.",
                    "type": "array",
                    "items": {"type": "integer", "minimum": 1},
                    "minItems": 2,
                    "maxItems": 2
                  },
                  "counts": {
                    "description": "COCO's run lengths, column by column, from pixels that do not belong to the class.",
                    "type": "array",
                    "items": {"type": "integer", "minimum": 0}
                  }
                },
                "required": ["label", "size", "counts"]
              }
            },
            "text": {"type": "string"},
            "audio": {
              "type": "object",
              "properties": {"rate": {"type": "integer", "minimum": 1}, "samples": {"type": "integer", "minimum": 0}},
              "required": ["rate", "samples"]
            },
            "tensors": {
              "type": "object",
              "additionalProperties": {
                "type": "object",
                "properties": {
                  "shape": {"type": "array", "items": {"type": "integer", "minimum": 0}},
                  "values": {"type": "array", "items": {"type": ["number", "null"]}}
                },
                "required": ["shape", "values"]
              }
            }
          }
        },
        "points": {
          "description": "Places in 0 to 1 of the picture, from the left and from above.",
          "type": "array",
          "items": {"type": "array", "items": {"type": "number"}, "minItems": 2, "maxItems": 2}
        },
        "event": {
          "type": "object",
          "properties": {
            "type": {"const": "event"},
            "seq": {"type": "integer", "minimum": 0},
            "id": {"type": "integer", "minimum": 0},
            "name": {"type": "string"},
            "stream": {"type": "string", "pattern": "^(video|audio|text|sensor):[0-9]+$"},
            "model": {"type": "string", "pattern": "^.+@.+$"},
            "epoch": {"type": "integer", "minimum": 0},
            "pts": {"type": "number"},
            "duration": {"type": "number"},
            "final": {"type": "boolean"},
            "score": {"type": ["number", "null"]},
            "cause": {"type": "string"},
            "from": {"type": "number"},
            "to": {"type": "number"},
            "revises": {"type": "integer", "minimum": 0},
            "late": {"type": "boolean"},
            "wait_ms": {"type": "number"},
            "parts": {
              "type": "object",
              "additionalProperties": {
                "type": "object",
                "properties": {
                  "absent": {"enum": ["unmatched", "late", "silent", "ended"]},
                  "skew_ms": {"type": "number"},
                  "age_ms": {"type": "number", "minimum": 0},
                  "missing_ms": {"type": "number", "minimum": 0},
                  "count": {"type": "integer", "minimum": 0},
                  "texts": {"type": "array", "items": {"type": "string"}},
                  "values": {"type": "array", "items": {"type": ["number", "null"]}}
                }
              }
            }
          },
          "required": ["type", "seq", "id", "name", "pts", "duration", "final"]
        },
        "features": {
          "type": "object",
          "properties": {
            "type": {"const": "features"},
            "seq": {"type": "integer", "minimum": 0},
            "name": {"type": "string", "pattern": "\#(featureNames)"},
            "input": {"type": "string"},
            "stream": {"type": "string", "pattern": "^(video|audio|text|sensor):[0-9]+$"},
            "epoch": {"type": "integer", "minimum": 0},
            "pts": {"type": "number"},
            "hop": {"type": "number"},
            "values": {"type": "array", "items": {"type": "array", "items": {"type": ["number", "null"]}}}
          },
          "required": ["type", "seq", "name", "stream", "epoch", "pts", "values"]
        },
        "gap": {
          "type": "object",
          "properties": {
            "type": {"const": "gap"},
            "seq": {"type": "integer", "minimum": 0},
            "input": {"type": "string"},
            "stream": {"type": "string", "pattern": "^(video|audio|text|sensor):[0-9]+$"},
            "epoch": {"type": "integer", "minimum": 0},
            "new_epoch": {"type": "integer", "minimum": 0},
            "pts": {"type": "number"},
            "duration": {"type": "number"},
            "samples": {"type": "integer", "minimum": 0},
            "frames": {"type": "integer", "minimum": 0},
            "reason": {"enum": ["overrun", "unplug", "network", "timestamps", "starved"]}
          },
          "required": ["type", "seq", "stream", "epoch", "new_epoch", "pts", "duration", "reason"]
        },
        "stats": {
          "type": "object",
          "properties": {
            "type": {"const": "stats"},
            "seq": {"type": "integer", "minimum": 0},
            "pts": {"type": "number"},
            "streams": {
              "type": "object",
              "additionalProperties": {
                "type": "object",
                "properties": {
                  "ring": {"type": "integer", "minimum": 0},
                  "delivered": {"type": "integer", "minimum": 0},
                  "lost": {"type": "integer", "minimum": 0},
                  "ppm": {"type": "number"},
                  "offset_ms": {"type": "number"},
                  "jitter_ms": {"type": "number"}
                },
                "required": ["delivered"]
              }
            },
            "models": {
              "type": "object",
              "additionalProperties": {
                "type": "object",
                "properties": {
                  "p50": {"description": "From capture to record, in milliseconds, so far.", "type": "number"},
                  "p95": {"type": "number"},
                  "p99": {"type": "number"},
                  "miss_ratio": {"$ref": "#/$defs/miss_ratio"},
                  "interval": {"$ref": "#/$defs/interval"},
                  "rung": {"$ref": "#/$defs/rung"},
                  "use": {"$ref": "#/$defs/use"},
                  "offered": {"type": "integer", "minimum": 0},
                  "results": {"type": "integer", "minimum": 0},
                  "probes": {"type": "integer", "minimum": 0},
                  "missed": {"type": "integer", "minimum": 0},
                  "skipped": {"$ref": "#/$defs/skips"}
                },
                "required": ["offered", "results", "probes", "missed", "skipped"]
              }
            },
            "fairness": {"$ref": "#/$defs/fairness"},
            "moments": {"$ref": "#/$defs/moments"},
            "sinks": {"$ref": "#/$defs/sinks"}
          },
          "required": ["type", "seq", "pts", "streams", "models"]
        },
        "error": {
          "type": "object",
          "properties": {
            "type": {"const": "error"},
            "seq": {"type": "integer", "minimum": 0},
            "code": {"type": "string"},
            "message": {"type": "string"},
            "where": {"type": "string"},
            "remedy": {"type": "string"},
            "fatal": {"type": "boolean"}
          },
          "required": ["type", "seq", "code", "message", "where", "remedy", "fatal"]
        },
        "summary": {
          "type": "object",
          "properties": {
            "type": {"const": "summary"},
            "duration": {"type": "number"},
            "wall": {"type": "number"},
            "realtime_factor": {"type": "number"},
            "peak_memory_mb": {"type": "number"},
            "errors": {"type": "integer", "minimum": 0},
            "av_offset_ms": {"type": ["number", "null"]},
            "streams": {"type": "object", "additionalProperties": {"$ref": "#/$defs/account"}},
            "models": {"type": "object", "additionalProperties": {"$ref": "#/$defs/model_account"}},
            "fairness": {"$ref": "#/$defs/fairness"},
            "moments": {"$ref": "#/$defs/moments"},
            "sinks": {"$ref": "#/$defs/sinks"}
          },
          "required": ["type", "duration", "errors", "av_offset_ms", "streams", "models"]
        },
        "file": {
          "description": "What became of one file of a job (braid run --each).",
          "type": "object",
          "properties": {
            "type": {"const": "file"},
            "file": {"type": "string"},
            "output": {"type": "string"},
            "status": {"enum": ["done", "failed", "interrupted", "skipped"]},
            "exit": {"type": "integer", "minimum": 0},
            "duration": {"type": "number"},
            "wall": {"type": "number"},
            "results": {"type": "integer", "minimum": 0},
            "events": {"type": "integer", "minimum": 0},
            "errors": {"type": "integer", "minimum": 0},
            "failure": {
              "type": "object",
              "properties": {
                "code": {"type": "string"},
                "message": {"type": "string"},
                "where": {"type": "string"},
                "remedy": {"type": "string"}
              },
              "required": ["code", "message", "where", "remedy"]
            }
          },
          "required": ["type", "file", "output", "status", "duration", "results", "events", "errors"],
          "if": {"properties": {"status": {"const": "failed"}}},
          "then": {"required": ["failure", "exit"]}
        },
        "job": {
          "description": "What became of a job's files together: files = done + failed + skipped + left.",
          "type": "object",
          "properties": {
            "type": {"const": "job"},
            "files": {"type": "integer", "minimum": 0},
            "done": {"type": "integer", "minimum": 0},
            "failed": {"type": "integer", "minimum": 0},
            "skipped": {"type": "integer", "minimum": 0},
            "left": {"type": "integer", "minimum": 0},
            "duration": {"type": "number"},
            "wall": {"type": "number"},
            "realtime_factor": {"type": "number"}
          },
          "required": ["type", "files", "done", "failed", "skipped", "left", "duration"]
        }
      }
    }
    """#
  }
}
