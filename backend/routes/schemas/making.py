"""What variations and mixes are asked for with."""

from __future__ import annotations

import secrets
from hashlib import sha256
from typing import Annotated, Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from backend.catalogue.knobs import MAX_SECONDS, MAX_SEED, MIN_SECONDS

# Drawn seeds stay short enough to be read out and typed.
DRAWN_SEED_BITS = 32

Share = Annotated[float, Field(ge=0, le=1, allow_inf_nan=False)]


class MakingBody(BaseModel):
    """What every made sound is asked for with."""

    model_config = ConfigDict(extra="forbid")

    network: Literal["vae", "cgan"] = "vae"
    seconds: Annotated[float, Field(ge=MIN_SECONDS, le=MAX_SECONDS, allow_inf_nan=False)] = 10.0
    space: Literal["source", "centre", "left", "right", "drift"] = Field(
        default="source",
        description="Where it is heard: as its parents are, at one place, or slowly going from ear to ear.",
    )
    loop: bool = Field(default=False, description="Whether its end leads into its beginning without a seam.")
    seed: Annotated[int | None, Field(ge=0, le=MAX_SEED)] = Field(
        default=None, description="Same inputs and seed, same sound. Drawn when left out; the job's arguments tell it."
    )

    def settled_seed(self, listener_id: UUID, idempotency_key: str | None) -> int:
        """Return the seed asked for, or draw one.

        Drawn from the idempotency key where there is one: a request that is sent again must be the same request.
        """
        if self.seed is not None:
            return self.seed
        if idempotency_key is None:
            return secrets.randbits(DRAWN_SEED_BITS)
        drawn = sha256(f"{listener_id} {idempotency_key}".encode()).digest()
        return int.from_bytes(drawn[: DRAWN_SEED_BITS // 8])


class VariationBody(MakingBody):
    """A sound like another one."""

    sound_id: UUID
    strength: Share = Field(default=0.5, description="How far to go from the original.")


class MixBody(MakingBody):
    """A sound between two others."""

    first_id: UUID
    second_id: UUID
    blend: Share = Field(default=0.5, description="Where between them: 0 is the first, 1 the second.")
