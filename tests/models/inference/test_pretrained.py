"""The door to weights opens for promoted bytes only."""

import hashlib
import shutil

import pytest

from models import pretrained
from models.audio.mel import MEL
from models.errors import UnknownNetwork, WrongWeights
from models.networks.shapes import EMBEDDING_WIDTH
from models.recipes.promotion import LARGEST_BYTES

pytestmark = pytest.mark.tf


def test_every_promoted_file_is_there_with_its_hash_its_card_and_a_size_that_git_can_hold() -> None:
    entries = pretrained.manifest()
    assert {"cnn1d_tuned", "vae", "cgan"} <= set(entries)
    for entry in entries.values():
        content = (pretrained.weights_folder() / entry.file).read_bytes()
        assert hashlib.sha256(content).hexdigest() == entry.sha256
        assert len(content) < LARGEST_BYTES
        assert entry.version in (pretrained.weights_folder() / entry.card).read_text(encoding="utf-8")


def test_promoted_networks_were_trained_on_the_mel_pictures_that_this_code_makes() -> None:
    assert all(entry.mel == MEL for entry in pretrained.manifest().values())


def test_no_stray_weights_lie_beside_the_promoted_ones() -> None:
    promoted = {entry.file for entry in pretrained.manifest().values()}
    assert {path.name for path in pretrained.weights_folder().glob("*.npz")} == promoted


def test_a_flipped_byte_is_refused(tmp_path, monkeypatch) -> None:
    shutil.copytree(pretrained.weights_folder(), tmp_path / "weights")
    monkeypatch.setenv(pretrained.WEIGHTS_DIR_VARIABLE, str(tmp_path / "weights"))
    path = tmp_path / "weights" / pretrained.manifest()["cnn1d_tuned"].file
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)
    with pytest.raises(WrongWeights, match="not the promoted file"):
        pretrained.load("cnn1d_tuned")


def test_a_missing_file_a_missing_manifest_and_other_mel_settings_are_refused(tmp_path, monkeypatch) -> None:
    monkeypatch.setenv(pretrained.WEIGHTS_DIR_VARIABLE, str(tmp_path))
    with pytest.raises(WrongWeights, match="no manifest"):
        pretrained.manifest()
    text = (pretrained.Path(pretrained.__file__).parent / "weights" / "manifest.toml").read_text(encoding="utf-8")
    (tmp_path / "manifest.toml").write_text(text, encoding="utf-8")
    with pytest.raises(WrongWeights, match="missing"):
        pretrained.load("vae")


def test_a_network_trained_on_other_mel_pictures_is_refused(tmp_path, monkeypatch) -> None:
    shutil.copytree(pretrained.weights_folder(), tmp_path / "weights")
    monkeypatch.setenv(pretrained.WEIGHTS_DIR_VARIABLE, str(tmp_path / "weights"))
    manifest = tmp_path / "weights" / "manifest.toml"
    text = manifest.read_text(encoding="utf-8")
    manifest.write_text(text.replace("hop_samples = 441", "hop_samples = 512"), encoding="utf-8")
    with pytest.raises(WrongWeights, match="other mel pictures"):
        pretrained.load("cnn1d_tuned")


def test_an_unknown_name_is_refused_with_the_known_ones() -> None:
    with pytest.raises(UnknownNetwork, match="cnn1d_tuned"):
        pretrained.load("wavenet")


def test_the_embedding_is_as_wide_as_its_promise() -> None:
    assert pretrained.load("cnn1d_tuned").network.output["embedding"].shape[-1] == EMBEDDING_WIDTH
