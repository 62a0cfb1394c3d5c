"""Front-end files out of node_modules: named dist files and a sprite of the icons in use. Needs no Django."""

import importlib.util
import re
import shutil
import sys
from pathlib import Path

HERE = Path(__file__).parent
ROOT = HERE.parents[2]
MODULES = ROOT / "node_modules"

FILES = {
    "htmx.org/dist/htmx.min.js": "htmx.min.js",
    "@alpinejs/csp/dist/cdn.min.js": "alpine-csp.min.js",
    "@tabler/core/dist/css/tabler.min.css": "tabler.min.css",
    "sortablejs/Sortable.min.js": "sortable.min.js",
    "tom-select/dist/js/tom-select.complete.min.js": "tom-select.min.js",
    "tom-select/dist/css/tom-select.bootstrap5.min.css": "tom-select.min.css",
    "echarts/dist/echarts.min.js": "echarts.min.js",
}
# Out of the API library's package: the documentation of the API.
SWAGGER = ("swagger-ui-bundle.js", "swagger-ui.css")
FONT = "@fontsource-variable/inter"
ICONS = [
    "replace",
    "activity",
    "adjustments-horizontal",
    "alert-circle",
    "alert-triangle",
    "arrow-back-up",
    "arrow-down",
    "arrow-left",
    "arrow-right",
    "arrow-up",
    "bell",
    "brand-linkedin",
    "brand-telegram",
    "brand-whatsapp",
    "briefcase",
    "building",
    "calendar",
    "calendar-event",
    "cash",
    "chart-bar",
    "check",
    "circle",
    "checkbox",
    "chevron-down",
    "chevron-left",
    "chevron-right",
    "chevron-up",
    "circle-check",
    "circle-dashed",
    "circle-x",
    "clock",
    "columns-3",
    "copy",
    "currency-euro",
    "database",
    "device-floppy",
    "dots",
    "download",
    "edit",
    "external-link",
    "eye",
    "file",
    "file-export",
    "file-import",
    "file-text",
    "filter",
    "flag",
    "folder",
    "home",
    "hourglass",
    "id",
    "info-circle",
    "key",
    "keyboard",
    "layout-kanban",
    "layout-sidebar",
    "list",
    "list-check",
    "lock",
    "login",
    "logout",
    "mail",
    "map-pin",
    "menu-2",
    "message-circle",
    "moon",
    "note",
    "package",
    "paperclip",
    "pencil",
    "phone",
    "photo",
    "pin",
    "pinned-off",
    "player-play",
    "plus",
    "refresh",
    "report",
    "restore",
    "search",
    "send",
    "settings",
    "sort-ascending",
    "sort-descending",
    "star",
    "sun",
    "table",
    "tag",
    "target",
    "trash",
    "trophy",
    "upload",
    "user",
    "user-check",
    "user-plus",
    "users",
    "wand",
    "world",
    "x",
    "arrow-up-right",
    "arrows-sort",
    "chart-histogram",
    "file-invoice",
    "grip-vertical",
    "history",
    "loader",
    "player-pause",
    "receipt",
    "ruler-2",
    "scale",
    "school",
    "ship",
    "signature",
    "truck",
    "user-share",
    "zoom-in",
    "circle-plus",
    "link",
    "lifebuoy",
]


def copy_files() -> None:
    target = HERE / "static" / "vendor"
    target.mkdir(parents=True, exist_ok=True)
    for source, name in FILES.items():
        shutil.copyfile(MODULES / source, target / name)
    package = importlib.util.find_spec("ninja")
    assert package is not None and package.origin is not None
    for name in SWAGGER:
        shutil.copyfile(Path(package.origin).parent / "static" / "ninja" / name, target / name)
    names = [*FILES.values(), *SWAGGER]
    for css in (target / name for name in names if name.endswith(".css")):
        text = re.sub(r"/\*# sourceMappingURL=.*?\*/", "", css.read_text("utf-8"))
        css.write_text(text, "utf-8")
    for script in (target / name for name in names if name.endswith(".js")):
        text = re.sub(r"^//# sourceMappingURL=.*$", "", script.read_text("utf-8"), flags=re.M)
        script.write_text(text, "utf-8")
    copy_font(target)


def copy_font(target: Path) -> None:
    """Inter with its Latin and Cyrillic parts; Chinese falls back to the system's face."""
    package = MODULES / FONT
    (target / "files").mkdir(exist_ok=True)
    css = (package / "index.css").read_text("utf-8")
    wanted = re.compile(r"inter-(latin|latin-ext|cyrillic|cyrillic-ext)-wght-normal")
    kept = [block for block in re.findall(r"@font-face\s*\{.*?\}", css, re.S) if wanted.search(block)]
    for block in kept:
        for name in re.findall(r"files/([\w.-]+\.woff2)", block):
            shutil.copyfile(package / "files" / name, target / "files" / name)
    (target / "inter.css").write_text("\n".join(kept), "utf-8")


def build_sprite() -> None:
    symbols = []
    for name in ICONS:
        path = MODULES / "@tabler/icons/icons/outline" / f"{name}.svg"
        if not path.exists():
            sys.exit(f"There is no icon {name} in @tabler/icons.")
        inner = re.search(r"<svg[^>]*>(.*)</svg>", path.read_text("utf-8"), re.S)
        assert inner is not None
        body = re.sub(r'<path stroke="none" d="M0 0h24v24H0z" fill="none"\s*/>', "", inner.group(1)).strip()
        symbols.append(f'<symbol id="{name}" viewBox="0 0 24 24">{body}</symbol>')
    sprite = '<svg xmlns="http://www.w3.org/2000/svg">' + "".join(symbols) + "</svg>"
    (HERE / "static" / "ui" / "icons.svg").write_text(sprite, "utf-8")


if __name__ == "__main__":
    copy_files()
    build_sprite()
