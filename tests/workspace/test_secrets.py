"""Secrets: which files are left out, what is masked in others, and that every way in is guarded."""

from __future__ import annotations

import random
import string
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rlm_core.config import Settings, WorkspaceSettings
from rlm_core.context.facts import facts
from rlm_core.service import Service
from rlm_core.workspace.cache import Cache
from rlm_core.workspace.secret_filter import SecretFilter
from rlm_core.workspace.snapshot import Masked, Snapshot
from rlm_core.workspace.workspace import Workspace
from tests.support.files import git_repository, write_tree

if TYPE_CHECKING:
    from pathlib import Path

ALNUM = string.ascii_letters + string.digits
HEX = string.digits + "abcdef"
BASE64 = ALNUM + "+/"
SHOWN = WorkspaceSettings(hide_secret_files=False, mask_secrets=False)


def drawn(alphabet: str, length: int) -> str:
    """Characters of a made-up key: by code, so that nobody's scanner takes this file for a leak."""
    return "".join(random.Random(f"{alphabet}{length}").choices(alphabet, k=length))


def key_block(kind: str = "RSA PRIVATE KEY", end: str = "\n") -> str:
    lines = [
        f"-----BEGIN {kind}-----",
        *[drawn(BASE64, 64)] * 3,
        drawn(BASE64, 31) + "=",
        f"-----END {kind}-----",
    ]
    return end.join(lines) + end


GITHUB = "ghp_" + drawn(ALNUM, 36)


def words(text: str) -> list[str]:
    """The words of a text."""
    return text.split()


HIDDEN = words("""
.env .env.local .env.production prod.env .ENV .Env.Local .env~ .env.bak .env.swp ..env.swp #.env#
env.local config/.env.staging.bak .ssh/id_rsa .ssh/deploy id_rsa id_ed25519 id_ed25519_sk
id_rsa_work .id_rsa.swp ID_RSA x.p12 x.pfx X.PFX x.jks debug.keystore x.kdbx x.ppk krb5.keytab
.pypirc .netrc _netrc .pgpass .my.cnf .git-credentials .htpasswd .dockercfg .docker/config.json
.dockerconfigjson .kube/config kubeconfig kubeconfig.yaml dev.kubeconfig terraform.tfstate
terraform.tfstate.backup .terraformrc .terraform.d/credentials.tfrc.json
application_default_credentials.json client_secret.json
client_secret_12-ab.apps.googleusercontent.com.json shop-firebase-adminsdk-x1.json .boto .s3cfg
.aws/credentials aws_credentials .azure/accessTokens.json .config/gcloud/credentials.db
.config/gh/hosts.yml .vault-token .vault_pass vault_pass.txt config/master.key
config/credentials/production.key .streamlit/secrets.toml .secrets .m2/settings-security.xml
.cargo/credentials.toml .gem/credentials .composer/auth.json .bash_history .psql_history .Renviron
filezilla.xml .openai_key etc/shadow .env_old .env-backup .lesshst .credentials .databrickscfg
.snowsql/config .sentryclirc .msmtprc .dev.vars .secret .claude.json .config/hub
""")
HIDDEN.append(".env ")

IN = words("""
.env.example .env.sample .env.local.example example.env .ssh/config .ssh/known_hosts .ssh/id_rsa.pub
id_rsa.pub id_rsa_test.go known_hosts authorized_keys credentials.yml.enc .secrets.baseline
.travis.yml settings.xml auth.json lang/en/auth.json database.yml secrets.yml .npmrc .yarnrc.yml
gradle.properties hosts.yml config.json cert.der environment.py history.py keystore.go shadow.css
.env-example .env_sample .tfvars .rclone.conf token.json env.py kubeconfig.go
terraform.tfvars .envrc server.crt
""")

