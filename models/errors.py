"""What can be wrong with a sound, a network or a setting. Knows no HTTP.

SoundError
├── NotAudio                 nothing in the file can be decoded as audio
│   ├── NoAudioStream        it is media, but without sound
│   └── EmptyAudio           it has a sound track of zero samples
├── ClipTooLong              more seconds than allowed
├── ClipTooShort             too few samples to tell anything by
├── ClipTooLarge             more bytes than allowed
├── NotFinite                NaN or infinity among the samples
├── TooQuiet                 nothing audible to work on
├── BadSetting               a knob outside its range
│   └── UnknownRenderer      no renderer has this name
├── UnknownNetwork           no network has this name
├── UnknownLabel             the network does not know this label
├── NoRecordings             a folder holds nothing to learn from or to judge by
├── WrongWeights             a weights file is not the one that was promoted
└── NotATagger               DEEPASMR_TAGGER names no file of a tagger that we know
"""

from typing import ClassVar


class SoundError(Exception):
    """The sound could not be worked on."""

    slug: ClassVar[str] = "sound-error"
    title: ClassVar[str] = "The sound could not be worked on"

    def __init__(self, detail: str | None = None, **extensions: object) -> None:
        """State the fact.

        Args:
            detail: One plain sentence for the listener; the first line of the class's docstring by default.
            **extensions: Numbers and names that a program can read (they become members of the problem object).
        """
        self.detail = detail if detail is not None else (type(self).__doc__ or "").strip().splitlines()[0]
        self.extensions: dict[str, object] = dict(extensions)
        super().__init__(self.detail)

    def __str__(self) -> str:
        """Return the detail."""
        return self.detail

    def __reduce__(self) -> tuple[object, ...]:
        """Travel between processes with the extensions."""
        return (_rebuild, (type(self), self.detail, self.extensions))


def _rebuild(error: type[SoundError], detail: str, extensions: dict[str, object]) -> SoundError:
    return error(detail, **extensions)


class NotAudio(SoundError):
    """The file holds nothing that can be decoded as audio."""

    slug = "not-audio"
    title = "Not an audio file"


class NoAudioStream(NotAudio):
    """The file is a video or picture without a sound track."""

    slug = "no-audio-stream"
    title = "No sound track"


class EmptyAudio(NotAudio):
    """The file has a sound track without a single sample."""

    slug = "empty-audio"
    title = "Empty audio"


class ClipTooLong(SoundError):
    """The recording is longer than allowed."""

    slug = "clip-too-long"
    title = "Recording too long"


class ClipTooShort(SoundError):
    """The recording is too short to tell anything by."""

    slug = "clip-too-short"
    title = "Recording too short"


class ClipTooLarge(SoundError):
    """The file is larger than allowed."""

    slug = "clip-too-large"
    title = "File too large"


class NotFinite(SoundError):
    """Some samples are not finite numbers."""

    slug = "not-finite"
    title = "Broken samples"


class TooQuiet(SoundError):
    """The recording holds nothing audible."""

    slug = "too-quiet"
    title = "Nothing audible"


class BadSetting(SoundError):
    """A setting is outside its range."""

    slug = "bad-setting"
    title = "Setting out of range"


class UnknownRenderer(BadSetting):
    """No renderer has this name."""

    slug = "unknown-renderer"
    title = "Unknown renderer"


class UnknownNetwork(SoundError):
    """No network has this name."""

    slug = "unknown-network"
    title = "Unknown network"


class UnknownLabel(SoundError):
    """The network does not know this label."""

    slug = "unknown-label"
    title = "Unknown label"


class NoRecordings(SoundError):
    """The data folder holds no list of recordings."""

    slug = "no-recordings"
    title = "No recordings"


class WrongWeights(SoundError):
    """The weights file is not the one that was promoted."""

    slug = "wrong-weights"
    title = "Wrong weights"


class NotATagger(SoundError):
    """What DEEPASMR_TAGGER names is no tagger that can give a second opinion."""

    slug = "not-a-tagger"
    title = "Not a tagger"
