"""Renderers beside each other, on the same mel pictures: `python bench/sound_render.py [--data DIR] [--pictures DIR]`.

With `--data` it renders held-out recordings, some of each trigger, else the demonstration foley. librosa's
`mel_to_audio` (32 iterations) is the peer. "borrowed" takes its phases from the recording itself (what filtering a
source can reach at best), "borrowed elsewhere" from another second of the same recording, as a free variation would.
`DEEPASMR_TAGGER` names YAMNet's file for the Fréchet distance (FAD) of its embeddings to those of the recordings.
"""

import argparse
import csv
import json
import os
import resource
import time
from collections import defaultdict
from collections.abc import Callable
from pathlib import Path

import librosa
import numpy as np
import scipy.linalg

from models.audio import FloatArray
from models.audio.decode import DecodeLimits, read, to_mono
from models.audio.foley import PERFORMANCES, perform
from models.audio.mel import log_mel
from models.audio.picture import mel_png
from models.audio.render import render

LIMITS = DecodeLimits(max_seconds=600.0, max_bytes=1 << 30)
SECONDS = 4.0
FLOOR = 1e-8
MEASURES = ("mel dB", "fine dB", "fine correlation", "onsets", "gap floor dB", "x real time")
Renderer = Callable[[FloatArray, FloatArray], FloatArray]
"""(mel picture, the recording) -> samples."""


def level_db(audio: FloatArray, *, n_fft: int, hop: int, n_bands: int) -> FloatArray:
    """Level of mel bands, floored at 1e-8. [n_bands, n_frames]."""
    power = librosa.feature.melspectrogram(y=audio, sr=44100, n_fft=n_fft, hop_length=hop, n_mels=n_bands)
    return 10.0 * np.log10(np.maximum(power, FLOOR))


def judge(audio: FloatArray, rendered: FloatArray) -> tuple[float, ...]:
    """Mel error (dB), fine mel error (dB), correlations of fine bands' and onsets' envelopes, floor in gaps (dB)."""
    n_samples = min(len(audio), len(rendered))
    pair = (audio[:n_samples], rendered[:n_samples])
    coarse = [level_db(each, n_fft=2048, hop=512, n_bands=128) for each in pair]
    fine = [level_db(each, n_fft=512, hop=128, n_bands=32) for each in pair]
    is_alive = fine[0].std(axis=1) > 0.1
    bands = [np.corrcoef(*each)[0, 1] for each in zip(fine[0][is_alive], fine[1][is_alive], strict=True)]
    onsets = [librosa.onset.onset_strength(S=each, sr=44100) for each in fine]
    loudness = [
        10.0 * np.log10(np.add.reduceat(np.square(each), np.arange(0, n_samples, 882)) / 882 + 1e-12) for each in pair
    ]
    quiet = loudness[0] <= np.quantile(loudness[0], 0.1)
    return (
        float(np.abs(coarse[0] - coarse[1]).mean()),
        float(np.abs(fine[0] - fine[1]).mean()),
        float(np.nanmean(bands)),
        float(np.corrcoef(*onsets)[0, 1]),
        float(np.mean(loudness[1][quiet] - loudness[0][quiet])),
    )


