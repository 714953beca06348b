"""The taxonomy is data: what the file says is what listeners read."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from sqlalchemy import select, text
from sqlalchemy.orm import Session

from backend import taxonomy
from backend.catalogue import recordings, sounds
from backend.catalogue.sounds import Filters
from backend.tables import JobState, Trigger
from tests import rows

MANIFEST = Path(__file__).parents[2] / "models" / "weights" / "manifest.toml"
# The verbs of the field's newest taxonomy; a listener who searches by one should find something.
VERBS = (
    "crushing pressing crinkling tapping whispering smashing stretching brushing scratching crunching licking typing"
    " writing pouring bubbling crackling ticking cutting tinkling"
).split()
NEW = taxonomy.Entry("marble_rolling", "Marbles", "구슬", "Marbles that roll.", "구르는 구슬.", ["rolling"])


def is_korean(words: str) -> bool:
    return any("가" <= letter <= "힣" for letter in words)


@pytest.mark.parametrize("entry", taxonomy.read(), ids=lambda entry: entry.slug)
def test_each_label_has_names_descriptions_and_aliases_in_both_languages(entry: taxonomy.Entry) -> None:
    assert entry.name_en
    assert is_korean(entry.name_ko)
    assert entry.description_en.endswith(".")
    assert is_korean(entry.description_ko)
    assert entry.description_ko.endswith(".")
    assert any(is_korean(alias) for alias in entry.aliases)
    assert any(alias.isascii() for alias in entry.aliases)
    assert len(set(entry.aliases)) == len(entry.aliases)


def test_the_taxonomy_knows_every_label_that_the_networks_tell_apart() -> None:
    assert set(tomllib.loads(MANIFEST.read_text())["labels"]) <= {entry.slug for entry in taxonomy.read()}


@pytest.mark.parametrize("verb", VERBS)
def test_each_verb_of_the_field_leads_to_a_trigger(verb: str) -> None:
    assert any(verb in alias for entry in taxonomy.read() for alias in [*entry.aliases, entry.name_en.lower()])


def test_a_migration_plants_the_taxonomy_as_it_is_written(session: Session) -> None:
    planted = session.scalars(select(Trigger).order_by(Trigger.ordinal)).all()
    assert [(each.slug, each.description_ko, each.aliases) for each in planted] == [
        (entry.slug, entry.description_ko, entry.aliases) for entry in taxonomy.read()
    ]


@pytest.fixture
def planting(session: Session) -> Iterator[Session]:
    """A session in which the taxonomy may be written anew; it is undone after the test."""
    yield session
    session.expire_all()


def test_a_new_entry_is_a_new_trigger_and_a_changed_one_changes_it(planting: Session) -> None:
    entries = taxonomy.read()
    entries[3] = replace(entries[3], name_en="Ticking")
    taxonomy.plant(planting.connection(), [NEW, *entries])
    planted = planting.scalars(
        select(Trigger).order_by(Trigger.ordinal).execution_options(populate_existing=True)
    ).all()
    assert [each.slug for each in planted] == [NEW.slug, *(entry.slug for entry in entries)]
    assert (planted[0].name_ko, planted[4].name_en) == ("구슬", "Ticking")


def test_a_dropped_entry_stays_last_because_sounds_may_carry_it(planting: Session) -> None:
    entries = taxonomy.read()
    taxonomy.plant(planting.connection(), entries[1:])
    assert planting.scalars(select(Trigger.slug).order_by(Trigger.ordinal)).all() == [
        *(entry.slug for entry in entries[1:]),
        entries[0].slug,
    ]


def test_a_label_that_only_the_classifier_knows_yet_is_recorded_found_and_named_later(planting: Session) -> None:
    job = rows.a_job(planting, source_id=rows.a_source(planting).id)
    found = rows.a_found_sound(trigger=NEW.slug, probabilities={NEW.slug: 0.9})
    claim = rows.a_claim(planting, job)
    heard = {"timeline": [], "probabilities_key": None, "labelled_with": "cnn1d_tuned 3", "duration_s": 9.0}
    recordings.record_sounds(planting, claim, [found], n_channels=2, sample_rate_hz=48000, **heard)
    assert job.state is JobState.DONE
    listed = sounds.search(planting, Filters(trigger=NEW.slug), listener_id=None)
    assert [sound.trigger.name_en for sound in listed.items] == ["Marble rolling"]
    taxonomy.plant(planting.connection(), [*taxonomy.read(), NEW])
    assert planting.scalar(select(Trigger.name_ko).where(Trigger.slug == NEW.slug)) == "구슬"


def test_the_same_new_label_is_admitted_once(planting: Session) -> None:
    taxonomy.admit(planting.connection(), [NEW.slug, "rain"])
    taxonomy.admit(planting.connection(), [NEW.slug, "glass_bells"])
    places = planting.execute(text("SELECT slug, ordinal FROM triggers ORDER BY ordinal DESC LIMIT 2")).all()
    assert [tuple(row) for row in places] == [("glass_bells", 24), (NEW.slug, 23)]
