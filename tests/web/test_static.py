"""Style sheets and scripts: all there, all from us, renamed when they change."""

from __future__ import annotations

import re
from pathlib import Path

from scheduler import Convene
from scheduler.web.static import digest_of
from tests.web.page import Visitor


def test_everything_a_page_and_its_styles_and_scripts_ask_for_is_there(visitor: Visitor, app: Convene) -> None:
    page = visitor.get("/nowhere")
    addresses = {tag.get("href") or tag.get("src") for tag in page.select("head link, head script")}

    for address in addresses:
        assert visitor.get(str(address)).status == 200, address

    folder = Path(str(app.static_folder))
    for file in [*folder.rglob("*.css"), *folder.rglob("*.js")]:
        asked_for = re.findall(
            r"""url\(["']?(?!data:)([^"')]+)|(?:from |import\()"([^"]+)"(?:;|\))""", file.read_text("utf-8")
        )
        for name in filter(None, (first or second for first, second in asked_for)):
            assert (file.parent / name).is_file(), f"{file.name} asks for {name}"


def test_no_style_or_script_names_another_host(app: Convene) -> None:
    for file in Path(str(app.static_folder)).rglob("*.css"):
        assert not re.search(r"url\([\"']?(https?:)?//|@import", file.read_text("utf-8")), file.name


def test_the_address_of_the_files_changes_with_any_of_them(tmp_path: Path) -> None:
    (tmp_path / "app.css").write_text("a {}")
    before = digest_of(tmp_path)

    (tmp_path / "app.css").write_text("b {}")

    assert digest_of(tmp_path) != before


def test_the_design_system_travels_compressed(visitor: Visitor) -> None:
    style = visitor.get("/nowhere").select("link[rel=stylesheet]")[0]["href"]

    answer = visitor.get(str(style), headers={"Accept-Encoding": "br"})

    assert answer.headers["Content-Encoding"] == "br"
    assert len(answer.response.data) < 30_000