def recordings(data: Path | None, n_each: int, fold: str) -> dict[str, list[FloatArray]]:
    """The loudest four seconds of some recordings of each trigger."""
    if data is None:
        return {each.trigger: [to_mono(perform(each))[44100 * 2 : 44100 * 6].copy()] for each in PERFORMANCES}
    found: dict[str, list[FloatArray]] = defaultdict(list)
    with (data / "recordings.csv").open(newline="", encoding="utf-8") as table:
        rows = [row for row in csv.DictReader(table) if row["fold"] == fold and float(row["seconds"]) >= SECONDS + 1.0]
    np.random.default_rng(0).shuffle(rows)
    for row in rows:
        if len(found[row["label"]]) < n_each:
            audio = to_mono(read(data / row["path"], limits=LIMITS))
            n_samples = round(SECONDS * 44100)
            energy = np.convolve(np.square(audio), np.ones(4410), mode="valid")[::4410]
            starts = [float(energy[each : each + 40].sum()) for each in range(max(1, len(audio) // 4410 - 40))]
            first = int(np.argmax(starts)) * 4410
            found[row["label"]].append(audio[first : first + n_samples].copy())
    return found


def peer(mel: FloatArray, _: FloatArray) -> FloatArray:
    """Invert with librosa."""
    power = np.power(10.0, mel.T / 10.0)
    rendered: FloatArray = librosa.feature.inverse.mel_to_audio(
        power, sr=44100, n_fft=2048, hop_length=441, n_iter=32, pad_mode="constant"
    )
    return rendered


def renderers() -> dict[str, Renderer]:
    """Everything that can be compared here."""
    known: dict[str, Renderer] = {
        "librosa, 32 iterations": peer,
        "pghi": lambda mel, _: render(mel, renderer="pghi", seed=1),
        "griffin_lim": lambda mel, _: render(mel, seed=1),
        "borrowed": lambda mel, audio: render(mel, renderer="borrowed", seed=1, source_audio=audio),
        "borrowed elsewhere": lambda mel, audio: render(
            mel, renderer="borrowed", seed=1, source_audio=np.roll(audio, len(audio) // 2 + 4321)
        ),
    }
    from models.inference.vocode import audio_in_parts
    from models.inference.vocode import renderers as promoted

    if "vocoder" in promoted():
        known["vocoder"] = lambda mel, _: np.concatenate(list(audio_in_parts([mel], renderer="vocoder", seed=1)))
    return known


def frechet(first: FloatArray, second: FloatArray) -> float:
    """Fréchet distance of two sets of embeddings. [n, width] each."""
    spread = [np.cov(each, rowvar=False) + 1e-6 * np.eye(each.shape[1]) for each in (first, second)]
    middle = scipy.linalg.sqrtm(spread[0] @ spread[1]).real
    apart = np.square(first.mean(axis=0) - second.mean(axis=0)).sum()
    return float(apart + np.trace(spread[0] + spread[1] - 2.0 * middle))


def tagged(sounds: list[FloatArray], tagger: Path) -> FloatArray:
    """Embed sounds, every half second. [n, 1024]."""
    import soxr

    from models.inference.tagger import TAGGER_SAMPLES, Tagger

    yamnet = Tagger(tagger)
    found = []
    for audio in sounds:
        low = soxr.resample(audio, 44100, 16000)
        found += [yamnet.embed(low[at : at + TAGGER_SAMPLES]) for at in range(0, len(low) - TAGGER_SAMPLES + 1, 8000)]
    return np.stack(found)


def main() -> None:
    """Print one line for each renderer, and one for each trigger where there are recordings."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--data", type=Path)
    parser.add_argument("--fold", default="0")
    parser.add_argument("--each", type=int, default=2, help="recordings of each trigger")
    parser.add_argument("--pictures", type=Path, help="folder for mel pictures of everything")
    parser.add_argument("--only", nargs="*", help="renderers")
    parser.add_argument("--json", type=Path)
    asked = parser.parse_args()
    sounds = recordings(asked.data, asked.each, asked.fold)
    told: dict[str, dict[str, list[tuple[float, ...]]]] = {}
    made: dict[str, list[FloatArray]] = {}
    render(np.full((50, 128), -40.0, np.float32), seed=1)  # compiles what is compiled once
    for name, rendering in renderers().items():
        if asked.only and name not in asked.only:
            continue
        told[name], made[name] = {}, []
        for trigger, takes in sounds.items():
            rows = []
            for number, audio in enumerate(takes):
                mel = log_mel(audio)
                began_s = time.process_time()
                rendered = rendering(mel, audio)
                rows.append((*judge(audio, rendered), len(audio) / 44100 / (time.process_time() - began_s)))
                made[name].append(rendered)
                if asked.pictures is not None:
                    asked.pictures.mkdir(parents=True, exist_ok=True)
                    path = asked.pictures / f"{trigger}-{number}-{name.split(',')[0].replace(' ', '_')}.png"
                    path.write_bytes(mel_png(log_mel(rendered)))
                    path.with_name(f"{trigger}-{number}-0.png").write_bytes(mel_png(mel))
            told[name][trigger] = rows
    n_sounds = sum(map(len, sounds.values()))
    print(
        f"{n_sounds} sounds; means; speed by processor time\n{'renderer':24s}" + "".join(f"{m:>17s}" for m in MEASURES)
    )
    for name, rows_of in told.items():
        means = np.mean([row for rows in rows_of.values() for row in rows], axis=0)
        print(f"{name:24s}" + "".join(f"{mean:17.3f}" for mean in means))
    print(f"\nfine dB by trigger\n{'':24s}" + "".join(f"{name.split(',')[0]:>20s}" for name in told))
    for trigger in sounds:
        print(f"{trigger:24s}" + "".join(f"{np.mean([r[1] for r in told[name][trigger]]):20.2f}" for name in told))
    _print_heard([audio for takes in sounds.values() for audio in takes], made)
    print(f"\npeak memory {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024:.0f} MiB")
    if asked.json is not None:
        asked.json.write_text(json.dumps(told))


def _print_heard(originals: list[FloatArray], made: dict[str, list[FloatArray]]) -> None:
    """How far renderings are heard as what they are of, by our classifier and, where its file is given, by YAMNet."""
    from models.inference.classify import load_classifier
    from models.inference.listen import verdict

    classifier = load_classifier()
    heard = [verdict(audio, classifier).trigger for audio in originals]
    for name, rendered in made.items():
        agrees = np.mean(
            [verdict(audio, classifier).trigger == each for audio, each in zip(rendered, heard, strict=True)]
        )
        print(f"{name:24s} classifier agrees with what it heard in the recording: {agrees:.0%}")
    tagger = os.environ.get("DEEPASMR_TAGGER")
    if tagger:
        known = tagged(originals, Path(tagger))
        for name, rendered in made.items():
            print(
                f"{name:24s} FAD (YAMNet, {len(known)} embeddings) {frechet(known, tagged(rendered, Path(tagger))):.2f}"
            )


if __name__ == "__main__":
    main()
