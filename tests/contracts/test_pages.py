"""Promises between the pages' templates, their contexts, their sentences and the scripts."""

from __future__ import annotations

import re
import string
import tomllib
from dataclasses import fields
from pathlib import Path

import pytest
from jinja2 import meta, nodes

from backend.catalogue.knobs import SPACES
from backend.outbox import TaskName
from backend.routes import pages
from backend.routes.pages.language import CLIENT_TABLES, MESSAGES_DIR
from backend.routes.pages.showing import TEMPLATE_WORDS, PageContext
from backend.routes.rendering import TEMPLATES_DIR, environment
from backend.tables import Deed, JobState

ROOT = Path(__file__).parents[2]


def kinds(context: type[PageContext]) -> list[type[PageContext]]:
    return [kind for each in context.__subclasses__() for kind in (each, *kinds(each))]


CONTEXTS = kinds(PageContext)
# What rendering.py and problems.py hand to every template and to the two of problems.
ALWAYS = {"request"} | TEMPLATE_WORDS.keys()


def sentences(language: str) -> dict[str, str]:
    tables = tomllib.loads((MESSAGES_DIR / f"{language}.toml").read_text("utf-8"))
    return {f"{table}.{key}": text for table, texts in tables.items() for key, text in texts.items()}


def names(text: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(text) if name}


def undeclared(template: str) -> set[str]:
    """Variables that a template and all that it extends, includes or imports with context take from outside."""
    assert environment.loader is not None
    tree = environment.parse(environment.loader.get_source(environment, template)[0])
    # Blocks see the imports of their template, which the analysis does not know.
    found = meta.find_undeclared_variables(tree) - {each.target for each in tree.find_all(nodes.Import)}
    given = {name.name for name in tree.find_all(nodes.Name) if name.ctx == "store"}
    for other in meta.find_referenced_templates(tree):
        assert other is not None
        found |= undeclared(other) - given
    return found


@pytest.mark.parametrize("context", CONTEXTS, ids=lambda context: context.__name__)
def test_a_template_takes_nothing_but_what_its_context_declares(context: type[PageContext]) -> None:
    declared = {field.name for field in fields(context)}
    assert undeclared(context.template) - ALWAYS <= declared


def test_a_problem_page_needs_nothing_but_the_problem() -> None:
    for template in ("problem.html", "_problem.html"):
        assert undeclared(template) - ALWAYS == {"problem"}


def test_every_template_is_reached() -> None:
    def reached(template: str) -> set[str]:
        assert environment.loader is not None
        tree = environment.parse(environment.loader.get_source(environment, template)[0])
        others = {other for other in meta.find_referenced_templates(tree) if other}
        return {template}.union(*map(reached, others)) if others else {template}

    all_templates = {str(path.relative_to(TEMPLATES_DIR)) for path in TEMPLATES_DIR.rglob("*.html")}
    entries = [context.template for context in CONTEXTS] + ["problem.html", "_problem.html"]
    assert pages.router.routes
    assert all_templates == set().union(*map(reached, entries))


def test_both_languages_say_the_same_things() -> None:
    english, korean = sentences("en"), sentences("ko")
    assert english.keys() == korean.keys()
    assert [key for key in english if names(english[key]) != names(korean[key])] == []


def test_every_sentence_that_is_asked_for_exists_and_every_other_is_asked_for() -> None:
    english = sentences("en")
    code = "".join(
        path.read_text("utf-8")
        for folder, pattern in (
            ("frontend/templates", "*.html"),
            ("frontend/src", "*.ts"),
            ("backend/routes/pages", "*.py"),
        )
        for path in (ROOT / folder).rglob(pattern)
    )
    tables = {key.split(".")[0] for key in english}
    asked = {key for key in re.findall(r"""["'`]([a-z]+\.[a-z_]+)["'`]""", code) if key.split(".")[0] in tables}
    built = (
        {f"space.{word}" for word in SPACES}
        | {f"job.{word}" for word in [*TaskName, *JobState]}
        | {f"sound.{word}" for word in [*Deed, "found", "made"]}
    )
    families = ("phase.", "menu.", "browse.sort_", "browse.kind_", "licence.", "problem.", "failure.", "refusal.")
    built |= {key for key in english if key.startswith(families)}
    built |= {"audition.vary_sound", "audition.mix_sounds"}
    built |= {key for key in english if key.startswith(("library.", "pick."))}
    built |= {"source.video", "source.upload"} | {key for key in english if key.endswith("_one")}
    assert {key for key in asked if not key.endswith("_")} - english.keys() == set()
    assert english.keys() - asked - built == set()


def test_the_scripts_say_only_what_is_sent_to_them() -> None:
    code = "".join(path.read_text("utf-8") for path in (ROOT / "frontend/src").glob("*.ts"))
    said = set(re.findall(r"say\((?:[^'()]*\? )?'([a-z_.]+)'", code)) | set(re.findall(r": '([a-z]+\.[a-z_]+)'", code))
    assert said
    assert {key for key in said if key.split(".")[0] not in CLIENT_TABLES} == set()


def test_nothing_is_styled_or_scripted_inline() -> None:
    for path in TEMPLATES_DIR.rglob("*.html"):
        text = path.read_text("utf-8")
        assert not re.search(r"\s(style|on[a-z]+)=", text), path
        assert not re.search(r"<script(?![^>]*(\bsrc=|application/json))", text), path
        assert "<style" not in text, path
