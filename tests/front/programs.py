"""Real nginx and php-fpm with the configurations of `config/`, in a test's folders and ports."""

from __future__ import annotations

import contextlib
import os
import pwd
import shutil
import signal
import socket
import ssl
import subprocess
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from gateway.files import data_dir

CONFIG = data_dir("config")
UP_WITHIN_S = 20.0
ME = pwd.getpwuid(os.getuid()).pw_name
NGINX = shutil.which("nginx", path=os.environ.get("PATH", "") + ":/usr/sbin") or "nginx"
DEBIANS = ("snippets", "fastcgi.conf", "fastcgi_params", "mime.types")

# What Debian's nginx.conf is around the files of conf.d; paths and user are the test's.
_HTTP = """\
daemon off; pid {folder}/nginx.pid; error_log {folder}/error.log info; worker_processes 1;
{user}
events {{ worker_connections 768; }}
http {{
  sendfile on; tcp_nopush on; include mime.types; default_type application/octet-stream; gzip on;
  access_log {folder}/access.log;
  client_body_temp_path {folder}/body; proxy_temp_path {folder}/proxy;
  fastcgi_temp_path {folder}/fastcgi; uwsgi_temp_path {folder}/uwsgi; scgi_temp_path {folder}/scgi;
  include {site};
}}
"""
_POOL = """\
[global]
error_log = {folder}/fpm.log
daemonize = no
[shop]
user = {user}
group = {group}
listen = {folder}/fpm.sock
pm = static
pm.max_children = 2
php_admin_value[upload_tmp_dir] = {folder}
php_admin_value[upload_max_filesize] = 20M
php_admin_value[post_max_size] = 20M
"""


def filled_in(name: str, changes: Mapping[str, str]) -> str:
    """A file of `config/` with what an operator changes; AssertionError if that is gone."""
    text = (CONFIG / name).read_text()
    for old, new in changes.items():
        assert old in text, f"{name} no longer says {old!r}"
        text = text.replace(old, new)
    return text


@dataclass
class Nginx:
    """A master and its worker."""

    folder: Path
    process: subprocess.Popen[bytes]

    def reload(self) -> None:
        """`nginx -s reload`, and until the old workers are gone."""
        old = self._workers()
        subprocess.run([*command(self.folder), "-s", "reload"], check=True, capture_output=True)
        until(lambda: not self._workers() & old, "nginx did not reload")

    def _workers(self) -> set[str]:
        pid = self.process.pid
        return set(Path(f"/proc/{pid}/task/{pid}/children").read_text().split())


def command(folder: Path) -> list[str]:
    error_log = str(folder / "error.log")
    return [NGINX, "-p", str(folder), "-c", str(folder / "nginx.conf"), "-e", error_log]


@contextmanager
def nginx(folder: Path, site: str, is_up: Callable[[], bool]) -> Iterator[Nginx]:
    """nginx with one file of conf.d, until the block is left."""
    for name in DEBIANS:
        (folder / name).symlink_to(Path("/etc/nginx") / name)
    (folder / "site.conf").write_text(site)
    user = f"user {ME};" if os.getuid() == 0 else ""
    text = _HTTP.format(folder=folder, user=user, site=folder / "site.conf")
    (folder / "nginx.conf").write_text(text)
    with running(command(folder), folder, is_up) as process:
        yield Nginx(folder, process)


@contextmanager
def php_fpm(folder: Path) -> Iterator[Path]:
    """Debian's php-fpm; the path of its socket."""
    binary = next(Path("/usr/sbin").glob("php-fpm*"), None)
    assert binary, "these tests need php-fpm: apt-get install php-fpm"
    group = pwd.getpwuid(os.getuid()).pw_gid
    file, listening = folder / "fpm.conf", folder / "fpm.sock"
    file.write_text(_POOL.format(folder=folder, user=ME, group=group))
    arguments = [str(binary), "--nodaemonize", "--fpm-config", str(file)]
    if os.getuid() == 0:
        arguments.append("--allow-to-run-as-root")  # it must read pytest's private folder
    with running(arguments, folder, listening.exists):
        yield listening


@contextmanager
def running(
    arguments: list[str], folder: Path, is_up: Callable[[], bool]
) -> Iterator[subprocess.Popen[bytes]]:
    """A process until the block is left. Raises AssertionError with its words if it won't run."""
    said = folder / "output.log"
    with said.open("ab") as sink:
        process = subprocess.Popen(arguments, cwd=folder, stdout=sink, stderr=sink)
    try:
        until(lambda: process.poll() is not None or is_up(), f"{arguments[0]} did not start")
        assert process.poll() is None, said.read_text()
        yield process
    finally:
        process.send_signal(signal.SIGTERM)
        try:
            process.wait(UP_WITHIN_S)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def until(true: Callable[[], bool], otherwise: str) -> None:
    ends_s = time.monotonic() + UP_WITHIN_S
    while not true():
        assert time.monotonic() < ends_s, otherwise
        time.sleep(0.02)


def opens(port: int) -> bool:
    """Whether something listens on loopback."""
    with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
        return True
    return False


def certificate(folder: Path, name: str) -> ssl.SSLContext:
    """Writes `cert.pem` and `key.pem` for a host; what a client needs to believe them."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    now = datetime.now(UTC)
    cert = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(name)]), critical=False)
        .sign(key, hashes.SHA256())
    )
    pem = serialization.Encoding.PEM
    (folder / "cert.pem").write_bytes(cert.public_bytes(pem))
    form = serialization.PrivateFormat.PKCS8
    secret = key.private_bytes(pem, form, serialization.NoEncryption())
    (folder / "key.pem").write_bytes(secret)
    return ssl.create_default_context(cafile=str(folder / "cert.pem"))
