"""A remittance as a page that reads aloud: the accessible equal of the PDF (RGAA).

Law kept: same rows and totals as the PDF, from the same view; no script, no style inside
the page (the content policy forbids both), every text escaped by the template.

Refuses to know: who asks for it and under which address it is served. The page links to
`bordereau.css` beside it; whoever serves the page serves `page_css()` under that name.
"""

from functools import lru_cache
from importlib import resources

from jinja2 import Environment, FunctionLoader, StrictUndefined

from clearing.documents.bordereau_view import BordereauView
from clearing.documents.wording import say


def render_page(view: BordereauView) -> bytes:
    """The whole HTML document in UTF-8."""
    page = _templates().get_template("bordereau_page.html")
    html = page.render(view=view, say=say)
    # A half character pair cannot be written in UTF-8; it must not cost the whole page.
    return html.encode("utf-8", "replace")


def page_css() -> bytes:
    """The style sheet that the page links to as `bordereau.css`."""
    return _file("bordereau_page.css").encode()


@lru_cache(maxsize=1)
def _templates() -> Environment:
    return Environment(
        loader=FunctionLoader(_file),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )


def _file(name: str) -> str:
    return resources.files(__package__).joinpath(name).read_text(encoding="utf-8")
