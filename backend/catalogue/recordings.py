"""What workers record about sources and sounds. Every function takes the worker's claim and locks the job by it."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import delete, func, select, update
from sqlalchemy.orm import Session

from backend import taxonomy
from backend.catalogue import claims
from backend.catalogue import map as catalogue_map
from backend.catalogue.claims import Claim
from backend.catalogue.errors import NoSuchSource
from backend.catalogue.sources import newest_job
from backend.outbox import TaskName
from backend.tables import Address, Deed, Job, JobState, Sound, SoundKind, Source, Stretch


@dataclass(frozen=True)
class Recognition:
    """Whose video this is: `source` is the first one; when it is known, there is nothing left for this job to do."""

    source: Source
    is_known: bool


@dataclass(frozen=True)
class HeardSound:
    """What a worker knows of any sound: what the classifier says, how loud it is, where its bytes lie.

    `probabilities` by trigger; `embedding` is L2-normalised, [EMBEDDING_WIDTH], by the weights `embedded_with`; `peaks`
    is max |x| per column, 0..1.
    """

    trigger: str
    confidence: float
    probabilities: dict[str, float]
    duration_s: float
    n_channels: int
    loudness_lufs: float | None
    true_peak_dbtp: float | None
    play_gain_db: float
    embedding: Sequence[float]
    embedded_with: str
    audio_key: str
    mel_key: str | None
    peaks: list[float]


@dataclass(frozen=True)
class FoundSound(HeardSound):
    """An interval of a source."""

    start_s: float
    end_s: float


@dataclass(frozen=True)
class MadeSound(HeardSound):
    """A variation or a mix; same parents, network, weights, settings and seed give the same bytes."""

    deed: Deed
    network: str
    weights_version: str
    seed: int
    settings: dict[str, Any]
    first_parent_id: UUID
    second_parent_id: UUID | None = None
    title: str | None = None


def recognise(
    session: Session,
    claim: Claim,
    *,
    extractor: str,
    video_key: str,
    webpage_url: str | None,
    title: str | None,
    uploader: str | None,
    licence: str | None,
    thumbnail_url: str | None,
    duration_s: float | None,
) -> Recognition:
    """Record what the site says about a video, before the download; find out whether it is known already.

    The same video may come under several addresses. The first source keeps it: the later one's addresses lead to the
    first from now on, its job is merged into the first and its row goes. If the first one's own work has failed, this
    job takes that up instead of ending.

    Args:
        session: The transaction.
        claim: The worker's hold on the job.
        extractor: The site, in yt-dlp's word.
        video_key: "extractor:id", the same for every address of the video.
        webpage_url: Where people watch it.
        title: Its title.
        uploader: Who published it.
        licence: Under which terms, if the site says so.
        thumbnail_url: A picture of it.
        duration_s: How long it is, in seconds.

    Raises:
        JobLost: if the job is not this worker's any more.
        NoSuchSource: if the source was deleted.
    """
    job = claims.held(session, claim)
    # Two workers that look up the same video at once must not both think they are the first. Before any source is
    # locked: one that holds a source and waits here, for one that waits for that source, would wait for ever.
    session.execute(select(func.pg_advisory_xact_lock(func.hashtextextended(video_key, 0))))
    source = _source_of(session, job)
    first = session.scalar(
        select(Source).where(Source.video_key == video_key, Source.id != source.id).with_for_update(key_share=True)
    )
    is_known = False
    if first is not None:
        is_known = _merge(session, job, duplicate=source, first=first)
        source = first
    if not is_known:
        source.extractor = extractor
        source.video_key = video_key
        source.webpage_url = webpage_url
        source.title = title
        source.uploader = uploader
        source.licence = licence
        source.thumbnail_url = thumbnail_url
        source.duration_s = duration_s
        session.flush()
    return Recognition(source, is_known)


def record_download(
    session: Session,
    claim: Claim,
    *,
    audio_key: str,
    n_bytes: int,
    media_type: str | None,
    duration_s: float | None,
    n_channels: int | None,
    sample_rate_hz: int | None,
) -> None:
    """Record a video's audio and hand the job on to be listened to. Raises as `recognise` does."""
    source = _source_of(session, claims.held(session, claim))
    source.audio_key = audio_key
    source.audio_bytes = n_bytes
    source.media_type = media_type
    source.duration_s = duration_s if duration_s is not None else source.duration_s
    source.n_channels = n_channels
    source.sample_rate_hz = sample_rate_hz
    claims.hand_on(session, claim, TaskName.LABEL_SOURCE)


def record_timeline(
    session: Session, claim: Claim, timeline: list[Stretch], *, duration_s: float | None = None
) -> None:
    """Record the timeline as far as it is heard.

    Args:
        session: The transaction.
        claim: The worker's hold on the job.
        timeline: The stretches so far.
        duration_s: How long the file says it is (s), so that the timeline grows within its whole width; believed until
            the recording is heard to its end.

    Raises:
        JobLost, NoSuchSource: as `recognise` does.
    """
    source = _source_of(session, claims.held(session, claim))
    source.timeline = list(timeline)
    if source.duration_s is None:
        source.duration_s = duration_s
    session.flush()


