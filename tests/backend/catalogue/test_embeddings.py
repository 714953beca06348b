"""Embeddings of old weights are found and made anew; what cannot be heard keeps its old one, and nobody tries again."""

import numpy as np
import pytest
from sqlalchemy.orm import Session

from backend.catalogue import embeddings
from backend.catalogue import map as catalogue_map
from backend.catalogue.errors import JobLost
from backend.tables import Sound
from tests.rows import a_claim, a_sound, an_embedding, goes_silent


def test_sounds_of_other_weights_are_outdated_and_so_are_those_of_unknown_ones(session: Session) -> None:
    a_sound(session, embedded_with="cnn1d_tuned-4")
    assert not embeddings.are_outdated(session, "cnn1d_tuned-4")
    for other in (None, "cnn1d_tuned-3", "cnn1d_tuned-5"):
        sound = a_sound(session, embedded_with=other)
        assert embeddings.are_outdated(session, "cnn1d_tuned-4")
        assert embeddings.outdated(session, "cnn1d_tuned-4", limit=5) == [(sound.id, sound.audio_key)]
        session.delete(sound)
        session.flush()


def test_the_map_is_due_when_the_classifier_has_new_weights_and_its_job_says_which(session: Session) -> None:
    a_sound(session, embedded_with="cnn1d_tuned-3")
    assert catalogue_map.draw_if_due(session) is None
    assert catalogue_map.draw_if_due(session, embedded_with="cnn1d_tuned-3") is None
    job = catalogue_map.draw_if_due(session, embedded_with="cnn1d_tuned-4")
    assert job is not None
    assert job.arguments == {"embedded_with": "cnn1d_tuned-4"}
    assert catalogue_map.draw_if_due(session, embedded_with="cnn1d_tuned-4") is None


def test_what_is_heard_anew_is_kept_and_what_cannot_be_heard_is_left_alone_for_good(session: Session) -> None:
    heard, gone = a_sound(session, embedded_with="cnn1d_tuned-3"), a_sound(session, embedded_with="cnn1d_tuned-3")
    before, anew = list(gone.embedding), an_embedding(1)
    job = catalogue_map.draw_if_due(session, embedded_with="cnn1d_tuned-4")
    assert job is not None
    made = {heard.id: anew, gone.id: None}
    embeddings.record_embeddings(session, a_claim(session, job), made, embedded_with="cnn1d_tuned-4")
    assert not embeddings.are_outdated(session, "cnn1d_tuned-4")
    session.expire_all()
    np.testing.assert_allclose(session.get_one(Sound, heard.id).embedding, anew, atol=1e-6)
    np.testing.assert_allclose(session.get_one(Sound, gone.id).embedding, before, atol=1e-6)


def test_a_worker_that_lost_its_job_records_nothing(session: Session) -> None:
    sound = a_sound(session, embedded_with="cnn1d_tuned-3")
    job = catalogue_map.draw_if_due(session, embedded_with="cnn1d_tuned-4")
    assert job is not None
    lost = a_claim(session, job)
    goes_silent(session, job.id)
    catalogue_map.claims.sweep(session)
    with pytest.raises(JobLost):
        embeddings.record_embeddings(session, lost, {sound.id: None}, embedded_with="cnn1d_tuned-4")
