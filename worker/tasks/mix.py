"""Two sounds become one between them."""

from backend.outbox import TaskName
from backend.tables import Deed
from models.inference.generate import mix
from worker import loaded
from worker.held import HeldJob
from worker.making import keep, parent, picture
from worker.tasks.task import task


@task(TaskName.MIX_SOUNDS)
def mix_sounds(job: HeldJob) -> None:
    """Draw both sounds, let the network paint between them, render what it painted."""
    knobs = job.claim.arguments
    job.report(0.05, "imagining")
    generator = loaded.generator(knobs["network"])
    first, second = parent(job, "first_id"), parent(job, "second_id")
    mel = mix(
        generator,
        picture(first),
        picture(second),
        first_label=first.trigger_slug,
        second_label=second.trigger_slug,
        blend=knobs["blend"],
        seconds=knobs["seconds"],
        seed=knobs["seed"],
    )
    keep(
        job,
        mel,
        deed=Deed.MIX,
        network=knobs["network"],
        weights_version=generator.version,
        settings={"blend": knobs["blend"], "seconds": knobs["seconds"]},
        parents=(first, second),
    )