VALUES = {
    ".npmrc": "//npm.example/:_authToken={}",
    ".yarnrc.yml": "npmAuthToken: {}",
    ".envrc": "use flake\nexport DATABASE={}",
    ".flaskenv": "SECRET={}",
    "terraform.tfvars": 'region = "eu-west-1"\ndb_password = "{}"',
    ".tfvars": 'db_password = "{}"',
    ".rclone.conf": "[remote]\ntype = sftp\npass = {}",
    "token.json": '{{"refresh_token": "{}"}}',
    "service-account.json": '{{"type": "service_account", "private_key": "-----BEGIN PRIVATE KEY-----\\n{}"}}',  # noqa: E501
    "docker/config.json": '{{"auths": {{"ghcr.io": {{"auth": "{}"}}}}}}',
    ".aws/config": "[default]\nregion = eu\naws_secret_access_key = {}",
    "credentials": "[default]\naws_secret_access_key={}",
    "config/database.yml": "production:\n  user: app\n  password: {}",
    "config/secrets.yml": "production:\n  secret_key_base: {}",
    "secrets.json": '{{"Smtp": "{}"}}',
    "secrets.toml": 'smtp = "{}"',
    "wp-config.php": "<?php define('DB_PASSWORD', '{}');",
    "appsettings.Production.json": '{{"Jwt": {{"Audience": "x", "ApiKey": "{}"}}}}',
    "local.settings.json": '{{"Values": {{"StorageToken": "{}"}}}}',
    "web.config": '<add key="ApiToken" value="{}"/>',
    "nuget.config": '<add key="ClearTextPassword" value="{}" />',
    "application-prod.properties": "server.port=80\nspring.datasource.password={}",
    "gradle.properties": "org.gradle.jvmargs=-Xmx2g\nsigningPassword={}",
    "settings.xml": "<server><id>x</id><password>{}</password></server>",
    "auth.json": '{{"github-oauth": {{"github.com": "{}"}}}}',
    "sftp-config.json": '{{"host": "h", "password": "{}"}}',
    "wireguard.conf": "[Interface]\nPrivateKey = {}",
    "k8s/db.yaml": "apiVersion: v1\ndata:\n  user: {}\nkind: Secret\n---\nkind: ConfigMap\ndata:\n  a: kept",
}

ESCAPES = words(r"one\n \t \r\n \u003d \x3d \u{3d} ?a%3D %20 x_ \033[0m")
ESCAPES.append("\033[32m")

TOKENS = {
    "GitHub token": [GITHUB, "github_pat_" + drawn(ALNUM, 82)],
    "GitLab token": [kind + "-" + drawn(ALNUM, 20) for kind in ("glpat", "glcbt", "gldt")],
    "Slack token": ["xoxb-" + drawn(string.digits, 12) + "-" + drawn(ALNUM, 24)],
    "Stripe key": ["sk_live_" + drawn(ALNUM, 24)],
    "AWS key": ["AKIA" + drawn(string.ascii_uppercase + "234567", 16)],
    "Google key": ["AIza" + drawn(ALNUM, 35), "GOCSPX-" + drawn(ALNUM, 28)],
    "OpenAI key": ["sk-proj-" + drawn(ALNUM, 40), "sk-" + drawn(ALNUM, 20) + "T3BlbkFJ" + drawn(ALNUM, 20)],
    "Anthropic key": ["sk-ant-api03-" + drawn(ALNUM, 93)],
    "Hugging Face token": ["hf_" + drawn(string.ascii_letters, 34)],
    "npm token": ["npm_" + drawn(ALNUM, 36)],
    "PyPI token": ["pypi-AgEIcHlwaS5vcmc" + drawn(ALNUM, 120)],
    "SendGrid key": ["SG." + drawn(ALNUM, 22) + "." + drawn(ALNUM, 43)],
    "DigitalOcean token": ["dop_v1_" + drawn(HEX, 64)],
    "Vault token": ["hvs." + drawn(ALNUM, 90)],
    "Telegram token": ["123456789:AA" + drawn(ALNUM, 33)],
    "age key": ["AGE-SECRET-KEY-1" + drawn(string.digits + "QPZRY", 58)],
    "Docker token": ["dckr_pat_" + drawn(ALNUM, 27), "dckr_oat_" + drawn(ALNUM, 32)],
    "Bitbucket token": ["ATBB" + drawn(ALNUM, 32)],
    "Pulumi token": ["pul-" + drawn(HEX, 40)],
    "Doppler token": ["dp.pt." + drawn(ALNUM, 43)],
    "Supabase token": ["sbp_" + drawn(HEX, 40)],
    "Sentry token": ["sntryu_" + drawn(HEX, 64)],
    "Figma token": ["figd_" + drawn(ALNUM, 40)],
    "Notion token": ["ntn_" + drawn(ALNUM, 46)],
    "Netlify token": ["nfp_" + drawn(ALNUM, 36)],
    "Grafana token": ["glc_eyJ" + drawn(ALNUM, 100)],
    "xAI key": ["xai-" + drawn(ALNUM, 80)],
    "Perplexity key": ["pplx-" + drawn(ALNUM, 48)],
    "Replicate token": ["r8_" + drawn(ALNUM, 37)],
    "Square token": ["sq0atp-" + drawn(ALNUM, 22)],
    "Heroku key": ["HRKU-" + drawn(ALNUM, 60)],
    "Mailchimp key": [drawn(HEX, 32) + "-us12"],
    "JSON Web Token": ["eyJ" + drawn(ALNUM, 20) + ".eyJ" + drawn(ALNUM, 20) + "." + drawn(ALNUM, 43)],
}

