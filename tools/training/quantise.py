"""Static int8 by ONNX Runtime: QDQ, per channel, u8 activations and s8 weights."""

from onnxruntime.quantization import CalibrationDataReader, CalibrationMethod, QuantFormat, QuantType, quantize_static


class _Cases(CalibrationDataReader):
    def __init__(self, cases):
        self.cases = iter(cases)

    def get_next(self):
        return next(self.cases, None)


def quantise(source, target, cases):
    """Writes the int8 variant of `source`; `cases` are feeds for the calibration. The sigmoid stays in float."""
    quantize_static(str(source), str(target), _Cases(cases), quant_format=QuantFormat.QDQ, per_channel=True,
                    activation_type=QuantType.QUInt8, weight_type=QuantType.QInt8, calibrate_method=CalibrationMethod.MinMax,
                    op_types_to_quantize=["Conv", "Relu", "MaxPool", "Flatten", "Concat", "Gemm"])
