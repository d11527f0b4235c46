"""The settings: one table, every variable also from a file, every mistake one clear line."""

import dataclasses
from datetime import date
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from service import BadInput
from service.config import VARIABLES, Settings, SettingsError, Variable, table


def test_without_a_word_the_embedded_defaults_hold() -> None:
    settings = Settings.from_environment({"HOME": "/home/somebody", "LANG": "zh_CN.UTF-8"})
    assert settings == Settings(
        database_url=None,
        data=Path(".duban"),
        host="127.0.0.1",
        port=8000,
        jwks=None,
        issuer="duban",
        audience="duban",
        time_zone=ZoneInfo("Asia/Shanghai"),
        demonstration_date=None,
        pool_size=8,
        log_level="info",
        webhook_key=None,
        webhook_private_targets=False,
        owner_url=None,
        role_prefix="duban",
        signer_url=None,
        log_origin="duban.local/log",
        log_key=None,
        log_old_key=None,
        log_signs=True,
        log_entries_public=False,
        log_witnesses=(),
        # meetings and ratings
        inspectorate_url=None,
        inspectorate_token=None,
    )


def test_every_variable_is_read(tmp_path: Path) -> None:
    keys = tmp_path / "keys.json"
    keys.write_text("{}")
    settings = Settings.from_environment(
        {
            "DATABASE_URL": "postgres://duban:geheim@db.example:5433/duban",
            "DUBAN_DATA": "/var/lib/duban",
            "DUBAN_HOST": "0.0.0.0",
            "PORT": "80",
            "DUBAN_JWKS": str(keys),
            "DUBAN_ISSUER": "https://login.example",
            "DUBAN_AUDIENCE": "duban-production",
            "DUBAN_TIME_ZONE": "Asia/Urumqi",
            "DUBAN_DEMONSTRATION_DATE": "2020-09-30",
            "DUBAN_POOL_SIZE": "20",
            "DUBAN_LOG_LEVEL": "WARNING",
            "DUBAN_WEBHOOK_KEY": "k" * 32,
            "DUBAN_WEBHOOK_PRIVATE_TARGETS": "yes",
            "DUBAN_OWNER_URL": "postgresql://root:geheim@db.example/duban",
            "DUBAN_ROLE_PREFIX": "weifang",
            "DUBAN_SIGNER_URL": "postgresql://signer:geheim@db.example/duban",
            "DUBAN_LOG_ORIGIN": "log.example/duban",
            "DUBAN_LOG_KEY": "PRIVATE+KEY+new",
            "DUBAN_LOG_OLD_KEY": "PRIVATE+KEY+old",
            "DUBAN_LOG_SIGNS": "no",
            "DUBAN_LOG_ENTRIES_PUBLIC": "YES",
            "DUBAN_LOG_WITNESSES": "https://witness.example/w witness.example/w+1+key",
            # meetings and ratings
            "DUBAN_INSPECTORATE_URL": "https://inspectorate.example",
            "DUBAN_INSPECTORATE_TOKEN": "geheim",
        }
    )
    assert dataclasses.astuple(settings) == (
        "postgres://duban:geheim@db.example:5433/duban",
        Path("/var/lib/duban"),
        "0.0.0.0",
        80,
        str(keys),
        "https://login.example",
        "duban-production",
        ZoneInfo("Asia/Urumqi"),
        date(2020, 9, 30),
        20,
        "warning",
        "k" * 32,
        True,
        "postgresql://root:geheim@db.example/duban",
        "weifang",
        "postgresql://signer:geheim@db.example/duban",
        "log.example/duban",
        "PRIVATE+KEY+new",
        "PRIVATE+KEY+old",
        False,
        True,
        (("https://witness.example/w", "witness.example/w+1+key"),),
        # meetings and ratings
        "https://inspectorate.example",
        "geheim",
    )


def test_the_table_and_the_settings_have_the_same_order_and_each_a_meaning() -> None:
    assert [v.attribute for v in VARIABLES] == [f.name for f in dataclasses.fields(Settings)]
    assert all(v.name in table() and v.meaning in table() for v in VARIABLES)


@pytest.mark.parametrize("variable", VARIABLES, ids=lambda v: v.name)
def test_an_empty_value_is_the_default(variable: Variable) -> None:
    assert Settings.from_environment({variable.name: " "}) == Settings.from_environment({})


@pytest.mark.parametrize(
    ("name", "text", "attribute", "value"),
    [
        ("DATABASE_URL", "postgresql://duban@db/duban", "database_url", "postgresql://duban@db/duban"),
        ("PORT", "9000", "port", 9000),
        ("DUBAN_ISSUER", "督办", "issuer", "督办"),
    ],
)
def test_a_value_may_come_from_a_file(
    tmp_path: Path, name: str, text: str, attribute: str, value: object
) -> None:
    file = tmp_path / "secret"
    file.write_text(text + "\n", encoding="utf-8")
    assert getattr(Settings.from_environment({f"{name}_FILE": str(file)}), attribute) == value


def test_a_value_and_its_file_at_once_are_refused(tmp_path: Path) -> None:
    file = tmp_path / "secret"
    file.write_text("9000")
    with pytest.raises(SettingsError, match=r"^PORT and PORT_FILE are both set; give one of them$"):
        Settings.from_environment({"PORT": "9000", "PORT_FILE": str(file)})


