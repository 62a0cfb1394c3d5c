"""`python -m tests.snapshots`: the API and the events as others rely on them; `--update` writes them anew.

A name that has been published stays: look at the difference before you update.
"""

import dataclasses
import json
import os
import sys
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).resolve().parents[1] / "docs" / "api"


def api_schema() -> Any:
    """The OpenAPI document, as served, without the names of status codes, which differ between Pythons."""
    from takt.config.api import api

    schema = json.loads(json.dumps(api.get_openapi_schema(path_prefix="/api/v1/"), default=str))
    for operations in schema["paths"].values():
        for operation in operations.values():
            for response in operation.get("responses", {}).values():
                response.pop("description", None)
    return schema


def event_schema() -> dict[str, Any]:
    """Every event's name with its payload's fields and types."""
    from takt.kernel.events.facts import registered

    return {
        kind: {
            f.name: f"{f.type if isinstance(f.type, str) else getattr(f.type, '__name__', f.type)}"
            + (" (personal)" if f.metadata.get("personal") else "")
            for f in dataclasses.fields(fact)  # type: ignore[arg-type]
        }
        for kind, fact in sorted(registered.items())
        if not kind.startswith("test.")
    }


SNAPSHOTS = {"openapi.json": api_schema, "events.json": event_schema}


def text_of(name: str) -> str:
    return json.dumps(SNAPSHOTS[name](), indent=1, ensure_ascii=False, sort_keys=True) + "\n"


def main() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "takt.config.settings")
    import django

    django.setup()
    FOLDER.mkdir(parents=True, exist_ok=True)
    for name in SNAPSHOTS:
        path, text = FOLDER / name, text_of(name)
        if "--update" in sys.argv:
            path.write_text(text, encoding="utf-8")
        elif not path.exists() or path.read_text(encoding="utf-8") != text:
            sys.exit(f"docs/api/{name} differs: look at it with --update and git diff.")


if __name__ == "__main__":
    main()
