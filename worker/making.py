"""What a variation and a mix have in common: parents in, sound out as it is made, all of it kept with its verdict."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from uuid import UUID

from backend.catalogue import parts, recordings, sounds
from backend.catalogue.recordings import MadeSound
from backend.database import one_transaction
from backend.tables import Deed, Sound
from models.audio import FloatArray
from models.audio.decode import DecodeLimits, read, to_mono
from models.audio.mel import log_mel
from models.audio.space import Space
from models.audio.windows import FRAMES_PER_S, WINDOW_FRAMES
from models.inference.finish import DEFAULT_RENDERER, finished
from models.inference.listen import listen, verdict_of
from models.inference.path import n_frames_for
from worker import loaded
from worker.held import HeldJob
from worker.mastering import Mastering
from worker.stored import storage

PARENT_S = 120.0
"""Of a longer parent only the beginning is looked at: memory does not grow with it."""

# Of the whole job: the parents are read, the sound is made.
_READ, _MADE = 0.02, 0.97

# A master was made by us, within the limits of sounds; these only keep a damaged file from running away.
_MASTER_LIMITS = DecodeLimits(max_seconds=PARENT_S, max_bytes=256 * 1024**2)


@dataclass(frozen=True)
class Parent:
    """A sound that another is made from."""

    sound: Sound
    audio: FloatArray
    """At 44.1 kHz. [n_samples, 1 or 2]"""
    picture: FloatArray
    """Level in dB re full scale. [n_frames, 128]"""


def parent(job: HeldJob, argument: str) -> Parent:
    """Read a parent that the job's listener may hear.

    Raises:
        NoSuchSound: if it was deleted meanwhile.
    """
    with one_transaction() as session:
        sound = sounds.find(session, UUID(job.claim.arguments[argument]), listener_id=job.claim.listener_id)
    with storage().local_copy(sound.audio_key) as path:
        audio = read(path, limits=_MASTER_LIMITS, end_s=PARENT_S)
    job.report(_READ, "imagining")
    return Parent(sound, audio, log_mel(to_mono(audio)))


def done_otherwise(asked_for: str, painted_by: str, parents: Sequence[Parent]) -> dict[str, str | float]:
    """Say what had to be done otherwise than was asked for: kept with the sound, told on its page.

    Args:
        asked_for: The network.
        painted_by: The one that could.
        parents: The sounds; one that is shorter than a window goes there and back until it fills one.

    Returns:
        Settings to be kept beside the knobs; none if nothing.
    """
    told: dict[str, str | float] = {} if asked_for == painted_by else {"asked_for": asked_for}
    shortest = min(len(each.picture) for each in parents)
    return told if shortest >= WINDOW_FRAMES else {**told, "filled_from_s": round(shortest / FRAMES_PER_S, 2)}


def keep(
    job: HeldJob,
    picture: Iterator[FloatArray],
    *,
    deed: Deed,
    network: str,
    weights_version: str,
    settings: dict[str, str | float],
    parents: Sequence[Parent],
    blend: float = 0.0,
) -> None:
    """Turn a picture into sound as it is painted, let it be heard meanwhile, record it and end the job.

    Args:
        job: Whose arguments say how long the sound is, where it is heard and whether it is a loop.
        picture: What the network paints, part by part, level in dB re full scale. [n_frames, 128] each
        deed: What was done.
        network: "vae" or "cgan".
        weights_version: Of the network.
        settings: The deed's own knob, and what had to be done otherwise.
        parents: What it is made from, one or two.
        blend: Where between two parents it lies.
    """
    asked = job.claim.arguments
    seed, seconds = int(asked["seed"]), float(asked["seconds"])
    # A job that was queued by the release before names neither.
    space, is_loop = Space(asked.get("space", Space.SOURCE)), bool(asked.get("loop", False))
    audio = finished(
        _while_wanted(job, picture),
        renderer=DEFAULT_RENDERER,
        seed=seed,
        sources=[each.audio for each in parents],
        blend=blend,
        space=space,
        is_loop=is_loop,
        n_frames=n_frames_for(seconds),
    )
    classifier = loaded.classifier()
    with Mastering(parts.n_samples(seconds), parts.N_CHANNELS) as mastering:
        heard = verdict_of(listen(_let_hear(job, audio, mastering, seconds=seconds), classifier), classifier.labels)
        job.report(_MADE, "recording")
        kept = mastering.finish()
    first, second = parents[0], parents[1] if len(parents) > 1 else None
    made = MadeSound(
        deed=deed,
        network=network,
        weights_version=weights_version,
        seed=seed,
        settings={**settings, "seconds": seconds, "space": space.value, "loop": is_loop, "renderer": DEFAULT_RENDERER},
        first_parent_id=first.sound.id,
        second_parent_id=second.sound.id if second is not None else None,
        trigger=heard.trigger,
        confidence=heard.confidence,
        probabilities={label: round(p, 5) for label, p in heard.probabilities.items()},
        embedding=heard.embedding.tolist(),
        embedded_with=classifier.embedded_with,
        **vars(kept),
    )
    job.record(lambda session: recordings.record_made(session, job.claim, made))


def _while_wanted(job: HeldJob, picture: Iterable[FloatArray]) -> Iterator[FloatArray]:
    for part in picture:
        job.report()
        yield part


def _let_hear(
    job: HeldJob, audio: Iterable[FloatArray], mastering: Mastering, *, seconds: float
) -> Iterator[FloatArray]:
    """Pass a sound through to whoever comes after, and put each two seconds of it where they can be heard."""
    n_passed = n_parts = 0
    pending = bytearray()

    def put(data: bytes) -> None:
        nonlocal n_parts
        storage().put_passing(parts.key(job.claim.job_id, n_parts), data)
        n_parts += 1
        job.let_hear(min(n_parts * parts.PART_S, seconds))

    for block in audio:
        pending += mastering.push(block).astype("<i2", copy=False).tobytes()
        while len(pending) >= parts.PART_BYTES:
            put(bytes(pending[: parts.PART_BYTES]))
            del pending[: parts.PART_BYTES]
        n_passed += len(block)
        job.report(_READ + (_MADE - _READ) * n_passed / parts.n_samples(seconds), "rendering")
        yield block
    if pending:
        put(bytes(pending))
