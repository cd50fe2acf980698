"""Log-mel rows as Kaldi computes them, by kaldi-native-fbank: the features that `log-mel:kaldi` names.

Row k covers samples [160 k, 160 k + 400) at 16 kHz; its time is its centre, sample 160 k + 200. Samples are in [-1, 1].
"""

import kaldi_native_fbank
import numpy as np

RATE, HOP, WINDOW, BANDS = 16_000, 160, 400, 40


def log_mel(samples):
    """Rows of natural-logarithm mel energies, [rows, 40] float32."""
    options = kaldi_native_fbank.FbankOptions()
    options.frame_opts.samp_freq = RATE
    options.frame_opts.frame_shift_ms = 10.0
    options.frame_opts.frame_length_ms = 25.0
    options.frame_opts.dither = 0.0
    options.frame_opts.preemph_coeff = 0.97
    options.frame_opts.remove_dc_offset = True
    options.frame_opts.window_type = "povey"
    options.frame_opts.round_to_power_of_two = True
    options.frame_opts.snip_edges = True
    options.mel_opts.num_bins = BANDS
    options.mel_opts.low_freq = 20.0
    options.mel_opts.high_freq = 0.0
    options.use_energy = False
    options.use_log_fbank = True
    options.use_power = True
    bank = kaldi_native_fbank.OnlineFbank(options)
    bank.accept_waveform(RATE, np.asarray(samples, np.float32))
    bank.input_finished()
    if bank.num_frames_ready == 0:
        return np.zeros((0, BANDS), np.float32)
    return np.stack([bank.get_frame(index) for index in range(bank.num_frames_ready)]).astype(np.float32)


def row_times(count):
    """Centres of the first `count` rows in seconds."""
    return (np.arange(count) * HOP + WINDOW / 2) / RATE
