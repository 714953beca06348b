"""What networks learn from: lists, decoded recordings, made windows, draws."""

import csv
import fcntl
import shutil
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from threading import Event

import numpy as np
import pytest

from models.audio.decode import DecodeLimits, read, to_mono
from models.audio.mel import log_mel
from models.errors import NoRecordings
from models.recipes.corpus import open_corpus
from models.recipes.dealing import deal_by_collection
from models.recipes.made_windows import joined
from models.recipes.recordings import fingerprint, read_recordings
from models.recipes.sampling import PictureDraw, held_in, held_out, row_shares
from models.recipes.variety import VarietySettings, open_variety

pytestmark = pytest.mark.tf
FEW = VarietySettings(n_windows=60, seed=3)


def test_a_folder_without_a_list_is_refused(tmp_path) -> None:
    with pytest.raises(NoRecordings, match="no recordings"):
        read_recordings(tmp_path)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("path,label\nbrushing0.flac,brushing\n", "source_id"),
        ("path,label,source_id,seconds,fold\ngone.flac,brushing,a,3,0\n", "missing"),
        (
            "path,label,source_id,seconds,fold\nbrushing0.flac,brushing,a,3,0\nbrushing1.flac,brushing,a,3,1\n",
            "more than one fold",
        ),
        ("", "path"),
        ("path,label,source_id,seconds,fold\nbrushing0.flac,brushing,a,three,0\n", "line 2: seconds"),
        ("path,label,source_id,seconds,fold\nbrushing0.flac,brushing,a,3,7\n", "no fold 7"),
        ("path,label,source_id,seconds,fold\nbrushing0.flac,brushing,a\n", "line 2: seconds"),
        ("path,label,source_id,seconds,fold\nbrushing0.flac,,a,3,0\n", "line 2, has no label"),
        ('path,label,source_id,seconds,fold\n"brushing0.flac"x,brushing,a,3,0\n', "as a table"),
        ("path,label,source_id,seconds,fold\n", "recordings.csv lists no recordings"),
        ("path,label,source_id,seconds,fold\nbrushing0.flac,brushing,a,nan,0\n", "line 2: seconds is nan"),
        ("path,label,source_id,seconds,fold\nbrushing0.flac,brushing,a,-inf,0\n", "line 2: seconds is -inf"),
    ],
)
def test_a_list_that_cannot_be_trusted_is_refused(data, tmp_path, text, reason) -> None:
    folder = tmp_path / "recordings"
    shutil.copytree(data, folder)
    (folder / "recordings.csv").write_text(text)
    with pytest.raises(NoRecordings, match=reason):
        read_recordings(folder)


def test_a_list_that_is_no_text_is_refused(tmp_path) -> None:
    (tmp_path / "recordings.csv").write_bytes(b"path,label\n\xff\xfe\x00")
    with pytest.raises(NoRecordings, match="as a table"):
        read_recordings(tmp_path)


def test_a_list_that_may_not_be_opened_is_refused(data, monkeypatch) -> None:
    def refuse(path: Path, *args: object, **settings: object) -> None:
        raise PermissionError(13, "Permission denied", str(path))

    monkeypatch.setattr(Path, "open", refuse)
    with pytest.raises(NoRecordings, match=r"as a table: .*Permission denied"):
        read_recordings(data)


def test_an_empty_pool_is_refused_by_its_name(data, tmp_path) -> None:
    folder = tmp_path / "recordings"
    shutil.copytree(data, folder)
    (folder / "unlabelled.csv").write_text("path,seconds\n")
    with pytest.raises(NoRecordings, match=r"unlabelled\.csv lists no recordings"):
        read_recordings(folder)


def test_a_list_saved_by_excel_is_read_as_any_other(data, tmp_path) -> None:
    folder = tmp_path / "recordings"
    shutil.copytree(data, folder)
    (folder / "recordings.csv").write_text((data / "recordings.csv").read_text(), encoding="utf-8-sig")
    assert [each.path.name for each in read_recordings(folder)] == [each.path.name for each in read_recordings(data)]


