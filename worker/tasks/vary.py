"""One sound becomes another like it."""

from backend.outbox import TaskName
from backend.tables import Deed
from models.inference.generate import load_able, vary_in_parts
from worker import loaded
from worker.held import HeldJob
from worker.making import done_otherwise, keep, parent
from worker.tasks.task import task


@task(TaskName.VARY_SOUND)
def vary_sound(job: HeldJob) -> None:
    """Draw the sound, let the network paint around it, render what it paints."""
    knobs = job.claim.arguments
    first = parent(job, "sound_id")
    generator, _ = load_able(knobs["network"], [first.sound.trigger_slug], load=loaded.generator)
    picture = vary_in_parts(
        generator,
        first.picture,
        label=first.sound.trigger_slug,
        strength=knobs["strength"],
        seconds=knobs["seconds"],
        seed=knobs["seed"],
        is_loop=knobs.get("loop", False),
        hear=loaded.classifier().embed,
    )
    keep(
        job,
        picture,
        deed=Deed.VARIATION,
        network=generator.name,
        weights_version=generator.version,
        settings={"strength": knobs["strength"], **done_otherwise(knobs["network"], generator.name, [first])},
        parents=[first],
    )
