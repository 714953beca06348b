"""Licences as sites state them, sorted into the few kinds that people filter by."""

from enum import StrEnum

from sqlalchemy import ColumnElement, and_, case, exists, literal, not_, select
from sqlalchemy.orm import Session

from backend.tables import Sound, Source


class Licence(StrEnum):
    """What may be done with a sound's recording, as far as its site says."""

    PUBLIC_DOMAIN = "public-domain"
    ATTRIBUTION = "attribution"
    NONCOMMERCIAL = "noncommercial"
    OTHER = "other"
    UNSTATED = "unstated"


# The first pattern that matches decides; any letters are small. Spelt so that PostgreSQL reads them as Python does.
PATTERNS = (
    (Licence.NONCOMMERCIAL, r"non-?commercial|(^|[^a-z])by-nc|(^|[^a-z])nc([^a-z]|$)"),
    (Licence.OTHER, r"no-?deriv|by-nd"),
    (Licence.PUBLIC_DOMAIN, r"cc0|cc-0|public.?domain|creative commons zero|pddl"),
    (Licence.ATTRIBUTION, r"creative commons|cc.by|attribution"),
)


# Sources with a licence of one kind are many from here on.
N_COMMON = 300


def has_licence(session: Session, wanted: Licence) -> ColumnElement[bool]:
    """Say in SQL whether a sound's source states a licence of this kind; a made sound's source states none.

    As with words: what few sources state is looked up, what many state is met soon on the way down any order.
    """
    stated = and_(Source.id == Sound.source_id, Source.licence.is_not(None), Source.licence != "")
    if wanted is Licence.UNSTATED:
        return not_(exists().where(stated))
    kind = case(
        *((Source.licence.regexp_match(pattern, flags="i"), literal(licence.value)) for licence, pattern in PATTERNS),
        else_=literal(Licence.OTHER.value),
    )
    few = session.scalars(select(Source.id).where(Source.licence != "", kind == wanted.value).limit(N_COMMON)).all()
    if len(few) < N_COMMON:
        return Sound.source_id.in_(few)
    return select(kind).where(stated).correlate(Sound).scalar_subquery() == wanted.value
