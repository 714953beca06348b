"""A file that another process decodes: the same samples, the same refusals, and its crash is one file's bad luck."""

import shutil
import signal
import subprocess
import sys
from pathlib import Path

import numpy as np
import psutil
import pytest
import soundfile

from models.audio.decode import DecodeLimits, probe, stream
from models.errors import ClipTooLarge, ClipTooLong, EmptyAudio, NoAudioStream, NotAudio, NotFinite, SoundError
from tests.worker.media import SAMPLE_RATE_HZ, noise, write_sound, write_video
from worker.decoder import apart
from worker.decoder.apart import DecoderKilled
from worker.fates import Refuse, Retry, fate_of

LIMITS = DecodeLimits(max_seconds=20.0, max_bytes=10**7)


def decoders() -> list[psutil.Process]:
    return [child for child in psutil.Process().children() if "worker.decoder.child" in child.cmdline()]


def read_apart(path: Path, limits: DecodeLimits = LIMITS) -> np.ndarray:
    with apart.opened(path, limits) as file:
        return np.concatenate(list(file.stream(sample_rate_hz=SAMPLE_RATE_HZ)))


@pytest.mark.parametrize("name", ["sound.flac", "sound.mp3", "sound.ogg", "film.mp4"])
def test_samples_and_facts_are_those_that_decoding_here_would_give_as_often_as_wanted(
    tmp_path: Path, name: str
) -> None:
    write = write_video if name.endswith("mp4") else write_sound
    path = write(tmp_path / name, 4.0)
    here = np.concatenate(list(stream(path, limits=LIMITS)))
    with apart.opened(path, LIMITS) as file:
        assert file.facts == probe(path)
        for _ in range(2):
            heard = np.concatenate(list(file.stream(sample_rate_hz=SAMPLE_RATE_HZ)))
            np.testing.assert_array_equal(heard, here)


def test_a_file_that_is_stored_again_meanwhile_is_still_read(tmp_path: Path) -> None:
    path = write_sound(tmp_path / "sound.flac", 4.0)
    link = tmp_path / "named" / "rain.flac"
    link.parent.mkdir()
    link.symlink_to(path)
    with apart.opened(link, LIMITS) as file:
        shutil.copy(path, tmp_path / "sound.flac#1")
        (tmp_path / "sound.flac#1").replace(path)
        heard = np.concatenate(list(file.stream(sample_rate_hz=SAMPLE_RATE_HZ)))
    np.testing.assert_array_equal(heard, np.concatenate(list(stream(path, limits=LIMITS))))


def test_the_channels_are_averaged_for_who_wants_one(tmp_path: Path) -> None:
    path = write_sound(tmp_path / "sound.flac", 2.0)
    both = read_apart(path)
    assert both.shape[1] == 2
    with apart.opened(path, LIMITS) as file:
        one = np.concatenate(list(file.stream(sample_rate_hz=SAMPLE_RATE_HZ, is_mono=True)))
    np.testing.assert_array_equal(one, both.mean(axis=1, dtype=np.float32)[:, None])


def _not_finite(path: Path) -> None:
    samples = noise(1.0)
    samples[100] = np.nan
    soundfile.write(path, samples, SAMPLE_RATE_HZ, subtype="FLOAT")


@pytest.mark.parametrize(
    ("name", "write", "refusal"),
    [
        ("words.mp3", lambda path: path.write_text("no sound"), NotAudio),
        ("silent.mp4", lambda path: write_video(path, 1.0, has_sound=False), NoAudioStream),
        ("empty.wav", lambda path: soundfile.write(path, noise(0.0), SAMPLE_RATE_HZ), EmptyAudio),
        ("long.flac", lambda path: write_sound(path, 30.0), ClipTooLong),
        ("large.wav", lambda path: soundfile.write(path, noise(18.0), SAMPLE_RATE_HZ, subtype="DOUBLE"), ClipTooLarge),
        ("odd.wav", _not_finite, NotFinite),
    ],
)
def test_a_file_is_refused_in_the_words_of_decoding_here(
    tmp_path: Path, name: str, write: object, refusal: type[SoundError]
) -> None:
    path = tmp_path / name
    write(path)  # type: ignore[operator]
    with pytest.raises(SoundError) as here:
        list(stream(path, limits=LIMITS))
    with pytest.raises(refusal) as told:
        read_apart(path)
    assert type(told.value) is type(here.value)
    assert (told.value.detail, told.value.extensions) == (here.value.detail, here.value.extensions)


@pytest.mark.parametrize("how", [signal.SIGSEGV, signal.SIGABRT, signal.SIGXCPU])
def test_a_decoder_that_breaks_down_over_a_file_costs_that_file(tmp_path: Path, how: signal.Signals) -> None:
    path = write_sound(tmp_path / "poison.flac", 10.0)
    with apart.opened(path, LIMITS) as file:
        blocks = file.stream(sample_rate_hz=SAMPLE_RATE_HZ)
        next(blocks)
        decoders()[0].send_signal(how)
        with pytest.raises(NotAudio, match=r"poison.flac .* broke down") as told:
            list(blocks)
    assert isinstance(fate_of(told.value, 0), Refuse)


def test_a_decoder_that_falls_silent_costs_the_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = write_sound(tmp_path / "spell.flac", 10.0)
    with apart.opened(path, LIMITS) as file:
        decoders()[0].suspend()
        monkeypatch.setattr(apart, "PATIENCE_S", 0.01)
        with pytest.raises(NotAudio, match=r"spell.flac .* broke down") as told:
            list(file.stream(sample_rate_hz=SAMPLE_RATE_HZ))
    assert isinstance(fate_of(told.value, 0), Refuse)


def test_a_decoder_that_somebody_kills_costs_another_try(tmp_path: Path) -> None:
    path = write_sound(tmp_path / "sound.flac", 10.0)
    with apart.opened(path, LIMITS) as file:
        decoders()[0].kill()
        with pytest.raises(DecoderKilled) as told:
            list(file.stream(sample_rate_hz=SAMPLE_RATE_HZ))
    assert isinstance(fate_of(told.value, 0), Retry)


def test_it_knows_no_password_and_ends_with_the_block(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DEEPASMR_DATABASE_URL", "postgresql://somebody:hunter2@somewhere/db")
    path = write_sound(tmp_path / "sound.flac", 10.0)
    with apart.opened(path, LIMITS) as file:
        blocks = file.stream(sample_rate_hz=SAMPLE_RATE_HZ)
        next(blocks)
        (decoder,) = decoders()
        assert "hunter2" not in str(decoder.environ())
        assert decoder.cwd() == "/"
    assert not decoder.is_running()
    blocks.close()


WORKER = """
import signal, sys
from pathlib import Path
import psutil
from models.audio.decode import DecodeLimits
from worker.decoder import apart

with apart.opened(Path(sys.argv[1]), DecodeLimits(max_seconds=20.0, max_bytes=10**7)):
    print(psutil.Process().children()[0].pid, flush=True)
    signal.pause()
"""


def test_a_worker_that_dies_without_a_word_takes_it_along(tmp_path: Path) -> None:
    path = write_sound(tmp_path / "sound.flac", 10.0)
    with subprocess.Popen([sys.executable, "-c", WORKER, str(path)], stdout=subprocess.PIPE, text=True) as worker:
        assert worker.stdout is not None
        decoder = psutil.Process(int(worker.stdout.readline()))
        worker.kill()
    psutil.wait_procs([decoder], timeout=10.0)
    assert not decoder.is_running()
