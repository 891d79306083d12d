"""The options that say how faces are found; shared by the commands that find some."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

import click

from facedex.types import DeviceName, Precision

if TYPE_CHECKING:
    from collections.abc import Callable

    from facedex.cli.context import Context
    from facedex.config import Settings

_OPTIONS = (
    click.option(
        "--detector",
        metavar="NAME",
        help="How faces are looked for. cascade (default) finds most and is fastest; cnn looks at"
        " the whole photo; hog finds frontal faces only; hog-then-cnn asks the cnn where hog finds"
        " nothing; both joins their faces. Plugins bring others: facedex doctor lists them."
        " Several, joined by +, find the faces of each: cascade+cnn.",
    ),
    click.option(
        "--thorough/--quick",
        default=None,
        help="Whether the cascade looks for small faces too; it takes about three times as long.",
    ),
    click.option(
        "--working-size",
        type=int,
        metavar="PX",
        help="Long side at which photos are searched (default 768 for the cascade,"
        " 1600 if it is thorough and for the others). Larger finds smaller faces.",
    ),
    click.option(
        "--runtime",
        metavar="NAME",
        help="What executes the networks: onnxruntime, openvino, torch, or a plugin's. auto"
        " (default) takes the fastest that passes a self-test on this machine; dlib is the slow"
        " reference.",
    ),
    click.option(
        "--device",
        type=click.Choice([name.value for name in DeviceName]),
        metavar="NAME",
        help="Where: auto (default), cpu, gpu, npu, or a way to the GPU such as cuda, directml,"
        " mps; facedex doctor lists what is here.",
    ),
    click.option(
        "--precision",
        type=click.Choice([name.value for name in Precision]),
        help="Numbers to compute in. auto (default) takes bf16 where the hardware is faster with"
        " it.",
    ),
    click.option(
        "--encoder",
        metavar="NAME",
        help="What turns a face into numbers: dlib-resnet (default), or a plugin's. Another one"
        " means other encodings.",
    ),
    click.option(
        "--encode-crops",
        type=click.Choice(["1", "2", "5"]),
        help="Crops of a face whose encodings are averaged (default 2: with the mirror image)."
        " Another number means other encodings.",
    ),
    click.option(
        "--jobs",
        type=int,
        metavar="N",
        help="Worker processes (default: one a core, where the memory is enough); 0 does"
        " everything in one process.",
    ),
)


def engine_options(command: Callable[..., None]) -> Callable[..., None]:
    """Give a command the options; it takes them as ``**flags`` for :func:`engine_settings`."""
    for option in reversed(_OPTIONS):
        command = option(command)
    return command


def as_last_time(settings: Settings, *, is_quiet: bool = False) -> Settings:
    """Return the settings with what they do not say as at the library's last scan, and tell so."""
    from facedex.services.scanning import search_settings

    found, changed = search_settings.as_last_time(settings)
    if changed and not is_quiet:
        print(f"As at the last scan: {', '.join(map(_option, changed.items()))}", file=sys.stderr)
    return found


def _option(setting: tuple[str, Any]) -> str:
    name, value = setting
    if name == "thorough":
        return "--thorough" if value else "--quick"
    return f"--{name.replace('_', '-')} {value}"


def engine_settings(context: Context, flags: dict[str, Any]) -> Settings:
    """Return the settings with what these options say on top."""
    crops = flags["encode_crops"]
    return context.settings(**{**flags, "encode_crops": None if crops is None else int(crops)})
