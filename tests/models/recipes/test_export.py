"""Files to take away tell what the network tells, and say how to feed them."""

import json

import pytest

from models.audio.mel import MEL
from models.errors import UnknownNetwork
from models.pretrained import manifest
from models.recipes.export import METADATA_NAME, Format, export_network

pytestmark = pytest.mark.tf


def _described(path, form: Format) -> dict[str, str]:
    if form is Format.ONNX:
        import onnx

        return {each.key: each.value for each in onnx.load(str(path)).metadata_props}
    from tensorflow.lite.tools import flatbuffer_utils

    file = flatbuffer_utils.read_model(str(path))
    (entry,) = [each for each in file.metadata if each.name == METADATA_NAME.encode()]
    return json.loads(bytes(file.buffers[entry.buffer].data))


@pytest.mark.slow
@pytest.mark.parametrize("form", Format)
def test_an_exported_classifier_tells_the_same_and_knows_its_labels_and_mel_settings(tmp_path, form: Format) -> None:
    out = tmp_path / "a folder" / f"network.{form}"
    exported = export_network("cnn1d_tuned", form, out)
    assert exported.logit_error < 1e-4
    assert exported.n_windows >= 16
    entry = manifest()["cnn1d_tuned"]
    described = _described(out, form)
    assert json.loads(described["labels"]) == list(entry.labels)
    assert json.loads(described["mel"]) == vars(MEL)
    assert described["version"] == entry.version
    assert "inside the graph" in described["level_normalisation"]
    assert [path.name for path in out.parent.iterdir()] == [out.name], "nothing is left beside the file"


@pytest.mark.parametrize("name", ["vae", "dense_audio", "nobody"])
def test_only_classifiers_of_mel_windows_can_be_taken_away(name: str, tmp_path) -> None:
    with pytest.raises(UnknownNetwork, match="cannot be exported"):
        export_network(name, Format.ONNX, tmp_path / "x.onnx")