ORDINARY = [
    "https://example.org/a:b@c", "git@github.com:owner/name.git", "https://user@example.org", "see http://[::1]:80/",
    "postgres://user:${PASSWORD}@db/x", "https://{user}:{password}@host", "https://user:<password>@host",
    "https://user:pass@host", "postgres://postgres:postgres@localhost", "mysql://myuser:mypass@host",

    "sha256:" + drawn(HEX, 64), drawn(HEX, 40), 'integrity sha512-' + drawn(BASE64, 86) + "==", "ghp_short",
    "-----BEGIN CERTIFICATE-----\n" + drawn(BASE64, 64) + "\n-----END CERTIFICATE-----",
    'if "-----BEGIN RSA PRIVATE KEY-----" in text:\n    handle(text)\n', "password = get_password()",
    'HEAD = "-----BEGIN PRIVATE KEY-----"\nFOOT = "-----END PRIVATE KEY-----"\n', "AKIAlow",
    "SG.notakey.x",
    "$ANSIBLE_VAULT;1.1;AES256\n62313365396662343061393464336163383764373764613633653634306231386433626436623361",
]  # fmt: skip


def masked(text: str, path: str = "a.txt") -> tuple[str, dict[str, int]]:
    found = SecretFilter().masked(text.encode(), path)
    return found.text.decode(), dict(found.counts)


def snapshot_of(root: Path, settings: WorkspaceSettings | None = None) -> Snapshot:
    workspace = Workspace([root], settings or WorkspaceSettings())
    snapshot = workspace.snapshot()
    workspace.close()
    return snapshot


@pytest.mark.parametrize("with_git", [False, True])
def test_secret_files_are_left_out_by_name(tmp_path: Path, *, with_git: bool) -> None:
    if with_git:
        git_repository(tmp_path, {"a.py": "a"})
    write_tree(tmp_path, dict.fromkeys([*HIDDEN, *IN], "x\n"))
    for path in HIDDEN:
        assert (tmp_path / path).exists()
    snapshot = snapshot_of(tmp_path)
    assert {item.path for item in snapshot.skipped if item.reason == "secret: file name"} == set(HIDDEN)
    assert set(IN) <= set(snapshot)
    assert set(HIDDEN) <= set(snapshot_of(tmp_path, SHOWN))