def test_a_file_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match=r"DATABASE_URL_FILE names .*missing"):
        Settings.from_environment({"DATABASE_URL_FILE": str(tmp_path / "missing")})
    (tmp_path / "bytes").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(SettingsError, match=r"DATABASE_URL_FILE names .*bytes"):
        Settings.from_environment({"DATABASE_URL_FILE": str(tmp_path / "bytes")})


@pytest.mark.parametrize(
    ("name", "nearest"),
    [
        ("DUBAN_POOLSIZE", "DUBAN_POOL_SIZE"),
        ("DUBAN_TIMEZONE", "DUBAN_TIME_ZONE"),
        ("DUBAN_DATABASE_URL", "DATABASE_URL"),
        ("DUBAN_DATABASE_URL_FILE", "DATABASE_URL_FILE"),
    ],
)
def test_an_unknown_variable_is_refused_with_the_nearest_known(name: str, nearest: str) -> None:
    with pytest.raises(SettingsError, match=rf"^{name} is not a setting; the nearest is {nearest}$"):
        Settings.from_environment({name: "1"})


@pytest.mark.parametrize(
    ("name", "text", "reason"),
    [
        ("DATABASE_URL", "mysql://db/duban", "must begin with postgresql://"),
        ("DATABASE_URL", "postgresql://[half/duban", "Invalid IPv6 URL"),
        ("DATABASE_URL", "postgresql://duban@db:port/duban", "cannot be read: in a password write"),
        ("PORT", "http", "must be a whole number from 0 to 65535"),
        ("PORT", "65536", "must be a whole number from 0 to 65535"),
        ("PORT", "-1", "must be a whole number from 0 to 65535"),
        ("PORT", "８０", "must be a whole number from 0 to 65535"),
        ("DUBAN_POOL_SIZE", "0", "must be a whole number from 1 to 1000"),
        ("DUBAN_JWKS", "/no/such/keys.json", "names the file '/no/such/keys.json', which is not there"),
        ("DUBAN_JWKS", "http://login.example/keys", "must be a file, an https:// address"),
        ("DUBAN_TIME_ZONE", "Weifang", "'Weifang' is not a time zone"),
        ("DUBAN_TIME_ZONE", "Asia", "'Asia' is not a time zone"),
        ("DUBAN_TIME_ZONE", "../Asia/Shanghai", "'../Asia/Shanghai' is not a time zone"),
        ("DUBAN_DEMONSTRATION_DATE", "2020-02-30", "'2020-02-30' is not a date"),
        ("DUBAN_DEMONSTRATION_DATE", "0001-01-01", "must lie in the years 1900 to 2199"),
        ("DUBAN_DEMONSTRATION_DATE", "9999-12-31", "must lie in the years 1900 to 2199"),
        ("DUBAN_LOG_LEVEL", "loud", "must be one of debug, info, warning, error"),
    ],
)
def test_a_bad_value_is_one_line_that_names_the_variable(name: str, text: str, reason: str) -> None:
    with pytest.raises(SettingsError) as caught:
        Settings.from_environment({name: text})
    assert str(caught.value).startswith(f"{name} {reason}")
    assert "\n" not in str(caught.value)
    assert isinstance(caught.value, BadInput)


def test_secrets_are_shown_neither_by_the_settings_nor_by_a_refusal() -> None:
    for name in ("DATABASE_URL", "DUBAN_OWNER_URL"):
        settings = Settings.from_environment({name: "postgresql://duban:geheim@db/duban"})
        assert "geheim" not in repr(settings)
    with pytest.raises(SettingsError) as caught:
        Settings.from_environment({"DATABASE_URL": "mysql://duban:geheim@db/duban"})
    assert "geheim" not in str(caught.value)


@pytest.mark.parametrize("stray", "/?#")
def test_an_address_whose_password_takes_it_apart_is_refused_without_a_word_of_it(stray: str) -> None:
    for begins in ("ge", "12"):
        with pytest.raises(SettingsError) as caught:
            Settings.from_environment({"DATABASE_URL": f"postgresql://duban:{begins}{stray}heim@db/duban"})
        assert "%2F" in str(caught.value)
        assert begins not in str(caught.value).split(": ")[0]
        assert "heim" not in str(caught.value)


@pytest.mark.parametrize(
    "text",
    [
        "postgresql://duban:ge%2Fhe%23im@db/duban",
        "postgresql://duban:ge@he%im@db:5433/duban?sslmode=require",
        "postgresql://duban@[::1]:5432/duban",
        "postgresql://one:5432,two:5433/duban",
        "postgresql:///duban?host=/run/postgresql",
        "postgresql://postgres@/duban?host=%2Ftmp%2Fx&port=5432",
    ],
)
def test_an_address_may_have_every_form_that_postgresql_takes(text: str) -> None:
    assert Settings.from_environment({"DATABASE_URL": text}).database_url == text


def test_the_page_of_settings_is_the_table() -> None:
    page = (Path(__file__).parents[2] / "docs" / "settings.md").read_text(encoding="utf-8")
    assert table() in page
