import struct
from pathlib import Path

import numpy as np
import pytest
import soundfile

from models.audio.decode import BLOCK_SAMPLES, DecodeLimits, probe, read, stream, to_mono
from models.errors import (
    BadSetting,
    ClipTooLarge,
    ClipTooLong,
    EmptyAudio,
    NoAudioStream,
    NotAudio,
    NotFinite,
    SoundError,
)
from tests.models.audio.signals import RATE_HZ, ROOMY, encoded, noise, silent_video, sine, wav

FORMATS = [
    ("a.wav", "pcm_s16le", 44100),
    ("a.flac", "flac", 48000),
    ("a.opus", "libopus", 48000),
    ("a.webm", "libopus", 48000),
    ("a.mp3", "libmp3lame", 44100),
    ("a.m4a", "aac", 44100),
]


def lag_samples(heard: np.ndarray, expected: np.ndarray) -> int:
    """How many samples later than expected a sound is heard."""
    n_fft = 1 << (len(expected) * 2).bit_length()
    product = np.fft.rfft(heard, n_fft) * np.conj(np.fft.rfft(expected, n_fft))
    lag = int(np.abs(np.fft.irfft(product, n_fft)).argmax())
    return lag - n_fft if lag > n_fft // 2 else lag


@pytest.mark.parametrize(("name", "codec", "rate_hz"), FORMATS)
def test_every_format_comes_back_at_44100_hz_in_stereo_and_in_time(
    tmp_path: Path, name: str, codec: str, rate_hz: int
) -> None:
    audio = noise(4.0, level=0.1, n_channels=2)
    path = encoded(tmp_path / name, audio, codec, rate_hz=rate_hz)
    heard = read(path, limits=ROOMY)
    assert heard.dtype == np.float32
    assert heard.shape[1] == 2
    assert abs(len(heard) - len(audio)) <= 2048  # lossy codecs fill up their last frame
    assert abs(lag_samples(heard[: len(audio), 1], audio[:, 1])) <= 1
    facts = probe(path)
    assert facts.sample_rate_hz == rate_hz
    assert facts.n_channels == 2
    assert facts.duration_s == pytest.approx(4.0, abs=0.06)


@pytest.mark.parametrize(("name", "codec", "rate_hz"), FORMATS)
@pytest.mark.parametrize("start_s", [0.3, 2.345])
def test_a_part_is_what_the_whole_holds_there(
    tmp_path: Path, name: str, codec: str, rate_hz: int, start_s: float
) -> None:
    path = encoded(tmp_path / name, noise(4.0, n_channels=2), codec, rate_hz=rate_hz)
    whole = read(path, limits=ROOMY)
    part = read(path, limits=ROOMY, start_s=start_s, end_s=start_s + 1.0)
    assert abs(len(part) - 44100) <= 1
    assert part.shape[1] == 2
    first = round(start_s * RATE_HZ)
    # Matroska rounds its clock to a millisecond.
    allowed_samples = 45 if name == "a.webm" else 1
    assert abs(lag_samples(part[:, 0], whole[first : first + len(part), 0])) <= allowed_samples


def test_lossless_audio_comes_back_exactly(tmp_path: Path) -> None:
    audio = noise(2.0, n_channels=2)
    np.testing.assert_array_equal(read(wav(tmp_path / "a.wav", audio), limits=ROOMY), audio)


def test_mono_stays_mono_and_surround_becomes_stereo(tmp_path: Path) -> None:
    assert read(wav(tmp_path / "mono.wav", noise(0.5)), limits=ROOMY).shape == (22050, 1)
    six = encoded(tmp_path / "six.flac", noise(0.5, n_channels=6), "flac", layout="5.1")
    assert probe(six).n_channels == 6
    assert read(six, limits=ROOMY).shape == (22050, 2)


def test_resampling_keeps_pitch_and_length(tmp_path: Path) -> None:
    time_s = np.arange(8000 * 2) / 8000
    path = wav(tmp_path / "a.wav", np.sin(2 * np.pi * 440 * time_s)[:, None].astype(np.float32), rate_hz=8000)
    heard = read(path, limits=ROOMY)
    assert abs(len(heard) - 88200) <= 2
    assert np.abs(np.fft.rfft(heard[:44100, 0])).argmax() == 440