@pytest.mark.parametrize("path", VALUES)
def test_values_are_masked_where_a_name_says_that_there_are_credentials(path: str) -> None:
    secret = drawn(ALNUM, 24)
    text, counts = masked(VALUES[path].format(secret), path)
    assert secret not in text
    assert text == VALUES[path].format("[secret: value]*********") or path == "service-account.json"
    assert counts == {"value": 1}
    for placeholder in ("${VAR}", "<%= ENV['X'] %>", "{{ .Values.x }}", "ENC[AES256_GCM,data:x]", ""):
        text = VALUES[path].format(placeholder)
        assert masked(text, path) == (text, {}) or path == "service-account.json"
    if "k8s" not in path:
        ordinary = VALUES[path].format(secret)
        assert masked(ordinary, "src/ordinary.txt") == (ordinary, {})


@pytest.mark.parametrize(("kind", "token"), [(kind, token) for kind in TOKENS for token in TOKENS[kind]])
def test_tokens_are_masked_at_equal_length(kind: str, token: str) -> None:
    for before, after in [
        ("", ""),
        ('x = "', '"\n'),
        ("a é: ", ",\r\nend 🎉"),
        ("<k>", "</k>"),
        ("?key=", "&x=1"),
        *[(before, "") for before in ESCAPES],
    ]:
        mask = f"[secret: {kind}]".ljust(len(token), "*")
        assert masked(before + token + after) == (before + mask + after, {kind: 1})


@pytest.mark.parametrize("text", ORDINARY)
def test_ordinary_text_stays(text: str) -> None:
    assert masked(text) == (text, {})


@pytest.mark.parametrize(
    ("text", "secret"),
    [
        ("postgres://app:{}@db:5432/x", "hunter2"),
        ("x = 'amqps://u:{}@mq.internal/v'", "p%40ss!word"),
        ("Server=db;User Id=sa;Password={};Encrypt=true", drawn(ALNUM, 12)),
        ("DefaultEndpointsProtocol=https;AccountName=a;AccountKey={};", drawn(BASE64, 86) + "=="),
        ('AWS_SECRET = "{}"', drawn(BASE64, 40)),
        ("aws_secret_access_key = {}", drawn(BASE64, 40)),
        ("secretAccessKey: '{}',", drawn(BASE64, 40)),
        ("twilio_key = {}", "SK" + drawn(HEX, 32)),
        ("mailgun: {}", "key-" + drawn(HEX, 32)),
        ("Authorization: Bearer {}", drawn(ALNUM, 32)),
        ('"Authorization": "Basic {}"', drawn(ALNUM, 22) + "=="),
        ("Endpoint=sb://x;SharedAccessKeyName=Root;SharedAccessKey={}", drawn(BASE64, 43) + "="),
        ("https://a.blob.core.windows.net/c?sv=2022&sig={}&se=1", drawn(ALNUM, 40) + "%2B%3D"),
        ("jdbc:postgresql://db/x?user=u&password={}", "hunter2"),
        ("jdbc:oracle:thin:scott/{}@db:1521/x", "t1ger"),
        ("host=db dbname=x password='{}' sslmode=on", "hunter2 secret"),
        ("host=db user=u password={}", "hunter2"),
        ('Server=db;User=sa;Password="{}"', "a;bcd"),
        ("amqp://u:{}@h", "pa/ss@word"),
        ("https://{}@github.com/o/r", drawn(ALNUM, 40)),
        ("https://hooks.slack.com/services/{}", "T0/B0/" + drawn(ALNUM, 24)),
    ],
)  # fmt: skip
def test_passwords_are_masked_where_they_stand(text: str, secret: str) -> None:
    shown, counts = masked(text.format(secret))
    before, after = text.split("{}")
    assert shown.startswith(before)
    assert shown.endswith(after)
    assert secret not in shown
    assert len(shown) == len(text.format(secret))
    assert sum(counts.values()) == 1


