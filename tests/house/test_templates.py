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


def test_every_template_compiles_and_all_it_names_exist(app: Convene) -> None:
    for name in NAMES:
        parsed = app.jinja_env.parse((TEMPLATES / name).read_text("utf-8"), name, name)

        app.jinja_env.get_template(name)
        for other in meta.find_referenced_templates(parsed):
            if other is not None:
                app.jinja_env.get_template(other)


def test_every_macro_that_a_template_imports_is_there(app: Convene) -> None:
    missing = []
    for name in SCREENS:
        source = (TEMPLATES / name).read_text("utf-8")
        for other, macros in re.findall(r"""{%-? *from +["'](components/[^"']+)["'] +import +([^%]+?) *-?%}""", source):
            module = app.jinja_env.get_template(other).module
            wanted = [macro.split(" as ")[0].strip() for macro in macros.split(",")]
            missing += [f"{name}: {other} has no {macro}" for macro in wanted if not hasattr(module, macro)]

    assert missing == []


@pytest.mark.parametrize(
    ("fault", "pattern"),
    [
        ("a style attribute: the policy refuses it", r"<[^>]*\sstyle="),
        ("a handler attribute: the policy refuses it", r"<[^>]*\son[a-z]+="),
        ("text that is not escaped", r"\|\s*safe\b|autoescape\s+false"),
        ("an address outside Convene", r"""(href|src|action)=["'](https?:)?//"""),
    ],
)
def test_no_template_has(fault: str, pattern: str) -> None:
    sources = {name: (TEMPLATES / name).read_text("utf-8") for name in SCREENS}
    without_comments = {name: re.sub(r"{#.*?#}", "", text, flags=re.DOTALL) for name, text in sources.items()}

    assert [name for name, text in without_comments.items() if re.search(pattern, text)] == [], fault


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
