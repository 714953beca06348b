"""A sound as pages show it: a card to play, with its outline drawn small."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from backend.routes.pages.language import Language, say, trigger_name
from backend.routes.pages.showing import clock, percent
from backend.tables import Deed, Sound

N_BARS = 56
BAR_STEP = 3
HALF_HEIGHT = 16

# A sound that leaves out no more of its source than this is the whole of it.
_LEFT_OUT_S = 1.5


@dataclass(frozen=True)
class Card:
    """What a card, a tray or a sound's own page says and what the player needs.

    Attributes:
        gain_db: Gain by which the player brings the sound to the common loudness.
        wave: SVG path of its outline, `wave_width` wide and 32 high.
        is_loop: Whether its end leads into its beginning.
        start_s: Where it begins in its source; None for a made sound.
        place: The same from beginning to end, as 0:07–0:15; None for a made sound and for one that fills its source.
    """

    id: UUID
    title: str
    kind: str
    deed: str | None
    trigger_slug: str
    trigger_name: str
    confidence: float
    duration_s: float
    gain_db: float
    is_loop: bool
    start_s: float | None
    place: str | None
    is_mine: bool
    is_synthetic: bool
    is_favourite: bool
    is_draft: bool
    wave: str
    wave_width: int = N_BARS * BAR_STEP

    @classmethod
    def of(cls, sound: Sound, *, language: Language, listener_id: UUID) -> Card:
        """Read a card off a sound's row.

        Args:
            sound: The row, with its trigger and source loaded.
            language: The reader's.
            listener_id: Who asks.
        """
        name = trigger_name(language, sound.trigger)
        return cls(
            id=sound.id,
            title=_title(sound, name, language),
            kind=sound.kind.value,
            deed=sound.deed.value if sound.deed else None,
            trigger_slug=sound.trigger_slug,
            trigger_name=name,
            confidence=sound.confidence,
            duration_s=round(sound.duration_s, 3),
            gain_db=round(sound.play_gain_db, 2),
            is_loop=bool((sound.settings or {}).get("loop")),
            start_s=sound.start_s,
            place=_place(sound),
            is_mine=sound.listener_id == listener_id,
            is_synthetic=sound.is_synthetic,
            is_favourite=bool(sound.is_favourite),
            is_draft=sound.is_draft,
            wave=wave_path(sound.outline or ()),
        )


def wave_path(outline: Sequence[int]) -> str:
    """Draw an outline as upright bars around the middle line, the loudest as high as the picture.

    Args:
        outline: Levels of equally long stretches, in hundredths of the loudest; fewer than N_BARS are drawn broader.

    Returns:
        An SVG path of N_BARS bars, BAR_STEP apart, 2 * HALF_HEIGHT high.
    """
    if not outline:
        return ""
    return "".join(BARS[bar][outline[bar * len(outline) // N_BARS]] for bar in range(N_BARS))


def _bar(bar: int, level: int) -> str:
    half = round(max(0.5, level / 100 * (HALF_HEIGHT - 1)), 1)
    return f"M{bar * BAR_STEP + 1} {HALF_HEIGHT - half:g}v{2 * half:g}"


# Every bar at every level, written once: a page of cards draws more than a thousand.
BARS = [[_bar(bar, level) for level in range(101)] for bar in range(N_BARS)]


def _place(sound: Sound) -> str | None:
    source = sound.source
    if source is None or sound.start_s is None or sound.end_s is None:
        return None
    if source.duration_s is not None and source.duration_s - (sound.end_s - sound.start_s) <= _LEFT_OUT_S:
        return None
    return f"{clock(sound.start_s)}–{clock(sound.end_s)}"


def _title(sound: Sound, name: str, language: Language) -> str:
    if sound.title:
        return sound.title
    if sound.source is not None and sound.source.title:
        return sound.source.title
    if sound.deed is Deed.MIX and "blend" in (sound.settings or {}):
        # A row of mixes shares its seed: the blend tells them apart.
        blend = percent((sound.settings or {})["blend"])
        return f"{name} · {say(language, 'sound.mix')} {blend} · {sound.seed}"
    if sound.deed is not None:
        return f"{name} · {say(language, f'sound.{sound.deed.value}')} {sound.seed}"
    return name