PEM = key_block()
ARMOUR = {
    "behind a comment": "# of prod\n\n" + PEM,
    "behind attributes": "Bag Attributes\n    friendlyName: x\n" + key_block("PRIVATE KEY"),
    "behind a blank": " " + PEM,
    "openssh": "x\n" + key_block("OPENSSH PRIVATE KEY"),
    "pgp": "x\n" + key_block("PGP PRIVATE KEY BLOCK").replace("-----\n", "-----\nVersion: 1\n\n", 1),
    "encrypted": "x\n"
    + PEM.replace("-----\n", "-----\nProc-Type: 4,ENCRYPTED\nDEK-Info: AES-128-CBC,00\n\n", 1),
    "crlf": "x\r\n" + key_block(end="\r\n"),
    "in a Go string": "package x\nconst k = `" + PEM + "`\n",
    "in JSON": '{"key": "' + key_block(end="\\n") + '"}',
    "joined strings": '"' + key_block(end='\\n" +\n  "') + '"',
    "indented": "key: |\n" + "".join(f"  {line}\n" for line in PEM.splitlines()),
    "in an .ovpn": "client\n<key>\n" + PEM + "</key>\n",
    "not ended": "x\n" + PEM[:150],
    "in a listing": "".join(f"{n:6}\t{line}\n" for n, line in enumerate(PEM.splitlines(), 1)),
    "in HTML": "x " + key_block(end="<br>\n"),
    "in XML": "<k>" + key_block(end="&#10;") + "</k>",
    "of SSH2": "x\n"
    + PEM.replace("-----BEGIN RSA", "---- BEGIN SSH2 ENCRYPTED").replace("KEY-----", "KEY ----"),
    "on one line": 'KEY="' + PEM.replace("\n", " ") + '"',
}


@pytest.mark.parametrize("case", ARMOUR)
def test_private_keys_are_masked_anywhere(case: str) -> None:
    text = ARMOUR[case]
    shown, counts = masked(text)
    assert counts == {"private key": 1}
    assert "[secret: private key]" in shown
    assert not any(line[:12] in shown for line in PEM.splitlines()[1:-1])
    assert [*map(len, shown.split("\n"))] == [*map(len, text.split("\n"))]
    assert shown.count("\r") == text.count("\r")
    assert shown.count("\\n") == text.count("\\n")
    assert "---BEGIN" in shown.replace(" ", "")


@pytest.mark.parametrize(
    "text",
    [
        f"x\nPuTTY-User-Key-File-3: ssh-rsa\nPrivate-Lines: 2\n{drawn(BASE64, 64)}\n{drawn(BASE64, 30)}\n",
        f"<RSAKeyValue><Modulus>AA==</Modulus><D>{drawn(BASE64, 64)}</D></RSAKeyValue>",
    ],
)
def test_private_keys_without_a_header_are_masked(text: str) -> None:
    shown, counts = masked(text)
    assert counts == {"private key": 1}
    assert drawn(BASE64, 64) not in shown
    assert drawn(BASE64, 30) not in shown


def test_what_touches_a_token_leaves_it_masked() -> None:
    for kind in ("AWS key", "Google key", "GitHub token", "npm token", "SendGrid key", "Telegram token"):
        for token in TOKENS[kind]:
            assert token[:25] not in masked(f"'{token}_x'")[0]


PIECES = st.sampled_from(
    [
        *[token for tokens in TOKENS.values() for token in tokens],
        *ORDINARY, *ARMOUR.values(), *[text.format(drawn(ALNUM, 9)) for text in VALUES.values()],
        "postgres://u:pässwörd@h/", "password: ключ🔑x", "a", " ", "\n",
        "\r\n", '"', ".", "-", "é", "🎉", "=", "_",
    ]
)  # fmt: skip


@settings(deadline=None)  # the first example compiles
@given(
    st.lists(PIECES, max_size=8).map("".join),
    st.sampled_from(["a.py", "secrets.yml", "settings.xml", ".env"]),
)
def test_a_mask_is_as_long_as_the_secret_in_every_measure_and_masked_once(text: str, path: str) -> None:
    shown, _ = masked(text, path)
    assert [len(line.encode()) for line in shown.split("\n")] == [
        len(line.encode()) for line in text.split("\n")
    ]
    assert [*map(len, shown.split("\n"))] == [*map(len, text.split("\n"))]
    assert len(shown.encode("utf-16")) == len(text.encode("utf-16"))
    assert masked(shown, path)[0] == shown


