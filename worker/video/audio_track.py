"""The sound track of a fetched file, kept bit by bit: a muxed video loses its pictures, nothing is encoded again."""

from pathlib import Path

import av
import av.error
from av.container import InputContainer
from av.stream import Disposition

# Containers that name no other files or addresses, because FFmpeg would open those past the guard.
_OPEN_OPTIONS = {
    "protocol_whitelist": "file",
    "format_whitelist": "aac,ac3,aiff,amr,asf,au,avi,caf,eac3,flac,flv,matroska,mov,mp3,mpeg,mpegts,ogg,tta,w64,wav,wv",
}

# The usual home of each codec; Matroska takes all others.
_CONTAINER_OF = {"aac": (".m4a", "mp4"), "mp3": (".mp3", "mp3"), "opus": (".ogg", "ogg"), "vorbis": (".ogg", "ogg")}


class NotMedia(Exception):
    """The file holds no container that we open."""


class NoSoundTrack(Exception):
    """The file is media without sound."""


def keep_sound_track(path: Path) -> tuple[Path, float | None]:
    """Return a file that holds the sound of another: itself, or a copy of its track beside it.

    Args:
        path: A fetched media file. Removed when a copy replaces it.

    Returns:
        The file that holds the sound, and its duration in seconds where the container knows it.

    Raises:
        NotMedia: if the file is no media.
        NoSoundTrack: if it is media without sound.
    """
    try:
        with av.open(str(path), options=_OPEN_OPTIONS) as container:
            if not container.streams.audio:
                raise NoSoundTrack
            duration_s = _duration_s(container)
            pictures = [s for s in container.streams.video if not s.disposition & Disposition.attached_pic]
            if not pictures:
                return path, duration_s
            copy = _copy_sound_track(container, path)
    except (av.error.FFmpegError, ValueError) as error:
        raise NotMedia(str(error)) from error
    path.unlink()
    return copy, duration_s


def _copy_sound_track(container: InputContainer, path: Path) -> Path:
    """Copy the packets of the best sound track to a container of its own."""
    track = container.streams.best("audio") or container.streams.audio[0]
    suffix, format_name = _CONTAINER_OF.get(track.codec_context.name, (".mka", "matroska"))
    target = path.with_name(f"sound{suffix}")
    with av.open(str(target), "w", format=format_name) as out:
        copied = out.add_stream_from_template(track)
        for packet in container.demux(track):
            if packet.dts is not None:
                packet.stream = copied
                out.mux(packet)
    return target


def _duration_s(container: InputContainer) -> float | None:
    return None if container.duration is None else float(container.duration / av.time_base)
