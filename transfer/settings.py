"""The settings of a node: the only reader of the environment."""

from datetime import timedelta
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any, Literal, Self

from pydantic import Field, SecretStr, ValidationError, field_validator, model_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

PREFIX = "TRANSFER_"
LOOPBACK = frozenset({"127.0.0.1", "::1", "localhost"})


class Role(StrEnum):
    """A part of a node that can run as a process of its own."""

    API = "api"
    RELAY = "relay"
    INBOUND = "inbound"


class SettingsInvalid(ValueError):
    """The settings cannot be used; each fault names the variable and what it should hold."""


class Settings(BaseSettings):
    """Each is an environment variable: its name in capitals after TRANSFER_. Durations are in seconds."""

    model_config = SettingsConfigDict(env_prefix=PREFIX, extra="ignore", frozen=True)

    region: Annotated[str, Field(pattern=r"^[1-9][0-9]{5}$", description="GB/T 2260 code of this node's region")]
    database_url: Annotated[
        str, Field(description="sqlite:///FILE (four slashes for an absolute path) or postgresql://USER@HOST/NAME")
    ] = "sqlite:///transfer.db"
    database_pool: Annotated[int, Field(ge=2, le=100, description="connections to the database")] = 10
    amqp_url: Annotated[SecretStr, Field(description="amqps://REGION@HOST:PORT/VHOST of the hub broker")]
    tls_ca: Annotated[Path | None, Field(description="PEM file of the authorities that the hub is trusted by")] = None
    tls_cert: Annotated[Path | None, Field(description="PEM file of this region's certificate for the hub")] = None
    tls_key: Annotated[Path | None, Field(description="PEM file of that certificate's private key")] = None
    tls_key_passphrase_file: Annotated[Path | None, Field(description="file with the key's passphrase")] = None
    directory: Annotated[Path, Field(description="signed directory of the exchange; looked at again and again")]
    directory_keys: Annotated[
        tuple[str, ...],
        NoDecode,
        Field(min_length=1, description="verifier keys of those who may sign the directory, separated by commas"),
    ]
    directory_grace: Annotated[float, Field(ge=0, description="how long an expired directory is still used")] = (
        1_209_600.0
    )
    keys: Annotated[Path, Field(description="folder with this region's keys")]
    passphrase_file: Annotated[
        Path | None,
        Field(description="file with the passphrase of the keys; else a systemd credential or the environment"),
    ] = None
    state: Annotated[
        Path,
        Field(description="folder for what must outlive the database: `ledger.head`, the last checkpoint"),
    ] = Path("state")
    checkpoint_every: Annotated[
        float, Field(gt=0, le=86_400, description="no entry of the ledger waits longer for a signed checkpoint")
    ] = 3600.0
    sign_in: Annotated[
        Literal["required", "off"],
        Field(description="off: whoever reaches this machine's loopback address may do everything; for trials alone"),
    ] = "required"
    public_url: Annotated[
        str | None,
        Field(
            pattern=r"^(https://[a-z0-9.-]+|http://localhost)(:[0-9]{1,5})?$",
            description="where people reach this node: origin of the proxy in front of it, which ends TLS; for trials "
            "http://localhost, which browsers trust without",
        ),
    ] = None
    session_idle: Annotated[float, Field(ge=60, description="a session unused for so long ends")] = 1800.0
    session_longest: Annotated[float, Field(ge=60, description="every session ends after so long")] = 43_200.0
    first_password: Annotated[
        float,
        Field(ge=3600, description="a password for the first sign-in that was not used for so long opens nothing"),
    ] = 604_800.0
    second_factor: Annotated[
        frozenset[str],
        NoDecode,
        Field(description="roles that sign in with a second factor, separated by commas"),
    ] = frozenset({"approver", "auditor", "audit-administrator", "security-administrator", "system-administrator"})
    host: Annotated[
        str,
        Field(description="address to listen on; another than loopback needs sign-in and `public_url`"),
    ] = "127.0.0.1"
    port: Annotated[int, Field(ge=0, le=65535, description="port to listen on; 0 takes a free one")] = 8080
    metrics_host: Annotated[
        str, Field(description="address to probe and measure this process at; another than loopback needs sign-in")
    ] = "127.0.0.1"
    metrics_port: Annotated[
        int | None,
        Field(ge=0, le=65535, description="port for that: `/healthz`, `/readyz`, `/metrics`, whatever its roles; none"),
    ] = None
    traces_endpoint: Annotated[
        str | None,
        Field(
            pattern=r"^https?://[^@]+$",
            description="where spans go: the address of a collector for OTLP over HTTP, as "
            "`http://127.0.0.1:4318/v1/traces`; without it there are no traces",
        ),
    ] = None
    oidc_issuer: Annotated[
        str | None,
        Field(
            pattern=r"^(https://|http://(localhost|127\.0\.0\.1|\[::1\])(:|/|$))",
            description="issuer of the OpenID Connect provider by which people may sign in; without it none",
        ),
    ] = None
    oidc_client: Annotated[str, Field(description="this node's client id there")] = ""
    oidc_secret_file: Annotated[
        Path | None, Field(description="file with the client's secret; without it a public client")
    ] = None
    oidc_name: Annotated[str, Field(description="what the provider is called on the button")] = "OpenID Connect"
    oidc_acr: Annotated[
        tuple[str, ...],
        NoDecode,
        Field(description="values of `acr` that count as second factor, separated by commas; by default none does"),
    ] = ()
    files: Annotated[
        str | None,
        Field(description="where files are kept: a folder, or s3://BUCKET/PREFIX; without it files are not taken"),
    ] = None
    files_spool: Annotated[
        Path | None,
        Field(description="folder for files until they are whole; by default the folder `spool` in that of `files`"),
    ] = None
    files_host: Annotated[str, Field(description="address on which other regions fetch files")] = "127.0.0.1"
    files_port: Annotated[
        int | None, Field(ge=0, le=65535, description="port on which they do; without it they cannot")
    ] = None
    files_cert: Annotated[Path | None, Field(description="PEM file of the certificate shown there")] = None
    files_key: Annotated[Path | None, Field(description="PEM file of that certificate's private key")] = None
    files_gone_after: Annotated[
        float, Field(gt=0, description="a file that its source still says it has not, so long after, is given up")
    ] = 2_592_000.0
    files_unused_after: Annotated[
        float, Field(ge=3600, description="a file that no case and no message names for so long is removed")
    ] = 604_800.0
    scan_command: Annotated[
        str | None,
        Field(description="program that gets each file on standard input and ends with 0 when it may come in"),
    ] = None
    scan_seconds: Annotated[float, Field(gt=0, description="how long that may take")] = 120.0
    fetch_first: Annotated[float, Field(gt=0, description="first pause after a file could not be fetched")] = 30.0
    fetch_longest: Annotated[float, Field(gt=0, description="longest such pause")] = 3600.0
    roles: Annotated[
        frozenset[Role], NoDecode, Field(description="which parts run in this process, separated by commas")
    ] = frozenset(Role)
    prefetch: Annotated[int, Field(ge=1, le=5000, description="unacknowledged deliveries at most")] = 500
    publish_timeout: Annotated[float, Field(gt=0, le=300, description="wait for a confirm")] = 15.0
    trust_poll: Annotated[
        float, Field(gt=0, le=600, description="look for a new directory, keys and rules so often")
    ] = 15.0
    poll: Annotated[float, Field(gt=0, le=60, description="look for work at least this often")] = 2.0
    watch_poll: Annotated[float, Field(gt=0, le=3600, description="look for terms that fall due so often")] = 60.0
    reconcile_every: Annotated[
        float,
        Field(ge=60, description="records are compared with each other region so often, a day from midnight in China"),
    ] = 86_400.0
    reconcile_poll: Annotated[
        float, Field(gt=0, le=3600, description="look for questions and answers of such comparisons so often")
    ] = 60.0
    resend_first: Annotated[float, Field(gt=0, description="first pause before an unreceipted message is resent")] = (
        60.0
    )
    resend_longest: Annotated[float, Field(gt=0, le=3600, description="longest such pause")] = 3600.0
    backoff_first: Annotated[float, Field(gt=0, description="first pause after a region could not be reached")] = 1.0
    backoff_longest: Annotated[float, Field(gt=0, le=3600, description="longest such pause")] = 300.0
    silence: Annotated[float, Field(gt=0, description="a region silent for so long is probed, not flooded")] = 60.0
    resend_grace: Annotated[float, Field(ge=0, description="how far receipts may run ahead of a missing one")] = 5.0
    lease: Annotated[float, Field(gt=0, le=600, description="how long a relay holds its shards")] = 30.0
    broker_lost_after: Annotated[float, Field(ge=0, description="readiness is red after so long without broker")] = 10.0
    sms_url: Annotated[
        str | None,
        Field(pattern=r"^https?://[^\s]+$", description="gateway for text messages; without it none are written"),
    ] = None
    sms_secret_file: Annotated[
        Path | None, Field(description="file with the secret by which node and gateway sign what they tell each other")
    ] = None
    sms_sign: Annotated[
        str, Field(pattern=r"^[^【】\s]{2,20}$", description="signature (签名) at the head of each text message")
    ] = "法律援助"
    test_identities: Annotated[
        bool, Field(description="accept identity numbers with the never-assigned region 990000")
    ] = False
    log_format: Annotated[Literal["json", "text"], Field(description="how log lines look")] = "json"
    log_level: Annotated[Literal["debug", "info", "warning", "error"], Field(description="lowest level logged")] = (
        "info"
    )

    @field_validator("directory_keys", "oidc_acr", mode="before")
    @classmethod
    def _each_by_comma(cls, value: Any) -> Any:  # noqa: ANN401 - whatever the environment holds
        return tuple(one.strip() for one in value.split(",")) if isinstance(value, str) else value

    @model_validator(mode="after")
    def _client_named(self) -> Self:
        if self.oidc_issuer is not None and not self.oidc_client:
            raise ValueError("oidc_issuer needs oidc_client")
        return self

    @model_validator(mode="after")
    def _files_together(self) -> Self:
        if self.files_port is not None and None in (self.files, self.files_cert, self.files_key):
            raise ValueError("files_port needs files, files_cert and files_key")
        if self.files is not None and "://" in self.files and self.files_spool is None:
            raise ValueError("files in a bucket need files_spool")
        if self.sms_url is not None and self.sms_secret_file is None:
            raise ValueError("sms_url needs sms_secret_file")
        return self

    @model_validator(mode="after")
    def _open_to_this_machine_alone(self) -> Self:
        if self.host not in LOOPBACK and (self.public_url is None or self.sign_in == "off"):
            raise ValueError("host other than 127.0.0.1, ::1 or localhost needs public_url and sign_in=required")
        if self.metrics_host not in LOOPBACK and self.sign_in == "off":
            raise ValueError("metrics_host other than 127.0.0.1, ::1 or localhost needs sign_in=required")
        return self

    @field_validator("second_factor", mode="before")
    @classmethod
    def _names_by_comma(cls, value: Any) -> Any:  # noqa: ANN401 - whatever the environment holds
        return frozenset(one for one in value.split(",") if one) if isinstance(value, str) else value

    @field_validator("roles", mode="before")
    @classmethod
    def _roles_by_comma(cls, value: Any) -> Any:  # noqa: ANN401 - whatever the environment holds
        return frozenset(value.split(",")) if isinstance(value, str) else value

    @classmethod
    def load(cls, **overrides: Any) -> "Settings":  # noqa: ANN401 - settings are of many types
        """From the environment; ``overrides`` go first. Raises SettingsInvalid."""
        given = {name: value for name, value in overrides.items() if value is not None}
        try:
            return cls(**given)
        except ValidationError as error:
            faults = error.errors(include_url=False, include_input=False, include_context=False)
            lines = [f"{PREFIX}{str(f['loc'][0]).upper() if f['loc'] else ''}: {f['msg']}" for f in faults]
            raise SettingsInvalid("\n".join(lines)) from error

    def seconds(self, name: str) -> timedelta:
        """A duration among the settings."""
        return timedelta(seconds=float(getattr(self, name)))
