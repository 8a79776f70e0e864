"""Every template compiles, asks only for what exists, is used, and escapes what people typed."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from jinja2 import meta

from scheduler import Convene

HOUSE = Path(__file__).resolve().parents[2]
TEMPLATES = HOUSE / "templates"
NAMES = sorted(str(path.relative_to(TEMPLATES)) for path in TEMPLATES.rglob("*") if path.is_file())
SCREENS = [name for name in NAMES if name.endswith(".html")]


@pytest.mark.parametrize("name", NAMES)
def test_a_template_compiles_and_all_it_names_exist(app: Convene, name: str) -> None:
    source = (TEMPLATES / name).read_text("utf-8")
    parsed = app.jinja_env.parse(source)

    app.jinja_env.get_template(name)
    for other in meta.find_referenced_templates(parsed):
        if other is not None:
            app.jinja_env.get_template(other)


@pytest.mark.parametrize("name", SCREENS)
def test_every_macro_that_a_template_imports_is_there(app: Convene, name: str) -> None:
    source = (TEMPLATES / name).read_text("utf-8")

    for other, macros in re.findall(r"""{%-? *from +["'](components/[^"']+)["'] +import +([^%]+?) *-?%}""", source):
        module = app.jinja_env.get_template(other).module
        for macro in macros.split(","):
            wanted = macro.split(" as ")[0].strip()
            assert hasattr(module, wanted), f"{other} has no {wanted}"


@pytest.mark.parametrize("name", SCREENS)
def test_a_template_writes_no_style_no_handler_and_trusts_no_text(name: str) -> None:
    source = re.sub(r"{#.*?#}", "", (TEMPLATES / name).read_text("utf-8"), flags=re.DOTALL)

    assert not re.search(r"<[^>]*\sstyle=", source), "a style attribute: the policy refuses it"
    assert not re.search(r"<[^>]*\son[a-z]+=", source), "a handler attribute: the policy refuses it"
    assert not re.search(r"\|\s*safe\b|autoescape\s+false", source), "text that is not escaped"
    assert not re.search(r"""(href|src|action)=["'](https?:)?//""", source), "an address outside Convene"


def test_every_template_is_used() -> None:
    """One that nothing names is left over from something that has gone."""
    code = "\n".join(path.read_text("utf-8") for path in (HOUSE / "scheduler").rglob("*.py"))
    markup = "\n".join((TEMPLATES / name).read_text("utf-8") for name in NAMES)
    # Error pages and mails are named in parts: errors/{name}.html, mail/<kind>.txt.
    unused = [name for name in NAMES if name not in code and name not in markup and f'"{Path(name).stem}"' not in code]

    assert unused == []


def test_text_is_escaped_in_our_templates_and_in_the_design_system(app: Convene) -> None:
    page = app.jinja_env.from_string(
        """{% from "nhsuk/components/tag/macro.jinja" import tag %}{% from "components/tags.html" import status_tag %}
        {% from "components/tables.html" import table %}{% from "components/page.html" import person %}
        {{ tag({"text": evil}) }}{{ status_tag(evil) }}{{ person(evil) }}
        {{ table(evil, [evil], [[evil], [{"text": evil, "href": "/" ~ evil}]]) }}"""
    ).render(evil="<script>alert(1)</script>")

    assert "<script>" not in page
    assert "&lt;script&gt;" in page
