"""The root of everything the backend refuses; the tree itself is drawn in `backend/catalogue/errors.py`.

It stands below storage so that a full disk can be refused in the same words as a missing sound.
"""

from typing import ClassVar


class CatalogueError(Exception):
    """The catalogue cannot do what was asked.

    Knows no HTTP: `slug` names the problem for machines, `title` for people, `detail` says what happened this time and
    `extensions` carries the numbers behind it.
    """

    slug: ClassVar[str] = "catalogue-error"
    title: ClassVar[str] = "The catalogue cannot do this"

    def __init__(self, detail: str | None = None, **extensions: object) -> None:
        """Keep the sentence for a person (default: the docstring's first line) and the numbers behind it."""
        self.detail = detail or (type(self).__doc__ or self.title).strip().splitlines()[0]
        self.extensions: dict[str, object] = extensions
        super().__init__(self.detail)

    def problem(self) -> dict[str, object]:
        """Return the RFC 9457 object without a status: what a failed job keeps on its row."""
        return {"type": f"/problems/{self.slug}", "title": self.title, "detail": self.detail, **self.extensions}
