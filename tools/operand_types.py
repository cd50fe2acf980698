#!/usr/bin/env python3
"""Writes Sources/Inference/Operators/OperandTypes+Table.swift: how many operands each standard operator takes, and which of
them have one type.

    .venv/bin/python tools/operand_types.py

From the schemas of the newest version of every operator of ONNX's default domain (onnx.defs): operands that share a type
variable. Operators with blocks, whose operands are of any types, are left out.
"""
import pathlib

import onnx
from onnx.defs import OpSchema

TARGET = pathlib.Path(__file__).resolve().parent.parent / "Sources/Inference/Operators/OperandTypes+Table.swift"


def groups(schema):
    variables = {constraint.type_param_str for constraint in schema.type_constraints}
    found = {}
    for index, operand in enumerate(schema.inputs):
        if operand.type_str not in variables:
            continue
        if operand.option == OpSchema.FormalParameterOption.Variadic:
            if operand.is_homogeneous:
                found.setdefault(operand.type_str, []).extend([index, -1])
        else:
            found.setdefault(operand.type_str, []).append(index)
    return [group for group in found.values() if len(group) > 1]


def main():
    newest = {}
    for schema in onnx.defs.get_all_schemas_with_history():
        if schema.domain == "" and schema.since_version >= getattr(newest.get(schema.name), "since_version", 0):
            newest[schema.name] = schema
    lines = []
    counts = []
    for name in sorted(newest):
        schema = newest[name]
        if any(attribute.type == OpSchema.AttrType.GRAPH for attribute in schema.attributes.values()):
            continue
        if schema.max_input < 1 << 30:
            counts.append(f'    "{name}": {schema.max_input},')
        if found := groups(schema):
            lines.append(f'    "{name}": {found},')
    TARGET.write_text(f"""// Written by tools/operand_types.py from onnx {onnx.__version__}.

extension OperandTypes {{
  /// For each operator, the places of operands that have one type; -1 for all behind the last.
  static let table: [String: [[Int]]] = [
""" + "\n".join(lines) + """
  ]

  /// The most operands that each operator takes, where there is a bound.
  static let limits: [String: Int] = [
""" + "\n".join(counts) + """
  ]
}
""")


main()