def record_sounds(
    session: Session,
    claim: Claim,
    found: Sequence[FoundSound],
    *,
    timeline: list[Stretch],
    probabilities_key: str | None,
    labelled_with: str,
    duration_s: float,
    n_channels: int,
    sample_rate_hz: int,
) -> list[Sound]:
    """Record all that was heard in a source and end the job, at once: earlier sounds of the source give way.

    Args:
        session: The transaction.
        claim: The worker's hold on the job.
        found: The sounds, in order of time.
        timeline: The source's whole timeline.
        probabilities_key: Where the windows' probabilities lie in storage.
        labelled_with: Network and weights version of the classifier.
        duration_s: How long the source really is, in seconds.
        n_channels: Channels of its audio.
        sample_rate_hz: Rate of its audio.

    Raises:
        JobLost: if the job is not this worker's any more.
        NoSuchSource: if the source was deleted.
    """
    job = claims.held(session, claim)
    source = _source_of(session, job)
    taxonomy.admit(session.connection(), {sound.trigger for sound in found})
    session.execute(delete(Sound).where(Sound.source_id == source.id, Sound.kind == SoundKind.FOUND))
    sounds = [
        Sound(
            kind=SoundKind.FOUND,
            source_id=source.id,
            ordinal=ordinal,
            start_s=sound.start_s,
            end_s=sound.end_s,
            listener_id=source.listener_id,
            is_synthetic=source.is_synthetic,
            **_heard(sound),
        )
        for ordinal, sound in enumerate(found)
    ]
    session.add_all(sounds)
    source.timeline = list(timeline)
    source.probabilities_key = probabilities_key
    source.labelled_with = labelled_with
    source.duration_s = duration_s
    source.n_channels = n_channels
    source.sample_rate_hz = sample_rate_hz
    session.flush()
    catalogue_map.place(session, [sound.id for sound in sounds])
    claims.finish(session, claim)
    return sounds


def record_made(session: Session, claim: Claim, made: MadeSound) -> Sound:
    """Record a variation or a mix for the listener who asked for it, and end the job.

    A parent that was deleted meanwhile is forgotten; the sound made from it stays.

    Raises:
        JobLost: if the job is not this worker's any more.
    """
    job = claims.held(session, claim)
    parents = {
        parent.id: parent
        for parent in session.scalars(
            select(Sound)
            .where(Sound.id.in_([made.first_parent_id, made.second_parent_id or made.first_parent_id]))
            .order_by(Sound.id)
            .with_for_update(key_share=True)
        )
    }
    taxonomy.admit(session.connection(), {made.trigger})
    sound = Sound(
        kind=SoundKind.MADE,
        deed=made.deed,
        listener_id=job.listener_id,
        job_id=job.id,
        network=made.network,
        weights_version=made.weights_version,
        seed=made.seed,
        settings=made.settings,
        title=made.title,
        first_parent_id=made.first_parent_id if made.first_parent_id in parents else None,
        second_parent_id=made.second_parent_id if made.second_parent_id in parents else None,
        is_synthetic=any(parent.is_synthetic for parent in parents.values()),
        is_draft=job.audition_id is not None,
        **_heard(made),
    )
    # A retried job whose first sound its listener has not deleted gives that one up for the new one.
    session.execute(delete(Sound).where(Sound.job_id == job.id))
    session.add(sound)
    session.flush()
    catalogue_map.place(session, [sound.id])
    claims.finish(session, claim, sound_id=sound.id)
    return sound


def _merge(session: Session, job: Job, *, duplicate: Source, first: Source) -> bool:
    """Let a later source of the same video go; tell whether the first one needs no more work from this job."""
    session.execute(update(Address).where(Address.source_id == duplicate.id).values(source_id=first.id))
    newest = newest_job(session, first.id)
    is_known = newest is not None and newest.state not in {JobState.FAILED, JobState.CANCELLED}
    if is_known:
        job.source_id = None
        job.merged_into_id = first.id
    else:
        job.source_id = first.id
    session.flush()
    session.delete(duplicate)
    session.flush()
    return is_known


def _source_of(session: Session, job: Job) -> Source:
    if job.source_id is None:
        raise NoSuchSource
    return session.get_one(Source, job.source_id, with_for_update={"key_share": True}, populate_existing=True)


def _heard(sound: HeardSound) -> dict[str, Any]:
    return {
        "trigger_slug": sound.trigger,
        "confidence": sound.confidence,
        "probabilities": sound.probabilities,
        "duration_s": sound.duration_s,
        "n_channels": sound.n_channels,
        "loudness_lufs": sound.loudness_lufs,
        "true_peak_dbtp": sound.true_peak_dbtp,
        "play_gain_db": sound.play_gain_db,
        "embedding": list(sound.embedding),
        "embedded_with": sound.embedded_with,
        "audio_key": sound.audio_key,
        "mel_key": sound.mel_key,
        "peaks": sound.peaks,
    }
