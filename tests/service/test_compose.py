"""docker-compose.yml and the Dockerfile, held to the code: without a container engine, by reading them."""

import shlex
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from service.cli.main import parsed
from service.config import VARIABLES, Settings

ROOT = Path(__file__).parents[2]
COMPOSE = yaml.safe_load((ROOT / "docker-compose.yml").read_text(encoding="utf-8"))
SERVICES: dict[str, Any] = COMPOSE["services"]
DOCKERFILE = "service/Dockerfile"
BUILD = {"context": ".", "dockerfile": DOCKERFILE}
OURS = {name: service for name, service in SERVICES.items() if service.get("build") == BUILD}
SECRETS = "/run/secrets/"


def instructions() -> list[tuple[str, str]]:
    """The Dockerfile's instructions with their arguments, continued lines joined."""
    text = (ROOT / DOCKERFILE).read_text(encoding="utf-8").replace("\\\n", " ")
    lines = [line for line in text.splitlines() if line and not line.startswith("#")]
    return [(word.upper(), rest) for word, _, rest in (line.partition(" ") for line in lines)]


def secret_paths(service: dict[str, Any]) -> Iterator[str]:
    values = service.get("environment", {}).values()
    yield from (value.removeprefix(SECRETS) for value in values if str(value).startswith(SECRETS))


def test_the_shape_is_a_database_a_migration_two_copies_and_a_signer() -> None:
    commands = sorted(service["command"][0] for service in OURS.values())
    assert commands == ["log", "migrate", "serve", "serve"]
    assert set(SERVICES) - set(OURS) == {"database"}
    assert SERVICES["database"]["image"] == "postgres:18"
    assert "database" in COMPOSE["volumes"]
    assert any(v.startswith("database:") for v in SERVICES["database"]["volumes"])


@pytest.mark.parametrize("name", OURS)
def test_every_command_is_one_that_duban_has(name: str) -> None:
    assert callable(parsed(OURS[name]["command"]).command)


@pytest.mark.parametrize("name", OURS)
def test_every_variable_is_one_that_the_settings_know(name: str, tmp_path: Path) -> None:
    given = {variable: str(value) for variable, value in OURS[name]["environment"].items()}
    known = {known for v in VARIABLES for known in (v.name, f"{v.name}_FILE")}
    assert set(given) <= known
    (tmp_path / "database_url").write_text("postgresql://duban_service:secret@database/duban")
    (tmp_path / "owner_url").write_text("postgresql://duban:other@database/duban")
    (tmp_path / "signer_url").write_text("postgresql://duban_signer:third@database/duban")
    (tmp_path / "log_key").write_text("PRIVATE+KEY+…")
    (tmp_path / "jwks").write_text("{}")
    (tmp_path / "webhook_key").write_text("k" * 64)
    environment = {
        variable: value.replace(SECRETS, f"{tmp_path}/") if value.startswith(SECRETS) else defaulted(value)
        for variable, value in given.items()
    }
    settings = Settings.from_environment(environment)
    signs = OURS[name]["command"][0] == "log"
    user = "duban_signer:third" if signs else "duban_service:secret"
    assert settings.database_url == f"postgresql://{user}@database/duban"
    # The signing key is the signer's alone, and nobody else signs.
    assert (settings.log_key is not None) is signs
    assert ("log_key" in OURS[name].get("secrets", ())) is signs
    assert settings.log_signs is (OURS[name]["command"] != ["serve"])
    # The owner's address is the migration's alone.
    migrates = OURS[name]["command"] == ["migrate"]
    assert settings.owner_url == ("postgresql://duban:other@database/duban" if migrates else None)
    assert ("owner_url" in OURS[name]["secrets"]) is migrates


def defaulted(value: str) -> str:
    """What `${NAME:-default}` comes to when NAME is not set."""
    return value.partition(":-")[2].rstrip("}") if value.startswith("${") else value


@pytest.mark.parametrize("name", SERVICES)
def test_every_secret_is_a_file_that_is_declared_and_handed_over(name: str) -> None:
    service = SERVICES[name]
    for secret in secret_paths(service):
        assert secret in service["secrets"]
    for secret in service["secrets"]:
        assert COMPOSE["secrets"][secret]["file"].startswith("secrets/")
    for variable, value in service["environment"].items():
        assert "PASSWORD" not in variable or variable.endswith("_FILE")
        assert "://" not in str(value), "an address may hold a password"


@pytest.mark.parametrize("name", SERVICES)
def test_every_dependency_waits_until_it_is_healthy_or_done(name: str) -> None:
    for dependency, how in SERVICES[name].get("depends_on", {}).items():
        on = SERVICES[dependency]
        if on.get("restart") == "no":
            assert how == {"condition": "service_completed_successfully"}
        else:
            assert how == {"condition": "service_healthy"}
            assert on["healthcheck"]["test"]
    if name in OURS:
        assert "database" in SERVICES[name]["depends_on"]


@pytest.mark.parametrize("name", SERVICES)
def test_nothing_runs_as_root_or_can_become_it(name: str) -> None:
    service = SERVICES[name]
    assert str(service["user"]).split(":")[0] not in ("", "0", "root")
    assert service["cap_drop"] == ["ALL"]
    assert service["security_opt"] == ["no-new-privileges:true"]
    assert service["read_only"] is True


def test_the_copies_are_asked_whether_they_are_ready_where_they_listen() -> None:
    copies = [service for service in OURS.values() if service["command"] == ["serve"]]
    for service in copies:
        program, *arguments = service["healthcheck"]["test"][1:]
        assert (program, arguments[0]) == ("python", "-c")
        compile(arguments[1], "healthcheck", "exec")
        assert f"http://127.0.0.1:{service['environment']['PORT']}/readyz" in arguments[1]
        (published,) = service["ports"]
        assert published.startswith("127.0.0.1:")
        assert published.endswith(f":{service['environment']['PORT']}")
    assert len({service["ports"][0] for service in copies}) == len(copies)


def test_the_image_runs_as_nobody_special_and_starts_duban() -> None:
    lines = instructions()
    (user,) = [argument for word, argument in lines if word == "USER"]
    assert user.split(":")[0] not in ("0", "root")
    assert {service["user"] for service in OURS.values()} == {user}
    assert ("ENTRYPOINT", '["python", "-m", "service"]') in lines
    assert ("CMD", '["serve"]') in lines
    assert [argument.split(":")[0] for word, argument in lines if word == "FROM"] == ["python", "python"]


def test_the_image_copies_what_is_there_and_not_ignored() -> None:
    kept = {
        line.removeprefix("!")
        for line in (ROOT / ".dockerignore").read_text(encoding="utf-8").splitlines()
        if line.startswith("!")
    }
    sources = {
        source
        for word, argument in instructions()
        if word == "COPY" and not argument.startswith("--from")
        for source in shlex.split(argument)[:-1]
    }
    assert sources == kept
    assert all((ROOT / source).exists() for source in sources)


def test_the_image_installs_the_locked_packages_of_the_service_alone() -> None:
    installs = [argument for word, argument in instructions() if word == "RUN" and "pip install" in argument]
    assert installs
    for argument in installs:
        assert "--require-hashes" in argument
        assert "-r requirements-service.txt" in argument
