"""Two sounds become one between them."""

from backend.outbox import TaskName
from backend.tables import Deed
from models.inference.generate import mix_in_parts
from worker import loaded
from worker.held import HeldJob
from worker.making import keep, parent
from worker.tasks.task import task


@task(TaskName.MIX_SOUNDS)
def mix_sounds(job: HeldJob) -> None:
    """Draw both sounds, let the network paint between them, render what it paints."""
    knobs = job.claim.arguments
    generator = loaded.generator(knobs["network"])
    first, second = parent(job, "first_id"), parent(job, "second_id")
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
        network=knobs["network"],
        weights_version=generator.version,
        settings={"blend": knobs["blend"]},
        parents=[first, second],
        blend=knobs["blend"],
    )
