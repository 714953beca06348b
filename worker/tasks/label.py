"""A recording becomes sounds: heard once to find them, streamed once more to cut them."""

import math
import time
from collections.abc import Callable, Iterable

from backend.catalogue import recordings, sources
from backend.catalogue.errors import NoSuchSource
from backend.catalogue.recordings import FoundSound
from backend.database import one_transaction
from backend.outbox import TaskName
from backend.tables import Source, SourceKind
from models.audio import FloatArray
from models.audio.loudness import fade
from models.audio.mel import MEL
from models.audio.segmentation import Segment
from worker import hearing, loaded, timeline
from worker.cutting import cuts
from worker.decoder import apart
from worker.hearing import Recording
from worker.held import HeldJob
from worker.limits import decode_limits
from worker.mastering import master
from worker.shares import DOWNLOADED, HEARD
from worker.stored import named_copy, storage
from worker.tasks.overtaking import Overtaking
from worker.tasks.task import task

EDGE_FADE_S = 0.01
"""Long enough that a cut does not click, too short to be heard as a fade."""
_TIMELINE_EVERY_S = 1.0


@task(TaskName.LABEL_SOURCE)
def label_source(job: HeldJob) -> None:
    """Hear a source, cut its sounds, record them and end the job."""
    source = _source(job)
    limits = decode_limits(source.kind)
    share_done = DOWNLOADED if source.kind is SourceKind.VIDEO else 0.0

    overtaking = Overtaking()

    def report(share: float, phase: str) -> None:
        job.report(share_done + share * (1.0 - share_done), phase)
        overtaking.let_pass()

    report(0.0, "listening")
    classifier = loaded.classifier()
    with named_copy(source.audio_key or "", source.title or "") as path, apart.opened(path, limits) as file:
        facts = file.facts
        about_s = facts.duration_s or source.duration_s or limits.max_seconds
        recording = hearing.hear(
            file.stream(sample_rate_hz=MEL.sample_rate_hz, is_mono=True),
            classifier,
            on_block=lambda seconds: report(HEARD * min(seconds / about_s, 1.0), "listening"),
            on_heard=_timeline_recorder(job, classifier.labels, facts.duration_s),
        )
        segments = hearing.sounds_in(recording)
        found = _cut(file.stream(sample_rate_hz=MEL.sample_rate_hz), recording, segments, report=report)
    probabilities_key = storage().put_bytes(hearing.compact(recording))
    job.record(
        lambda session: recordings.record_sounds(
            session,
            job.claim,
            found,
            timeline=timeline.exact(
                segments,
                recording.probabilities,
                recording.labels,
                recording.duration_s,
                levels_db=recording.levels_db,
            ),
            probabilities_key=probabilities_key,
            labelled_with=classifier.version,
            duration_s=recording.duration_s,
            n_channels=facts.n_channels,
            sample_rate_hz=facts.sample_rate_hz,
        )
    )


def _source(job: HeldJob) -> Source:
    if job.claim.source_id is None:
        raise NoSuchSource
    with one_transaction() as session:
        return sources.find(session, job.claim.source_id, listener_id=job.claim.listener_id).source


def _timeline_recorder(job: HeldJob, labels: tuple[str, ...], duration_s: float | None) -> hearing.OnHeard:
    """Let the timeline on the page grow while the recording is heard, but not at every window."""
    recorded_at = -math.inf

    def record(probabilities: FloatArray, _: float) -> None:
        nonlocal recorded_at
        if time.monotonic() - recorded_at < _TIMELINE_EVERY_S:
            return
        recorded_at = time.monotonic()
        heard = timeline.rough(probabilities, labels)
        job.note(lambda session: recordings.record_timeline(session, job.claim, heard, duration_s=duration_s))

    return record


def _cut(
    blocks: Iterable[FloatArray],
    recording: Recording,
    segments: list[Segment],
    *,
    report: Callable[[float, str], None],
) -> list[FoundSound]:
    """Put each sound of the recording, streamed once more, into storage."""
    found: list[FoundSound] = []
    for segment, audio in cuts(blocks, segments, sample_rate_hz=MEL.sample_rate_hz):
        report(HEARD + (1.0 - HEARD) * len(found) / len(segments), "cutting")
        kept = master(fade(audio, sample_rate_hz=MEL.sample_rate_hz, in_s=EDGE_FADE_S, out_s=EDGE_FADE_S))
        found.append(
            FoundSound(
                start_s=segment.start_s,
                end_s=segment.end_s,
                trigger=segment.trigger,
                confidence=segment.confidence,
                probabilities=hearing.probabilities_within(recording, segment),
                embedding=hearing.embedding_within(recording, segment).tolist(),
                embedded_with=recording.embedded_with,
                **vars(kept),
            )
        )
    return found
