"""Making a cluster, and writing its settings."""

import os
import shutil
import subprocess
import tempfile
from pathlib import Path

from takt.config.env import refuse
from takt.ops.server.postgres.place import ADMIN, Place, clean_environment


def make_cluster(place: Place) -> bool:
    """Makes the cluster where there is none, and tells whether it did; an interrupted attempt is thrown away and
    begun again."""
    marker = place.home / "unfinished"
    if (place.cluster / "PG_VERSION").exists() and not marker.exists():
        _refuse_other_major(place)
        return False
    shutil.rmtree(place.cluster, ignore_errors=True)
    marker.touch()
    descriptor, name = tempfile.mkstemp(dir=place.home)
    try:
        with os.fdopen(descriptor, "w") as file:
            file.write(place.admin_password)
        place.owner.give(Path(name))
        _initdb(place, password_file=name)
    finally:
        os.unlink(name)
    with (place.cluster / "postgresql.conf").open("a", encoding="utf-8") as file:
        file.write("\ninclude = 'takt.conf'\n")
    marker.unlink()
    return True


def _initdb(place: Place, *, password_file: str) -> None:
    command = [str(place.programs.path("initdb")), "-D", str(place.cluster), "-U", ADMIN]
    command += [f"--pwfile={password_file}", "--encoding=UTF8", "--locale=C.UTF-8"]
    command += ["--auth=scram-sha-256", "--data-checksums"]
    if not place.durable:
        command.append("--no-sync")
    done = subprocess.run(
        command,
        capture_output=True,
        text=True,
        cwd=place.home,
        stdin=subprocess.DEVNULL,
        env={**clean_environment(), "LC_ALL": "C.UTF-8"},
        **place.owner.popen(),
    )
    if done.returncode != 0:
        said = (done.stdout + done.stderr).strip()
        if "No space left on device" in said:
            refuse(f"The disk is full, so no database could be made in {place.home}: free some space.")
        refuse(f"The database could not be made in {place.home}:\n{said}")


def _refuse_other_major(place: Place) -> None:
    kept = (place.cluster / "PG_VERSION").read_text().strip()
    if kept != str(place.programs.major):
        refuse(
            f"The data in {place.cluster} was written by PostgreSQL {kept}, and here is PostgreSQL "
            f"{place.programs.major}: run the Takt release that wrote it, make a backup with bin/takt backup, "
            "and restore it into an empty data folder."
        )


def write_settings(place: Place) -> None:
    """Writes the settings; they are Takt's own, so every start writes them anew."""
    lines = [f"{name} = {value}" for name, value in settings(place).items()]
    target = place.cluster / "takt.conf"
    target.write_text("# Written by Takt at every start.\n" + "\n".join(lines) + "\n", encoding="utf-8")
    place.owner.give(target)


def settings(place: Place) -> dict[str, str | int]:
    """What Takt wants of its server; memory by the machine's size."""
    megabytes = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") // 2**20
    durable = "on" if place.durable else "off"
    found: dict[str, str | int] = {
        "listen_addresses": "''",
        "unix_socket_directories": f"'{place.sockets}'",
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
        # Queries name their joins from the record outwards, the order that is wanted; to try every other order of
        # eight tables costs a deal page more than to run it.
        "join_collapse_limit": 4,
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
        "fsync": durable,
        "synchronous_commit": durable,
        "full_page_writes": durable,
    }
    if place.programs.major >= 18:
        found["io_workers"] = 2
    return found
