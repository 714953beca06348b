"""One sound becomes another like it."""

from backend.outbox import TaskName
from backend.tables import Deed
from models.inference.generate import vary
from worker import loaded
from worker.held import HeldJob
from worker.making import keep, parent, picture
from worker.tasks.task import task


@task(TaskName.VARY_SOUND)
def vary_sound(job: HeldJob) -> None:
    """Draw the sound, let the network paint around it, render what it painted."""
    knobs = job.claim.arguments
    job.report(0.05, "imagining")
    generator = loaded.generator(knobs["network"])
    sound = parent(job, "sound_id")
    mel = vary(
        generator,
        picture(sound),
        label=sound.trigger_slug,
        strength=knobs["strength"],
        seconds=knobs["seconds"],
        seed=knobs["seed"],
    )
    keep(
        job,
        mel,
        deed=Deed.VARIATION,
        network=knobs["network"],
        weights_version=generator.version,
        settings={"strength": knobs["strength"], "seconds": knobs["seconds"]},
        parents=(sound, None),
    )