def in_collections(data: Path, folder: Path, collections: dict[str, str]) -> Path:
    """The same recordings, each from a named collection."""
    shutil.copytree(data, folder)
    with (data / "recordings.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    with (folder / "recordings.csv").open("w", newline="") as file:
        table = csv.DictWriter(file, [*rows[0], "collection"])
        table.writeheader()
        table.writerows(row | {"collection": collections.get(row["path"], row["source_id"])} for row in rows)
    return folder


def test_folds_by_collection_keep_a_collection_whole_and_each_label_on_both_sides(data, tmp_path) -> None:
    one_kit = {"brushing0.flac": "kit", "brushing1.flac": "kit", "nail_tapping4.flac": "kit"}
    dealt = deal_by_collection(in_collections(data, tmp_path / "kits", one_kit), tmp_path / "dealt")
    recordings = [recording for recording in read_recordings(dealt) if recording.label is not None]
    assert {recording.path.name for recording in recordings} == {path.name for path in data.glob("*[0-9].flac")}
    assert len({recording.fold for recording in recordings if recording.collection == "kit"}) == 1
    for label in ("brushing", "nail_tapping"):
        assert len({recording.fold for recording in recordings if recording.label == label}) > 1
    assert [recording.path.name for recording in read_recordings(dealt) if recording.label is None] == ["street.flac"]


def test_a_label_of_one_collection_alone_keeps_its_folds_by_source(data, tmp_path) -> None:
    lonely = {f"brushing{fold}.flac": "one hand" for fold in range(5)}
    dealt = deal_by_collection(in_collections(data, tmp_path / "kits", lonely), tmp_path / "dealt")
    folds = {recording.path.name: recording.fold for recording in read_recordings(dealt)}
    assert [folds[f"brushing{fold}.flac"] for fold in range(5)] == [0, 1, 2, 3, 4]


def test_too_few_collections_cannot_be_dealt(data, tmp_path) -> None:
    two = {path.name: "left" if "0" in path.name else "right" for path in data.glob("*.flac")}
    with pytest.raises(NoRecordings, match="too few collections"):
        deal_by_collection(in_collections(data, tmp_path / "kits", two), tmp_path / "dealt")


def test_the_fingerprint_names_bytes_labels_and_folds(data, tmp_path) -> None:
    before = fingerprint(read_recordings(data))
    folder = tmp_path / "recordings"
    shutil.copytree(data, folder)
    assert fingerprint(read_recordings(folder)) == before
    shutil.copy(folder / "brushing0.flac", folder / "brushing1.flac")
    assert fingerprint(read_recordings(folder)) != before


def test_cached_windows_are_the_mel_of_the_file_and_nothing_is_decoded_twice(data, cache, corpus) -> None:
    audio = to_mono(read(corpus.recordings[0].path, limits=DecodeLimits(60.0, 1 << 30)))
    chosen = corpus.windows.where(corpus.windows.recording == 0)
    np.testing.assert_allclose(corpus.mel_of(chosen)[1], log_mel(audio)[50:150], atol=0.05)
    np.testing.assert_allclose(corpus.audio_of(0, 100, 500), audio[100:600], atol=1e-4)
    told: list[str] = []
    assert open_corpus(data, cache, tell=told.append).fingerprint == corpus.fingerprint
    assert told == []


def test_who_comes_while_another_decodes_waits_and_takes_what_is_there(data, corpus, tmp_path) -> None:
    folder, told, is_waiting = tmp_path / corpus.folder.name, [], Event()

    def hear(line: str) -> None:
        told.append(line)
        is_waiting.set()

    folder.mkdir()
    with ThreadPoolExecutor(1) as thread:
        with (folder / "lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            opened = thread.submit(open_corpus, data, tmp_path, tell=hear)
            assert is_waiting.wait(60.0)
            for name in ("samples.i16", "frames.f16", "offsets.npz"):
                shutil.copy(corpus.folder / name, folder)
        np.testing.assert_array_equal(opened.result().samples, corpus.samples)
    assert [line.split()[0] for line in told] == ["Waiting"]


def test_near_silent_windows_are_neither_learnt_from_nor_scored(corpus) -> None:
    assert corpus.windows.level_dbfs.min() > -60.0


def test_a_held_out_fold_is_out_and_the_pool_is_in_no_fold(corpus) -> None:
    assert 2 not in held_in(corpus.windows, 2).fold
    assert set(held_out(corpus.windows, 2).fold) == {2}
    assert (held_out(corpus.windows, 2).label >= 0).all()
    assert (corpus.windows.fold[corpus.windows.label < 0] == -1).all()


def test_shares_favour_the_rare_and_add_up_to_one(corpus) -> None:
    kept = (corpus.windows.label != 0) | (corpus.windows.recording == 0)
    windows = corpus.windows.where(kept)
    shares = row_shares(windows)
    assert shares.sum() == pytest.approx(1.0)
    assert shares[windows.label == 0].mean() > shares[windows.label == 1].mean()


def test_made_windows_keep_folds_apart_and_their_targets_add_up_to_one(corpus, cache) -> None:
    variety = open_variety(corpus, FEW, cache, teacher=None, tell=[].append)
    assert variety.mel.shape == (60, 100, 128)
    assert np.isfinite(variety.mel).all()
    np.testing.assert_allclose(variety.targets.sum(axis=1), 1.0, atol=1e-5)
    assert set(variety.fold) <= set(range(5))
    assert len(np.unique(variety.targets.max(axis=1))) > 1


def test_windows_made_by_formulas_are_one_trigger_each_and_of_no_fold(corpus, cache) -> None:
    made = open_variety(corpus, replace(FEW, n_windows=20, foley_share=1.0), cache, teacher=None, tell=[].append)
    assert set(made.fold) == {-1}
    np.testing.assert_array_equal(np.sort(made.targets, axis=1), [[0.0, 1.0]] * 20)
    assert set(made.targets.argmax(axis=1)) == {0, 1}


def test_joined_windows_are_those_of_each_variety_one_behind_the_other(corpus, cache) -> None:
    first = open_variety(corpus, FEW, cache, teacher=None, tell=[].append)
    second = open_variety(corpus, replace(FEW, n_windows=20, foley_share=1.0), cache, teacher=None, tell=[].append)
    both = joined([first, second])
    chosen = np.array([3, 59, 60, 79])
    np.testing.assert_array_equal(both.mel[chosen], np.concatenate([first.mel[[3, 59]], second.mel[[0, 19]]]))
    np.testing.assert_array_equal(
        both.targets[chosen], np.concatenate([first.targets[[3, 59]], second.targets[[0, 19]]])
    )
    assert len(both.fold) == len(both.mel) == 80
    assert both.taught is None


def test_made_windows_are_made_once_and_the_same_for_one_seed(corpus, cache, tmp_path) -> None:
    told: list[str] = []
    first = open_variety(corpus, FEW, cache, teacher=None, tell=told.append)
    again = open_variety(corpus, FEW, tmp_path, teacher=None, tell=[].append)
    np.testing.assert_array_equal(first.mel, again.mel)
    assert open_variety(corpus, FEW, cache, teacher=None, tell=told.append).taught is None
    assert len(told) <= 1


def test_two_trainings_that_begin_together_make_windows_once(corpus, cache, tmp_path) -> None:
    told: list[str] = []
    with ThreadPoolExecutor(2) as threads:
        opened = [threads.submit(open_variety, corpus, FEW, tmp_path, teacher=None, tell=told.append) for _ in range(2)]
        first, second = (each.result() for each in opened)
    assert sum(line.startswith("Making") for line in told) == 1
    alone = open_variety(corpus, FEW, cache, teacher=None, tell=[].append)
    for each in (first, second):
        np.testing.assert_array_equal(each.mel, alone.mel)
        np.testing.assert_array_equal(each.targets, alone.targets)


def test_pictures_are_drawn_between_zero_and_one_the_same_for_one_seed(corpus) -> None:
    draw = PictureDraw(corpus, held_in(corpus.windows, 0))
    pictures, labels = draw.draw(16, np.random.default_rng(1))
    assert pictures.shape == (16, 100, 128)
    assert 0.0 <= pictures.min() < pictures.max() <= 1.0
    assert set(labels) <= {-1, 0, 1}
    np.testing.assert_array_equal(pictures, draw.draw(16, np.random.default_rng(1))[0])
