"""What the database keeps of itself so that sounds are found, drawn and mourned."""

from __future__ import annotations

import json
from uuid import UUID

import pytest
from sqlalchemy import select, text
from sqlalchemy.orm import Session

from backend.catalogue import family, licences, sounds, triggers
from backend.catalogue.errors import NoSuchSound, SoundDeleted
from backend.catalogue.licences import Licence
from backend.catalogue.sounds import Filters
from backend.settings import Settings
from backend.tables import Deed, Sound, SoundKind, Tombstone
from tests import rows


def titles(session: Session, **filters: object) -> set[str | None]:
    found = sounds.search(session, Filters(**filters), listener_id=None)  # type: ignore[arg-type]
    return {sound.title for sound in found.items}


@pytest.mark.parametrize(
    ("q", "is_found"),
    [("비", True), ("빗소", True), ("오는밤", True), ("ÜBER", True), ("über", True), ("x_y", True), ("xay", False),
     ("a\\b", True), ("100%", True), ("'", True), ("밤비", False), ("z", False)],
)  # fmt: skip
def test_pieces_of_words_are_found_in_any_script(session: Session, q: str, is_found: bool) -> None:
    rows.a_sound(session, title="빗소리 비오는밤 Über x_y a\\b 100% it's")
    assert bool(titles(session, q=q)) is is_found


def test_a_source_that_is_renamed_is_found_by_its_new_name(session: Session) -> None:
    source = rows.a_source(session, title="Before")
    rows.a_sound(session, source_id=source.id, title="taps")
    source.title, source.uploader = "Afterwards", "Somebody"
    session.flush()
    assert titles(session, q="before") == set()
    assert titles(session, q="afterwards somebody") == {"taps"}


def test_words_are_looked_up_in_the_index(session: Session) -> None:
    session.execute(text("SET LOCAL enable_seqscan = off"))
    plan = session.execute(
        text("EXPLAIN SELECT id FROM sounds WHERE grams_of(called, 1) @> grams_of(lower('Rain'), 3)")
    ).scalars()
    assert "ix_sounds_grams" in "\n".join(plan)


@pytest.mark.parametrize("n_peaks", [1, 3, 56, 57, 800])
def test_an_outline_is_the_loudest_of_each_stretch_in_hundredths(session: Session, n_peaks: int) -> None:
    peaks = [round((place + 1) / n_peaks / 2, 3) for place in range(n_peaks)]
    sound = rows.a_sound(session, peaks=peaks)
    assert sound.outline is not None
    assert len(sound.outline) == min(56, n_peaks)
    assert sound.outline == sorted(sound.outline)
    assert sound.outline[-1] == 100
    assert rows.a_sound(session, peaks=[0.0, 0.0]).outline == [0, 0]
    assert rows.a_sound(session, peaks=[]).outline == []


@pytest.mark.parametrize(
    ("stated", "kind"),
    [
        (None, Licence.UNSTATED),
        ("", Licence.UNSTATED),
        ("CC0-1.0", Licence.PUBLIC_DOMAIN),
        ("Public Domain Mark 1.0", Licence.PUBLIC_DOMAIN),
        ("Creative Commons Attribution license (reuse allowed)", Licence.ATTRIBUTION),
        ("CC BY-SA 4.0", Licence.ATTRIBUTION),
        ("http://creativecommons.org/licenses/by-nc/3.0/", Licence.NONCOMMERCIAL),
        ("CC BY-NC-ND 4.0", Licence.NONCOMMERCIAL),
        ("CC BY-ND 4.0", Licence.OTHER),
        ("Standard YouTube License", Licence.OTHER),
    ],
)
def test_licences_are_told_apart_however_they_are_spelt(session: Session, stated: str | None, kind: Licence) -> None:
    rows.a_sound(session, title="it", source_id=rows.a_source(session, licence=stated).id)
    assert [licence for licence in Licence if titles(session, licence=licence)] == [kind]


