"""Two sounds become one between them."""

from backend.outbox import TaskName
from backend.tables import Deed
from models.inference.generate import load_able, mix_in_parts
from worker import loaded
from worker.held import HeldJob
from worker.making import done_otherwise, keep, parent
from worker.tasks.task import task


@task(TaskName.MIX_SOUNDS)
def mix_sounds(job: HeldJob) -> None:
    """Draw both sounds, let the network paint between them, render what it paints."""
    knobs = job.claim.arguments
    first, second = parent(job, "first_id"), parent(job, "second_id")
    generator, _ = load_able(
        knobs["network"], [first.sound.trigger_slug, second.sound.trigger_slug], load=loaded.generator
    )
    picture = mix_in_parts(
        generator,
        first.picture,
        second.picture,
        first_label=first.sound.trigger_slug,
        second_label=second.sound.trigger_slug,
        blend=knobs["blend"],
        seconds=knobs["seconds"],
        seed=knobs["seed"],
        is_loop=knobs.get("loop", False),
    )
    keep(
        job,
        picture,
        deed=Deed.MIX,
        network=generator.name,
        weights_version=generator.version,
        settings={"blend": knobs["blend"], **done_otherwise(knobs["network"], generator.name, [first, second])},
        parents=[first, second],
        blend=knobs["blend"],
    )
