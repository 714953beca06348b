"""Corrections leave the catalogue as a folder that networks learn from."""

from __future__ import annotations

import csv
import dataclasses
from collections import defaultdict
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from sqlalchemy.orm import Session

from backend.catalogue import corrections, lessons
from backend.settings import Settings
from backend.storage import Storage
from backend.tables import Sound, SoundKind, SourceKind
from deepasmr.lessons import LIST, export
from models.audio.encode import write
from models.recipes.recordings import labels_of, read_recordings
from tests import rows
from tests.models.inference.sounds import strokes, taps


def say(session: Session, sound: Sound, *words: str | None) -> None:
    for word in words:
        corrections.say(session, sound.id, word, listener_id=rows.a_listener(session))


def labels(session: Session, **knobs: bool) -> dict[Any, str]:
    return {lesson.sound_id: lesson.label for lesson in lessons.learn(session, **knobs)}


def test_the_majority_is_believed_and_an_even_quarrel_teaches_nothing(session: Session) -> None:
    agreed, quarrel, nothing = (rows.a_sound(session) for _ in range(3))
    say(session, agreed, "rain", "water", "rain")
    say(session, quarrel, "rain", "water")
    say(session, nothing, None)
    assert labels(session) == {agreed.id: "rain", nothing.id: lessons.NONE_OF_THESE}


def test_private_made_and_synthesised_sounds_teach_only_what_they_may(session: Session) -> None:
    me = rows.a_listener(session)
    private = rows.a_sound(session, listener_id=me)
    made = rows.a_sound(session, kind=SoundKind.MADE, listener_id=me)
    synthetic = rows.a_sound(session, is_synthetic=True)
    for sound in (private, made):
        corrections.say(session, sound.id, "rain", listener_id=me)
    say(session, synthetic, "rain")
    assert labels(session) == {}
    assert labels(session, with_private=True) == {private.id: "rain"}


def test_a_source_and_a_small_channel_are_in_one_fold_the_same_at_every_export(session: Session) -> None:
    folds: dict[str, set[int]] = defaultdict(set)
    for number in range(12):
        big = rows.a_source(session, kind=SourceKind.VIDEO, extractor="site", uploader="Big", duration_s=60.0)
        small = rows.a_source(session, kind=SourceKind.VIDEO, extractor="site", uploader=f"Small {number % 2}")
        for source, seconds in ((big, 40.0), (big, 40.0), (small, 4.0)):
            say(session, rows.a_sound(session, source_id=source.id, duration_s=seconds), "rain")
    learnt = lessons.learn(session)
    assert learnt == lessons.learn(session)
    for lesson in learnt:
        folds[str(lesson.source_id)].add(lesson.fold)
        folds[lesson.collection].add(lesson.fold)
    assert all(len(folds[str(lesson.source_id)]) == 1 for lesson in learnt)
    assert len(folds["site:Small 0"]) == len(folds["site:Small 1"]) == 1
    assert len(folds["site:Big"]) > 1
    assert {lesson.fold for lesson in learnt} <= set(range(lessons.N_FOLDS))


@pytest.fixture
def exported(session: Session, settings: Settings, tmp_path: Path) -> Path:
    """A folder of what listeners said about ten sounds, one of which has lost its audio."""
    storage = Storage.open(settings.storage_url)
    for number in range(10):
        make, label = ((taps, "nail_tapping"), (strokes, "brushing"))[number % 2]
        path = tmp_path / "sound.flac"
        write(path, np.asarray(make(3.0, seed=number))[:, None])
        sound = rows.a_sound(session, audio_key=storage.put_file(path), duration_s=3.0, trigger_slug="rain")
        say(session, sound, label)
    say(session, rows.a_sound(session), "rain")
    said = export(settings, tmp_path / "out", with_private=False)
    assert (said.n_written, said.n_missing) == (10, 1)
    return tmp_path / "out"


def test_the_folder_is_what_training_reads(exported: Path) -> None:
    recordings = read_recordings(exported)
    assert labels_of(recordings) == ("brushing", "nail_tapping")
    assert all(recording.path.read_bytes()[:4] == b"fLaC" for recording in recordings)
    with (exported / LIST).open(newline="") as file:
        assert tuple(next(csv.reader(file))) == lessons.COLUMNS


@pytest.mark.tf
@pytest.mark.slow
def test_a_network_learns_from_it(exported: Path, tmp_path: Path) -> None:
    from models.recipes.recipe import read_recipe
    from models.recipes.train import Task, train_network

    recipe = dataclasses.replace(read_recipe("cnn1d"), n_epochs=1, batch_size=8)
    task = Task(exported, tmp_path / "cache", tmp_path / "run", seed=0, held_out_fold=None, resume=False)
    train_network(recipe, task, tell=[].append)
    assert (tmp_path / "run" / "weights.npz").stat().st_size > 0
