"""Where things are and how patient we are: ``signoff.toml``, then ``SIGNOFF_*``, then options of the command line."""

from __future__ import annotations

import difflib
import importlib.util
import ipaddress
import os
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal

from pydantic import Field, ValidationError, field_validator
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict, TomlConfigSettingsSource

from crawler import clock
from crawler.errors import CannotRunError, UsageError
from crawler.registry import hours

FILE = "signoff.toml"


class Config(BaseSettings):
    """Every setting with its default. Names are the environment variables without ``SIGNOFF_``."""

    model_config = SettingsConfigDict(env_prefix="SIGNOFF_", env_ignore_empty=True, toml_file=FILE, extra="forbid")

    database_url: str | None = Field(None, description="SQLAlchemy URL; default: SQLite in the data folder")
    data_dir: Path = Field(Path("data"), description="folder of the database and the WARC archive")
    sources: Path | None = Field(None, description="folder of the registry; default: the one that came with the program")
    delay: float = Field(3.0, ge=0, le=86400, allow_inf_nan=False, description="seconds between two requests to a host")
    allow_addresses: str = Field("", description="networks that may be fetched although not public, for tests: 127.0.0.0/8")
    withdrawal_looks: int = Field(3, ge=1, description="looks that must find a page gone")
    withdrawal_hours: float = Field(48.0, ge=0, allow_inf_nan=False, description="hours between the first and the last of them")
    clock: str | None = Field(None, description="a fixed instant, for replays and tests")
    chromium: str | None = Field(None, description="path of the browser")
    browser: Literal["auto", "never"] = Field("auto", description="never: no page is rendered anywhere")
    contact: str = Field("https://signoff.example/about", description="address or e-mail shown in the agent's name")
    night: str | None = Field(None, description="the only hours sites are asked, China's time, as 22:00-06:00")
    sources_at_once: int = Field(8, ge=1, le=64, description="sources crawled at the same time in one process")
    timeout: float = Field(60.0, gt=0, allow_inf_nan=False, description="seconds a response may take")
    max_body: int = Field(32 * 2**20, gt=0, description="bytes a response may have")

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        return init_settings, env_settings, TomlConfigSettingsSource(settings_cls)

    @field_validator("clock")
    @classmethod
    def an_instant(cls, value: str | None) -> str | None:
        """A clock that cannot be read is told before anything is done by the wrong time."""
        if value:
            clock.instant(value)
        return value

    @field_validator("night")
    @classmethod
    def span(cls, value: str | None) -> str | None:
        if value and (fault := hours.fault(value)):
            raise UsageError(f"SIGNOFF_NIGHT: {fault}")
        return value

    @field_validator("allow_addresses")
    @classmethod
    def networks(cls, value: str) -> str:
        """Networks, separated by commas or spaces. An address with host bits set is told, not mended."""
        for word in value.replace(",", " ").split():
            try:
                ipaddress.ip_network(word)
            except ValueError as error:
                raise UsageError(f"SIGNOFF_ALLOW_ADDRESSES: {error}; example: 127.0.0.0/8") from None
        return value

    @property
    def url(self) -> str:
        """The database's URL, SQLAlchemy spelling."""
        return self.database_url or f"sqlite:///{self.data_dir.absolute() / 'signoff.sqlite'}"

    @property
    def archive_dir(self) -> Path:
        return self.data_dir / "warc"


def load(**options: Any) -> Config:
    """Read all settings; ``options`` that are None were not given. Raises `UsageError` with what is wrong, and where it stands."""
    try:
        config = Config(**{name: value for name, value in options.items() if value is not None})
    except ValidationError as error:
        raise UsageError("; ".join(_mistake(found["loc"], found["msg"], found["input"], options) for found in error.errors())) from None
    except (ValueError, OSError) as error:  # signoff.toml is no TOML, or cannot be read
        raise UsageError(f"{FILE}: {error}") from None
    if config.clock:
        os.environ["SIGNOFF_CLOCK"] = config.clock  # the project's clock asks the environment alone
    return config


def _mistake(where: tuple[int | str, ...], words: str, given: Any, options: Mapping[str, Any]) -> str:
    name = str(where[0])
    if name not in Config.model_fields:
        near = difflib.get_close_matches(name, Config.model_fields, n=1)
        return f"{FILE}: no setting {name!r}" + (f"; nearest: {near[0]}" if near else "; 'signoff doctor' shows all")
    origin = origins(options)[name]
    place = f"{FILE}: {name}" if origin == FILE else f"--{name.replace('_', '-')}" if origin == "option" else origin
    return f"{place}: {given!r}: {words[:1].lower()}{words[1:]}"


def registry_dir(config: Config) -> Path:
    """The folder of the registry: the configured one, else the one that travels with the program."""
    if config.sources:
        return config.sources
    spec = importlib.util.find_spec("spiders")
    if spec is None or not spec.submodule_search_locations:
        raise CannotRunError("the package 'spiders' is not installed: reinstall signoff")
    return Path(spec.submodule_search_locations[0]) / "sources"


def origins(options: Mapping[str, Any]) -> dict[str, str]:
    """Where each setting comes from: option, environment, file or default."""
    in_file = set(tomllib.loads(Path(FILE).read_text("utf-8"))) if Path(FILE).exists() else set()

    def origin(name: str) -> str:
        if options.get(name) is not None:
            return "option"
        if os.environ.get(f"SIGNOFF_{name.upper()}"):
            return f"SIGNOFF_{name.upper()}"
        return FILE if name in in_file else "default"

    return {name: origin(name) for name in Config.model_fields}
