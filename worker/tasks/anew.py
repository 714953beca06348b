"""Sounds are heard anew when the classifier has new weights: likeness, taste and map need embeddings of one kind."""

import logging
from uuid import UUID

from backend.catalogue import embeddings
from backend.database import one_transaction
from backend.storage import NoSuchObject, StorageUnavailable
from models.audio.decode import DecodeLimits, stream
from models.audio.mel import MEL
from models.errors import SoundError, WrongWeights
from models.inference.listen import listen, verdict_of
from worker import loaded
from worker.held import HeldJob
from worker.stored import storage

log = logging.getLogger(__name__)

N_RECORDED_AT_ONCE = 20
# A master was made by us, within the limits of sounds; these only keep a damaged file from running away.
_MASTER_LIMITS = DecodeLimits(max_seconds=3600.0, max_bytes=1 << 30)


def hear_anew(job: HeldJob, embedded_with: str) -> None:
    """Make the embeddings anew that are of other weights; labels stay as they are.

    What is done is recorded in pieces: who takes the job up goes on from there.

    Args:
        job: Held.
        embedded_with: The weights that are wanted.

    Raises:
        WrongWeights: if this worker has others.
        StorageUnavailable: if all audio is gone at once.
    """
    classifier = loaded.classifier()
    if classifier.embedded_with != embedded_with:
        # Drawn without them the map would be due again at once, for ever; after a failure it waits.
        here = classifier.embedded_with
        raise WrongWeights(
            f"Sounds are to be heard with {embedded_with}, and this worker has {here}: restart all workers."
        )
    job.report(0.0, "listening")
    while True:
        with one_transaction() as session:
            waiting = embeddings.outdated(session, embedded_with, limit=N_RECORDED_AT_ONCE)
        if not waiting:
            return
        made = {sound_id: _embedding(job, sound_id, audio_key) for sound_id, audio_key in waiting}
        with one_transaction() as session:
            embeddings.record_embeddings(session, job.claim, made, embedded_with=embedded_with)


def _embedding(job: HeldJob, sound_id: UUID, audio_key: str) -> list[float] | None:
    job.report()
    classifier = loaded.classifier()
    try:
        with storage().local_copy(audio_key) as path:
            blocks = stream(path, limits=_MASTER_LIMITS, sample_rate_hz=MEL.sample_rate_hz)
            return [float(x) for x in verdict_of(listen(blocks, classifier), classifier.labels).embedding]
    except (SoundError, NoSuchObject) as error:
        if isinstance(error, NoSuchObject) and next(storage().objects(), None) is None:
            # So it looks where a volume is not mounted or a prefix is mistyped: the audio comes back.
            raise StorageUnavailable("The storage holds nothing; is its volume mounted?") from error
        log.warning("sound %s keeps its old embedding: %s", sound_id, error)
        return None
