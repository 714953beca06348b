"""What a variation and a mix have in common: parents in, a picture rendered, the result kept with its verdict."""

from uuid import UUID

from backend.catalogue import recordings, sounds
from backend.catalogue.recordings import MadeSound
from backend.database import one_transaction
from backend.tables import Deed, Sound
from models.audio import FloatArray
from models.audio.decode import DecodeLimits, read, to_mono
from models.audio.loudness import fade, normalise
from models.audio.mel import MEL, log_mel
from models.audio.render import render
from models.inference.listen import verdict
from worker import loaded
from worker.held import HeldJob
from worker.mastering import master
from worker.stored import storage

RENDERER = "griffin_lim"
FADE_IN_S = 0.02
FADE_OUT_S = 0.05

# Of the whole job: the network's painting is over, the rendering, the bringing to level.
_PAINTED, _RENDERED, _MASTERED = 0.4, 0.85, 0.95

# A master was made by us, within the limits of sounds; these only keep a damaged file from running away.
_MASTER_LIMITS = DecodeLimits(max_seconds=120.0, max_bytes=256 * 1024**2)


def parent(job: HeldJob, argument: str) -> Sound:
    """Find a parent that the job's listener may hear.

    Raises:
        NoSuchSound: if it was deleted meanwhile.
    """
    with one_transaction() as session:
        return sounds.find(session, UUID(job.claim.arguments[argument]), listener_id=job.claim.listener_id)


def picture(sound: Sound) -> FloatArray:
    """Draw a sound's mel picture from its master. [n_frames, 128]."""
    with storage().local_copy(sound.audio_key) as path:
        return log_mel(to_mono(read(path, limits=_MASTER_LIMITS)))


def keep(
    job: HeldJob,
    mel: FloatArray,
    *,
    deed: Deed,
    network: str,
    weights_version: str,
    settings: dict[str, float],
    parents: tuple[Sound, Sound | None],
) -> None:
    """Render a picture, hear what came out, record it and end the job.

    Args:
        job: Whose argument "seed" also decides the phases.
        mel: What the network painted, level in dB re full scale. [n_frames, 128]
        deed: What was done.
        network: "vae" or "cgan".
        weights_version: Of the network.
        settings: The knobs beside the seed.
        parents: What it was made from.
    """
    seed = int(job.claim.arguments["seed"])
    job.report(_PAINTED, "rendering")
    rendered = render(
        mel,
        renderer=RENDERER,
        seed=seed,
        on_progress=lambda share: job.report(_PAINTED + share * (_RENDERED - _PAINTED)),
    )[:, None]
    job.report(_RENDERED, "mastering")
    audio = fade(
        normalise(rendered, MEL.sample_rate_hz), sample_rate_hz=MEL.sample_rate_hz, in_s=FADE_IN_S, out_s=FADE_OUT_S
    )
    job.report()
    heard = verdict(audio, loaded.classifier())
    job.report()
    kept = master(audio)
    job.report(_MASTERED, "recording")
    first, second = parents
    made = MadeSound(
        deed=deed,
        network=network,
        weights_version=weights_version,
        seed=seed,
        settings={**settings, "renderer": RENDERER},
        first_parent_id=first.id,
        second_parent_id=second.id if second is not None else None,
        trigger=heard.trigger,
        confidence=heard.confidence,
        probabilities={label: round(p, 5) for label, p in heard.probabilities.items()},
        embedding=heard.embedding.tolist(),
        **vars(kept),
    )
    job.record(lambda session: recordings.record_made(session, job.claim, made))