HOSTILE = [
    "-----BEGIN PRIVATE KEY-----\n", "-----BEGIN PRIVATE KEY-----\nAAAA\n", "eyJ", "eyJaaaaaaaaaaaa.",
    "ghp_", "://a:",
    "AKIA", "sk-ant-", "user=a;", "user=a;password=bbb;", "aws_secret=", "T3BlbkFJ", "password: ",
    "hf_a ", "<token>",
    "amqp://u:a@", "amqp://u:a/@h ", "host=a ", "host=a password=", "//?password=abc&", "Basic ", "\\n",
    "Authorization: Bearer ", "Private-Lines: 1\n", "---- BEGIN PRIVATE KEY ----\n1 ", "<D>",
    "AKIA" + 16 * "A" + "npm_",
    "kind: Secret\n---\n", "data:\n  a: b\n", "a=", "token",
]  # fmt: skip


def test_hostile_text_is_masked_in_bounded_time() -> None:
    """In a process that ends when it takes far more of the processor than linear work does."""
    program = (
        "import resource, sys; from rlm_core.workspace.secret_filter import SecretFilter\n"
        "resource.setrlimit(resource.RLIMIT_CPU, (60, 60))\n"
        "for unit in sys.argv[1:]:\n"
        "    text = unit.encode() * (100_000 // len(unit))\n"
        "    for path in ('a.py', 'secrets.yml'):\n"
        "        assert len(SecretFilter().masked(text, path).text) == len(text)\n"
    )
    subprocess.run([sys.executable, "-c", program, *HOSTILE], check=True)


def test_what_is_masked_is_told_and_nothing_of_it_is_in_the_cache(tmp_path: Path) -> None:
    root = write_tree(tmp_path / "repo", {"a.py": f"T = '{GITHUB}'\n", "b.py": "plain\n"})

    def opened(settings: WorkspaceSettings) -> Workspace:
        return Workspace([root], settings, Cache(tmp_path / "cache", [root], 10**12))

    def kept() -> bytes:
        heads = []
        for shard in (tmp_path / "cache").rglob("*.shard"):  # sparse, and long
            with shard.open("rb") as file:
                heads.append(file.read(10_000))
        return b"".join(heads)

    for _ in range(2):  # the second time from the cache
        workspace = opened(WorkspaceSettings())
        snapshot = workspace.snapshot()
        assert snapshot.text("a.py") == f"T = '{'[secret: GitHub token]'.ljust(40, '*')}'\n"
        assert snapshot.masked == (Masked("a.py", "GitHub token", 1),)
        assert Snapshot.load(snapshot.dump(), snapshot.maps).masked == snapshot.masked
        workspace.save()
        workspace.close()
        assert GITHUB.encode() not in kept()
    shown = opened(WorkspaceSettings(mask_secrets=False))
    assert GITHUB in shown.snapshot().text("a.py")
    assert shown.snapshot().masked == ()
    shown.save()
    shown.close()
    again = opened(WorkspaceSettings())
    assert GITHUB not in again.snapshot().text("a.py")
    again.save()
    again.close()
    assert GITHUB.encode() not in kept()


def test_a_cache_of_an_older_version_is_deleted(tmp_path: Path) -> None:
    other = write_tree(
        tmp_path / "cache/0123456789abcdef", {"lock": "", "x.shard": GITHUB, "index": "rlm-index 2\n"}
    )
    root = write_tree(tmp_path / "repo", {"a.py": "a\n"})
    Cache(tmp_path / "cache", [root], 10**12).close()
    assert not (other / "x.shard").exists()


def test_many_files_read_by_processes_are_masked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("rlm_core.workspace.store.MIN_FILES", 10)
    root = write_tree(tmp_path / "repo", {f"{number}.py": f"'{GITHUB}'\n" for number in range(20)})
    for choice, found in [(WorkspaceSettings(), 0), (SHOWN, 20)]:
        workspace = Workspace([root], choice, Cache(tmp_path / "cache", [root], 10**12))
        snapshot = workspace.snapshot()
        assert sum(GITHUB in snapshot.text(path) for path in snapshot) == found
        assert len(snapshot.masked) == 20 - found
        workspace.close()


