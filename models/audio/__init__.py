"""Pure signal code: arrays in, arrays out, no networks.

mel           the log-mel picture that every network sees, whole or streamed
media         media files opened safely
decode        any audio file as a bounded stream of samples
windows       one-second windows over a mel picture
segmentation  from window probabilities to sounds
loudness      EBU R128 loudness, true peak, normalising, fading
waveform      peaks to draw
picture       a mel picture as PNG
phase         phases from magnitudes alone
render        from a mel picture back to audio
encode        audio files, written whole or not at all
foley         physically informed demonstration sounds
"""

import numpy as np
import numpy.typing as npt

FloatArray = npt.NDArray[np.float32]
"""Samples in [-1, 1], levels in dB or probabilities: every array of this package is float32."""