def test_what_is_common_is_found_as_what_is_rare(session: Session, monkeypatch: pytest.MonkeyPatch) -> None:
    for title, licence in (("quiet rain", "CC0"), ("quiet snow", "CC0"), ("loud rain", None)):
        rows.a_sound(session, title=title, source_id=rows.a_source(session, title=None, licence=licence).id)
    for n_common in (1, 2, 500):
        monkeypatch.setattr(sounds, "N_COMMON", n_common)
        monkeypatch.setattr(licences, "N_COMMON", n_common)
        assert titles(session, q="uie") == {"quiet rain", "quiet snow"}
        assert titles(session, q="quiet rain") == {"quiet rain"}
        assert titles(session, q="quiet", licence=Licence.PUBLIC_DOMAIN) == {"quiet rain", "quiet snow"}
        assert titles(session, q="loud", licence=Licence.PUBLIC_DOMAIN) == set()


def test_a_deleted_sound_is_known_to_those_who_could_hear_it(session: Session) -> None:
    mine, yours = rows.a_listener(session), rows.a_listener(session)
    private = rows.a_sound(session, kind=SoundKind.MADE, listener_id=mine).id
    sounds.delete(session, private, listener_id=mine)
    with pytest.raises(SoundDeleted) as told:
        sounds.find(session, private, listener_id=mine)
    assert told.value.extensions["trigger"] == "nail_tapping"
    with pytest.raises(NoSuchSound) as hidden:
        sounds.find(session, private, listener_id=yours)
    assert not isinstance(hidden.value, SoundDeleted)


def test_sounds_that_go_with_their_source_leave_tombstones_and_drafts_leave_none(session: Session) -> None:
    source = rows.a_source(session)
    found = {rows.a_sound(session, source_id=source.id).id for _ in range(3)}
    draft = rows.a_sound(session, kind=SoundKind.MADE, is_draft=True)
    session.delete(draft)
    session.delete(source)
    session.flush()
    assert set(session.scalars(select(Tombstone.sound_id))) == found


def test_a_family_is_told_generation_by_generation_without_what_is_private(session: Session) -> None:
    mine, yours = rows.a_listener(session), rows.a_listener(session)
    root = rows.a_sound(session)
    made = {"kind": SoundKind.MADE, "listener_id": mine}
    private = rows.a_sound(session, kind=SoundKind.MADE, listener_id=yours, first_parent_id=root.id)
    mix = rows.a_sound(session, **made, deed=Deed.MIX, first_parent_id=root.id, second_parent_id=private.id)
    child = rows.a_sound(session, **made, first_parent_id=mix.id)

    def drawn(sound: Sound) -> list[tuple[list[object], int]]:
        told = family.ancestors(session, sound, listener_id=mine)
        return [([parent.id for parent in one.parents], one.n_lost) for one in told]

    assert drawn(child) == [([mix.id], 0), ([root.id], 1)]
    assert drawn(root) == []
    assert [each.id for each in family.children(session, root.id, listener_id=mine)] == [mix.id]
    assert [each.id for each in family.children(session, root.id, listener_id=yours)] == [private.id]


def test_public_counts_are_kept_a_while_and_own_ones_are_not(session: Session, settings: Settings) -> None:
    me = rows.a_listener(session)
    session.info["settings"] = settings.model_copy(update={"counts_kept_s": 60.0, "database_url": "of this test"})

    def rainy(listener_id: UUID) -> int:
        return {each.trigger.slug: each.n_sounds for each in triggers.counts(session, listener_id=listener_id)}["rain"]

    rows.a_sound(session, trigger_slug="rain")
    assert rainy(me) == 1
    rows.a_sound(session, trigger_slug="rain")
    assert rainy(me) == 1
    rows.a_sound(session, trigger_slug="rain", kind=SoundKind.MADE, listener_id=me)
    assert rainy(me) == 2
    session.info["settings"] = settings
    assert rainy(me) == 3


def test_a_page_of_sounds_leaves_what_is_long_in_the_database(session: Session) -> None:
    rows.a_sound(session)
    session.expire_all()
    [sound] = sounds.search(session, Filters(), listener_id=None).items
    assert {"embedding", "peaks", "probabilities", "called"} & sound.__dict__.keys() == set()
    assert json.dumps(sound.outline)