def test_unsaved_text_is_masked(tmp_path: Path) -> None:
    root = git_repository(tmp_path / "repo", {"a.py": f"'{GITHUB}'\n", "b.py": "b\n"})
    workspace = Workspace([root], WorkspaceSettings())
    workspace.set_overlay(root / "b.py", f"b = '{GITHUB}'\n", 1)
    workspace.set_overlay(root / "new.py", PEM, 1)
    snapshot = workspace.snapshot()
    assert not any(GITHUB in snapshot.text(path) for path in snapshot)
    assert PEM.splitlines()[1] not in snapshot.text("new.py")
    assert [item.path for item in snapshot.masked] == ["a.py", "b.py", "new.py"]
    assert workspace.changed_files(snapshot, ["a.py", "b.py"]) == []
    workspace.set_overlay(root / "a.py", "nothing\n", 2)
    workspace.drop_overlay(root / "b.py")
    assert [item.path for item in workspace.snapshot().masked] == ["new.py"]
    workspace.close()


def test_the_past_is_masked_and_compared_masked(tmp_path: Path) -> None:
    root = git_repository(
        tmp_path / "repo", {"a.py": f"'{GITHUB}'\n", "gone.py": f"'{GITHUB}'\n", "key.asc": PEM}
    )
    workspace = Workspace([root], WorkspaceSettings())
    (root / "gone.py").unlink()
    snapshot = workspace.snapshot()
    workspace.remember(snapshot)
    assert snapshot.history is not None
    assert snapshot.history.changes("HEAD") == [("gone.py", "deleted")]
    assert GITHUB not in str(snapshot.history.text("gone.py", "HEAD"))
    assert snapshot.history.text("a.py", "HEAD") == snapshot.text("a.py")
    assert snapshot.history.text("key.asc", "HEAD") is None
    workspace.close()
    shown = Workspace([root], SHOWN)
    snapshot = shown.snapshot()
    shown.remember(snapshot)
    assert snapshot.history is not None
    assert snapshot.history.text("key.asc", "HEAD") == PEM
    shown.close()


@pytest.mark.parametrize(
    "text",
    ["PuTTY-User-Key-File-3: ssh-rsa\n", PEM, "\ufeff" + PEM, "\n" + PEM, key_block("PGP PRIVATE KEY BLOCK")],
)
def test_a_file_that_is_a_private_key_is_left_out_whatever_its_name(tmp_path: Path, text: str) -> None:
    snapshot = snapshot_of(write_tree(tmp_path / "repo", {"a.py": "a", "server.txt": text}))
    assert [(item.path, item.reason) for item in snapshot.skipped] == [("server.txt", "secret: private key")]


def test_rlmignore_takes_a_file_back_but_not_its_values(tmp_path: Path) -> None:
    root = git_repository(tmp_path / "repo", {".env": "DEBUG=maybe\n", "a.py": "a", "web/.env": "A=b\n"})
    write_tree(root, {".rlmignore": "!/.env\n!key.pem\n", "key.pem": PEM})
    workspace = Workspace([root], WorkspaceSettings())
    snapshot = workspace.snapshot()
    assert snapshot.text(".env") == "DEBUG=*****\n"
    assert "[secret: private key]" in snapshot.text("key.pem")
    assert "web/.env" not in snapshot
    assert "takes back 1 file with the name of a secret" in " ".join(workspace.notes)
    workspace.close()


def test_what_is_masked_is_told_to_model_and_reader(tmp_path: Path) -> None:
    root = write_tree(tmp_path / "repo", {"a.py": f"'{GITHUB}' '{GITHUB}'\n", "b.py": f"'{GITHUB}'\n"})
    service = Service([root], Settings(), watch=False)
    snapshot = service.workspace.snapshot()
    assert "3 secrets are masked in 2 files: 3 GitHub token." in service.notes(snapshot)
    assert "masked as [secret: …]***: GitHub token 3 (context.masked lists them)" in str(facts(snapshot))
    service.workspace.close()