def test_blocks_are_bounded_and_add_up_to_the_whole(tmp_path: Path) -> None:
    audio = noise(5.0, n_channels=2)
    blocks = list(stream(wav(tmp_path / "a.wav", audio), limits=ROOMY))
    assert max(len(block) for block in blocks) <= BLOCK_SAMPLES
    np.testing.assert_array_equal(np.concatenate(blocks), audio)


def test_a_truncated_file_gives_what_can_be_decoded(tmp_path: Path) -> None:
    path = encoded(tmp_path / "a.flac", noise(4.0, n_channels=2), "flac")
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    assert 1.5 * RATE_HZ < len(read(path, limits=ROOMY)) < 2.5 * RATE_HZ


def test_a_file_that_claims_to_be_too_long_is_refused_before_decoding(tmp_path: Path) -> None:
    path = wav(tmp_path / "a.wav", noise(5.0))
    with pytest.raises(ClipTooLong) as refusal:
        next(stream(path, limits=DecodeLimits(max_seconds=2.0, max_bytes=1 << 30)))
    assert refusal.value.extensions["max_seconds"] == 2.0


def test_a_file_that_hides_its_length_is_refused_while_decoding(tmp_path: Path) -> None:
    path = encoded(tmp_path / "a.opus", np.zeros((RATE_HZ * 30, 2), np.float32), "libopus", rate_hz=48000)
    hidden = tmp_path / "hidden.opus"
    # Without the last page the container does not know its length.
    data = path.read_bytes()
    hidden.write_bytes(data[: data.rindex(b"OggS")])
    blocks: list[np.ndarray] = []
    with pytest.raises(ClipTooLong):
        blocks.extend(stream(hidden, limits=DecodeLimits(max_seconds=5.0, max_bytes=1 << 30)))
    assert sum(len(block) for block in blocks) <= 5.0 * RATE_HZ


def test_a_part_of_a_long_file_may_be_read(tmp_path: Path) -> None:
    path = wav(tmp_path / "a.wav", noise(6.0))
    part = read(path, limits=DecodeLimits(max_seconds=2.0, max_bytes=1 << 30), start_s=3.0, end_s=4.0)
    assert len(part) == RATE_HZ


def test_a_file_of_too_many_bytes_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ClipTooLarge):
        read(wav(tmp_path / "a.wav", noise(2.0)), limits=DecodeLimits(max_seconds=60.0, max_bytes=1000))


def hls_playlist(folder: Path) -> bytes:
    wav(folder / "segment.wav", noise(1.0))
    return b"#EXTM3U\n#EXT-X-TARGETDURATION:1\n#EXTINF:1,\nsegment.wav\n#EXT-X-ENDLIST\n"


def concat_script(folder: Path) -> bytes:
    wav(folder / "other.wav", noise(1.0))
    return b"ffconcat version 1.0\nfile other.wav\n"


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("empty.mp3", b""),
        ("junk.mp3", np.random.default_rng(0).bytes(50_000)),
        ("zeros.wav", bytes(50_000)),
        ("text.mp3", b"This is not a song.\n" * 1000),
        ("picture.mp3", b"\x89PNG\r\n\x1a\n" + bytes(1000)),
        ("session.mp3", b"v=0\no=- 0 0 IN IP4 127.0.0.1\ns=x\nc=IN IP4 127.0.0.1\nt=0 0\nm=audio 5004 RTP/AVP 0\n"),
        ("list.m3u8", hls_playlist),
        ("list.wav", hls_playlist),
        ("script.wav", concat_script),
        ("script.ffconcat", concat_script),
        ("composition.wav", b"-SE\na: 200+10/40\nb: 210+10/20\nNOW a\n+00:05:00 b\n"),
        ("riff.wav", b"RIFF\x24\x00\x00\x00WAVE"),
        ("archive.wav", b"PK\x03\x04" + bytes(range(256)) * 20),
    ],
)
def test_what_is_no_audio_is_refused_by_name(tmp_path: Path, name: str, content: object) -> None:
    path = tmp_path / name
    path.write_bytes(content(tmp_path) if callable(content) else content)  # type: ignore[arg-type]
    with pytest.raises(NotAudio):
        read(path, limits=ROOMY)
    with pytest.raises(NotAudio):
        probe(path)


