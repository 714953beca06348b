"""The taxonomy as data: `taxonomy.toml` says what each trigger is called, described and searched by.

The table `triggers` is brought up to it at each migration, so that a new or a better name needs no code.
"""

import tomllib
from collections.abc import Iterable
from dataclasses import astuple, dataclass
from pathlib import Path

from sqlalchemy import Connection, text

TAXONOMY = Path(__file__).with_name("taxonomy.toml")
# Places are unique: rows wait beyond all of them while they are put in order.
BEYOND = 1_000_000


@dataclass(frozen=True)
class Entry:
    """A trigger in words; `aliases` are what else people search it by, in both languages."""

    slug: str
    name_en: str
    name_ko: str
    description_en: str
    description_ko: str
    aliases: list[str]


def read(path: Path = TAXONOMY) -> list[Entry]:
    """Read the taxonomy, in its order.

    Raises:
        KeyError: if an entry has no name or description in one of the languages.
    """
    return [
        Entry(
            slug,
            entry["name"]["en"],
            entry["name"]["ko"],
            entry["description"]["en"],
            entry["description"]["ko"],
            entry["aliases"],
        )
        for slug, entry in tomllib.loads(path.read_text(encoding="utf-8")).items()
    ]


def plant(connection: Connection, entries: list[Entry]) -> None:
    """Bring the table of triggers up to the taxonomy, in its order; rows that it does not name come after them.

    Nothing is deleted: sounds may carry a label that the taxonomy has dropped.
    """
    kept = connection.execute(
        text("SELECT slug, name_en, name_ko, description_en, description_ko, aliases FROM triggers ORDER BY ordinal")
    ).all()
    if [tuple(row) for row in kept][: len(entries)] == [astuple(entry) for entry in entries]:
        return
    named = {entry.slug for entry in entries}
    others = [row.slug for row in kept if row.slug not in named]
    connection.execute(text("UPDATE triggers SET ordinal = ordinal + :beyond"), {"beyond": BEYOND})
    for ordinal, entry in enumerate(entries):
        connection.execute(
            text(
                "INSERT INTO triggers (slug, name_en, name_ko, description_en, description_ko, aliases, ordinal)"
                " VALUES (:slug, :name_en, :name_ko, :description_en, :description_ko, :aliases, :ordinal)"
                " ON CONFLICT (slug) DO UPDATE SET name_en = :name_en, name_ko = :name_ko,"
                " description_en = :description_en, description_ko = :description_ko, aliases = :aliases,"
                " ordinal = :ordinal"
            ),
            {**vars(entry), "ordinal": ordinal},
        )
    for ordinal, slug in enumerate(others, len(entries)):
        connection.execute(
            text("UPDATE triggers SET ordinal = :ordinal WHERE slug = :slug"), {"ordinal": ordinal, "slug": slug}
        )


def admit(connection: Connection, slugs: Iterable[str]) -> None:
    """Put labels on record that a classifier brought along before the taxonomy has an entry for them.

    They stand last, under their own names, until the taxonomy says what they are called.
    """
    unknown = set(slugs) - set(connection.scalars(text("SELECT slug FROM triggers")))
    if not unknown:
        return
    # Two workers that meet new labels at once must not give one place to two of them.
    connection.execute(text("SELECT pg_advisory_xact_lock(hashtextextended('admission of triggers', 0))"))
    for slug in sorted(unknown):
        connection.execute(
            text(
                "INSERT INTO triggers (slug, name_en, name_ko, ordinal)"
                " SELECT :slug, :name, :name, coalesce(max(ordinal) + 1, 0) FROM triggers ON CONFLICT (slug) DO NOTHING"
            ),
            {"slug": slug, "name": slug.replace("_", " ").capitalize()},
        )
