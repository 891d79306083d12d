"""docs/config.md is made from the settings' model; FACEDEX_UPDATE_GOLDEN=1 writes it anew."""

import os
import re
import types
import typing
from enum import Enum
from pathlib import Path

from facedex.config import Settings, default_plugins

DOC = Path(__file__).resolve().parents[2] / "docs" / "config.md"
HEAD = """\
# Settings

Each setting has a default, which `config.toml` replaces, which an environment variable replaces,
which a flag of the command line replaces. An unknown key, a value of the wrong type or one out of
range is an error that names it.

`config.toml` lies in the user's configuration folder (on Linux `~/.config/facedex/config.toml`);
`FACEDEX_CONFIG` names another file. `FACEDEX_MODEL_CACHE` names the folder for converted networks,
which may be deleted at any time; `FACEDEX_MODELS` the folder in which YuNet's file is looked for
before the package that ships it (`models` in the user's data folder where it is not set).

How photos are searched (`detector`, `thorough`, `working_size`, `encoder`, `encode_crops`) is as at
the library's last scan where it is set nowhere.

| key | variable | type | default | what it is |
|---|---|---|---|---|
"""
TAIL = """
For example:

```toml
library = "~/faces"
working_size = 2400
jobs = 2
```
"""


def type_of(field):
    kinds = typing.get_args(field.annotation) or (field.annotation,)
    kind = next(k for k in kinds if k is not types.NoneType)
    if issubclass(kind, Enum):
        return "one of " + ", ".join(f"`{each.value}`" for each in kind)
    name = {int: "whole number", Path: "path", str: "text", bool: "true or false"}[kind]
    bounds = {
        bound: getattr(meta, bound)
        for meta in field.metadata
        for bound in ("ge", "le")
        if hasattr(meta, bound)
    }
    return f"{name}, {bounds['ge']} to {bounds['le']}" if bounds else name


def default_of(field):
    if field.default_factory is default_plugins:
        return "`plugins` in the user's data folder"
    if field.default_factory is not None:
        return "the user's data folder"
    value = field.default.value if isinstance(field.default, Enum) else field.default
    return "unset" if value is None else f"`{value}`"


def made():
    prefix = Settings.model_config["env_prefix"]
    rows = [
        f"| `{name}` | `{prefix}{name.upper()}` | {type_of(field)} | {default_of(field)}"
        f" | {field.description} |\n"
        for name, field in Settings.model_fields.items()
    ]
    return HEAD + "".join(rows) + TAIL


def test_the_page_is_what_the_model_says():
    if os.environ.get("FACEDEX_UPDATE_GOLDEN") == "1":
        DOC.write_text(made(), encoding="utf-8")
    assert DOC.read_text(encoding="utf-8") == made(), "run with FACEDEX_UPDATE_GOLDEN=1"


def test_every_variable_that_is_read_is_on_the_page():
    """Those of the settings' model and those that are read by themselves."""
    folder = DOC.parents[1] / "facedex"
    text = "".join(path.read_text(encoding="utf-8") for path in folder.rglob("*.py"))
    read = set(re.findall(r"FACEDEX_[A-Z][A-Z_]*[A-Z]", text))
    assert read
    assert read - set(re.findall(r"FACEDEX_[A-Z_]+", DOC.read_text(encoding="utf-8"))) == set()


def test_the_example_is_a_good_one(tmp_path, monkeypatch):
    from facedex.config import load_settings

    for name in [name for name in os.environ if name.startswith("FACEDEX_")]:
        monkeypatch.delenv(name)
    (tmp_path / "config.toml").write_text(TAIL.split("```")[1].removeprefix("toml"))
    monkeypatch.setenv("FACEDEX_CONFIG", str(tmp_path / "config.toml"))
    assert load_settings().working_size == 2400