def test_a_missing_file_and_a_folder_are_no_audio(tmp_path: Path) -> None:
    for path in (tmp_path, tmp_path / "missing.wav"):
        with pytest.raises(NotAudio):
            read(path, limits=ROOMY)


def test_an_address_is_no_file() -> None:
    with pytest.raises(NotAudio):
        read(Path("http://127.0.0.1:9/a.wav"), limits=ROOMY)


def test_a_video_without_sound_says_so(tmp_path: Path) -> None:
    path = silent_video(tmp_path / "a.mp4")
    for attempt in (lambda: probe(path), lambda: read(path, limits=ROOMY)):
        with pytest.raises(NoAudioStream):
            attempt()


def test_a_file_of_zero_samples_is_empty(tmp_path: Path) -> None:
    for name in ("a.wav", "a.flac"):
        soundfile.write(tmp_path / name, np.zeros((0, 1), np.float32), RATE_HZ)
        with pytest.raises(EmptyAudio):
            read(tmp_path / name, limits=ROOMY)


def test_a_part_behind_the_end_is_empty(tmp_path: Path) -> None:
    with pytest.raises(EmptyAudio):
        read(wav(tmp_path / "a.wav", noise(1.0)), limits=ROOMY, start_s=5.0, end_s=6.0)


def test_an_implausible_rate_is_refused(tmp_path: Path) -> None:
    data = bytearray(wav(tmp_path / "a.wav", noise(0.1), subtype="PCM_16").read_bytes())
    data[24:28] = struct.pack("<I", 1)
    (tmp_path / "slow.wav").write_bytes(data)
    with pytest.raises(NotAudio):
        read(tmp_path / "slow.wav", limits=ROOMY)


def test_samples_that_are_no_numbers_are_refused(tmp_path: Path) -> None:
    audio = noise(1.0)
    audio[500] = np.nan
    with pytest.raises(NotFinite):
        read(wav(tmp_path / "a.wav", audio), limits=ROOMY)


@pytest.mark.parametrize(("start_s", "end_s"), [(-1.0, None), (2.0, 2.0), (2.0, 1.0)])
def test_a_part_that_ends_before_it_begins_is_refused(tmp_path: Path, start_s: float, end_s: float | None) -> None:
    with pytest.raises(BadSetting):
        read(wav(tmp_path / "a.wav", noise(3.0)), limits=ROOMY, start_s=start_s, end_s=end_s)


@pytest.mark.parametrize("name", ["a.flac", "a.mp3", "a.opus", "a.m4a", "a.wav"])
def test_damage_anywhere_gives_sound_or_a_named_refusal(tmp_path: Path, name: str) -> None:
    codec = {"a.flac": "flac", "a.mp3": "libmp3lame", "a.opus": "libopus", "a.m4a": "aac", "a.wav": "pcm_s16le"}[name]
    rate_hz = 48000 if name == "a.opus" else 44100
    whole = encoded(tmp_path / name, noise(1.0, n_channels=2), codec, rate_hz=rate_hz).read_bytes()
    dice = np.random.default_rng(7)
    for attempt in range(12):
        damaged = bytearray(whole)
        for place in dice.integers(0, len(whole), 40 if attempt % 2 else 3):
            damaged[place] ^= int(dice.integers(1, 256))
        path = tmp_path / f"damaged-{attempt}-{name}"
        path.write_bytes(damaged)
        try:
            assert np.isfinite(read(path, limits=ROOMY)).all()
        except SoundError:
            continue


def test_mono_is_the_mean_of_the_channels() -> None:
    stereo = np.stack([sine(440.0, 0.1)[:, 0], np.zeros(4410, np.float32)], axis=1)
    np.testing.assert_allclose(to_mono(stereo), 0.5 * stereo[:, 0], atol=1e-7)
