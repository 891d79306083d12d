"""Settings: defaults < config.toml < FACEDEX_* variables < flags."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Annotated, Any

import platformdirs
from pydantic import AfterValidator, Field, ValidationError, field_validator
from pydantic_settings import (
    BaseSettings,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
    TomlConfigSettingsSource,
)

from facedex import machine
from facedex.errors import ConfigError
from facedex.types import (
    DLIB_ENCODER,
    DetectorName,
    DeviceName,
    EngineConfig,
    Precision,
    RuntimeName,
)

_NAME = r"^[a-z0-9-]+$"  # of facedex's own or a plugin's; which there are, the engines know
_NAMES = r"^[a-z0-9-]+(\+[a-z0-9-]+)*$"

LEAST_BUDGET_BYTES = 1_500_000_000  # for all workers together
_CASCADE_BYTES, _WHOLE_PHOTO_BYTES = 270_000_000, 550_000_000
_BYTES_PER_SEARCHED_PX = 55
_QUICK_PX, _USUAL_PX = 768, 1600  # where the user names no working size: the cascade's, and others'


def default_library() -> Path:
    """Return the folder of library.db and cache.db unless the user names another."""
    return platformdirs.user_data_path("facedex", appauthor=False)


def default_plugins() -> Path:
    """Return the folder of plugins unless the user names another."""
    return platformdirs.user_data_path("facedex", appauthor=False) / "plugins"


def config_file() -> Path:
    """Return where config.toml is looked for."""
    named = os.environ.get("FACEDEX_CONFIG")
    folder = platformdirs.user_config_path("facedex", appauthor=False)
    return Path(named) if named else folder / "config.toml"


def worker_bytes(engine: EngineConfig) -> int:
    """Return about what a worker takes at most, of 12-megapixel photos (docs/benchmarks.md)."""
    return sum(_detector_bytes(name, engine) for name in engine.detector.split("+"))


def _detector_bytes(detector: str, engine: EngineConfig) -> int:
    is_cascade = detector == DetectorName.CASCADE
    base = _CASCADE_BYTES if is_cascade else _WHOLE_PHOTO_BYTES
    usual_px = _QUICK_PX if is_cascade and not engine.is_thorough else _USUAL_PX
    searched_px = usual_px if engine.working_size is None else engine.working_size
    return base + _BYTES_PER_SEARCHED_PX * searched_px**2


def _crop_count(value: int) -> int:
    if value not in {1, 2, 5}:
        raise ValueError("Input should be 1, 2 or 5")
    return value


class Settings(BaseSettings):
    """Everything that can be set; built once, in cli/, and passed down."""

    model_config = SettingsConfigDict(env_prefix="FACEDEX_", extra="forbid", frozen=True)

    library: Path = Field(
        default_factory=default_library,
        description="Folder of library.db and cache.db.",
    )
    detector: str = Field(
        default=DetectorName.CASCADE.value,
        pattern=_NAMES,
        description="How faces are looked for: cascade, cnn, hog, hog-then-cnn, both, or a"
        " plugin's; several joined by + find the faces of each.",
    )
    thorough: bool = Field(
        default=False,
        description="The cascade looks for small faces too, in about three times the time.",
    )
    encoder: str = Field(
        default=DLIB_ENCODER,
        pattern=_NAME,
        description="What turns a face into numbers: dlib-resnet, or a plugin's. Another one means"
        " other encodings: all are made again, beside those that are there.",
    )
    runtime: str = Field(
        default=RuntimeName.AUTO.value,
        pattern=_NAME,
        description="What executes the networks: auto (the fastest that passes a self-test),"
        " onnxruntime, openvino, torch, dlib (the slow reference), or a plugin's.",
    )
    device: DeviceName = Field(
        default=DeviceName.AUTO,
        description="Where: auto, cpu, gpu (any), npu, or one way to a graphics processor: cuda,"
        " tensorrt, rocm, migraphx, directml, coreml, webgpu, mps, xpu, openvino.",
    )
    precision: Precision = Field(
        default=Precision.AUTO,
        description="Numbers that networks compute in: f32, bf16, f16, or auto (f32 or bf16,"
        " whichever is faster).",
    )
    encode_crops: Annotated[int, AfterValidator(_crop_count)] = Field(
        default=2,
        description="Crops of a face whose encodings are averaged: 1, 2 (with the mirror image) or"
        " 5 (shifted a little, too). Another number means other encodings: all are made again.",
    )
    working_size: int | None = Field(
        default=None,
        ge=160,
        le=8192,
        description="Long side in pixels at which photos are searched; larger finds smaller faces."
        " Unset: 768 for the cascade, 1600 if it is thorough and for the other detectors.",
    )
    jobs: int | None = Field(
        default=None,
        ge=0,
        le=256,
        description="Worker processes; 0 does everything in one process. Unset: one a core, but no"
        " more than fit into a quarter of the memory (1.5 GB at least).",
    )

    plugins: Annotated[Path, AfterValidator(Path.expanduser)] = Field(
        default_factory=default_plugins,
        description="Folder of plugins beside those that are installed as packages; a plugin is"
        " trusted code (docs/plugins.md).",
    )

    @field_validator("library")
    @classmethod
    def _usable_folder(cls, folder: Path) -> Path:
        """Put the home folder in for ``~``, as no shell has done it in config.toml."""
        try:
            str(folder).encode()
        except UnicodeEncodeError:
            raise ValueError("its name is not UTF-8, and SQLite opens no other") from None
        return folder.expanduser()

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Order the sources; .env files and secrets folders are not read."""
        del dotenv_settings, file_secret_settings
        toml = TomlConfigSettingsSource(settings_cls, config_file())
        return init_settings, env_settings, toml

    def n_workers(self) -> int:
        """Return the number of worker processes: unless it is set, one a core, where they fit.

        Together they may take a quarter of the memory, and ``LEAST_BUDGET_BYTES`` in any case.
        """
        if self.jobs is not None:
            return self.jobs
        budget = max(LEAST_BUDGET_BYTES, (machine.memory_bytes() or 0) // 4)
        return max(1, min(machine.n_cores(), budget // worker_bytes(self.engine())))

    def engine(self) -> EngineConfig:
        """Return the engine's part."""
        return EngineConfig(
            self.detector,
            self.runtime,
            self.working_size,
            device=self.device,
            precision=self.precision,
            encode_crops=self.encode_crops,
            is_thorough=self.thorough,
            encoder=self.encoder,
            plugins_dir=self.plugins,
        )


def load_settings(**flags: Any) -> Settings:
    """Return the settings; flags that are None count as not given.

    Raises
    ------
    ConfigError
        Naming each setting that is unknown, of the wrong type or out of range.
    """
    try:
        return Settings(**{key: value for key, value in flags.items() if value is not None})
    except ValidationError as exc:
        faults = "; ".join(
            f"{'.'.join(str(part) for part in fault['loc'])}: {fault['msg']}"
            for fault in exc.errors()
        )
        where = f"; see {config_file()}" if config_file().is_file() else ""
        raise ConfigError(f"settings cannot be used ({faults}){where}") from exc
    except ValueError as exc:  # a TOML file that cannot be parsed
        raise ConfigError(f"{config_file()} cannot be read: {exc}") from exc
